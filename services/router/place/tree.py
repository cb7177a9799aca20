"""Walking up trees of coded rows: areas, categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Node(Protocol):
    """A row that names its parent."""

    @property
    def parent(self) -> str | None:
        """Code of the row above; None at the top."""
        ...


def ancestry(code: str, rows: Mapping[str, Node]) -> tuple[str, ...]:
    """A code and its ancestors, deepest first; ends where a parent is unknown or comes again."""
    found: list[str] = []
    at: str | None = code
    while at is not None and at not in found:
        found.append(at)
        at = rows[at].parent if at in rows else None
    return tuple(found)
