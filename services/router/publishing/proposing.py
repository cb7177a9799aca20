"""Rulings flow back: what they propose for the catalogue, and whether a directory heeds it (domain.md F2). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.router.decision.duty import find
from services.router.directory.directory import Directory

MOST: Final = 200
"""Proposals that are shown, newest first."""


def drafts(rows: Iterable[Mapping[str, Any]], directory: Directory) -> list[dict[str, Any]]:
    """Draft rows of catalogue.csv, each once with the ticket of its newest ruling, as the folder stands.

    `heeded`: the directory would send such a matter where the ruling sent it.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = (row["category"], row["area"], row["lead"])
        if key in found:
            found[key]["rulings"] += 1
            continue
        found[key] = {
            "category": row["category"],
            "area": row["area"],
            "lead": row["lead"],
            "was": row["was"],
            "source": f"裁定 {row['number']}：{row['reason']}",
            "number": row["number"],
            "rulings": 1,
            "heeded": _lead(directory, row["category"], row["area"]) == row["lead"],
        }
    return list(found.values())


def _lead(directory: Directory, category: str | None, area: str | None) -> str | None:
    if category is None or category not in directory.categories:
        return None
    try:
        return find(directory, category, area, None).unit
    except LookupError:
        return None
