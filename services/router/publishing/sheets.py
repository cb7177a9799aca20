"""What a new directory says otherwise in its plain tables: limits, ladder, calendar, rota and the like.

No owner follows from them, so they are set side by side row by row, and only those pieces of them are read
whose digest is not the published one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from kit.db import Pool, reading
from services.router.directory.files import Tables
from services.router.publishing import catalogue, pieces
from services.router.publishing.difference import Changes
from services.router.publishing.pieces import Bodies

KEYS: Final = {
    "limits": ("name",),
    "ladder": ("urgency",),
    "calendar": ("calendar", "date"),
    "duty": ("date", "unit", "start", "post"),
    "readers": ("code",),
    "contacts": ("post", "channel"),
    "notices": ("name",),
    "reception": ("office", "kind"),
    "places": ("name", "grid"),
    "outlines": ("code",),
}
"""Part to the columns that say which row it is; of several with the same ones their order says it."""
UNSHOWN: Final = frozenset({"address", "geometry"})
"""Told as changed, without the words: somebody's address, and what no list can show."""


def cut(tables: Tables) -> Bodies:
    """The plain tables in their pieces."""
    return pieces.split({part: tables[part] for part in KEYS})


async def changed(pool: Pool, version: int, bodies: Bodies) -> dict[str, Changes]:
    """By part, how these tables differ from those of a published version."""
    new = {part: {pieces.digest(body): body for body in bodies[part].values()} for part in KEYS}
    async with reading(pool) as conn:
        known = await catalogue.content(conn, version)
        old = {part: list(known.get(part, {}).values()) for part in KEYS}
        gone = {part: [one for one in old[part] if one not in new[part]] for part in KEYS}
        wanted = [digest for digests in gone.values() for digest in digests]
        texts = {digest: body async for digest, body in catalogue.bodies(conn, wanted)}
    come = {part: [new[part][one] for one in new[part] if one not in old[part]] for part in KEYS}

    def compare() -> dict[str, Changes]:
        return {
            part: changes(part, [texts[digest] for digest in gone[part]], come[part])
            for part in KEYS
        }

    return await asyncio.to_thread(compare)


def changes(part: str, old: Iterable[bytes | str], new: Iterable[bytes | str]) -> Changes:
    """The rows of some pieces side by side, what is nested told by its path: `limits.normal.result`."""
    return Changes.between(_keyed(part, old), _keyed(part, new)).without(UNSHOWN)


def _keyed(part: str, bodies: Iterable[bytes | str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    times: Counter[str] = Counter()
    for model in pieces.models(part, bodies):
        row = model.model_dump(mode="json")
        key = "/".join(str(row[name]) for name in KEYS[part])
        times[key] += 1
        found[key if times[key] == 1 else f"{key}#{times[key]}"] = dict(_flat(row))
    return found


def _flat(row: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        at = f"{path}{name}"
        if isinstance(value, dict) and name not in UNSHOWN:
            yield from _flat(value, f"{at}.")
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            numbered = {str(n): one for n, one in enumerate(value, 1)}
            yield from _flat(numbered, f"{at}.")
        else:
            yield at, value
