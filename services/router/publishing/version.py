"""One published version of the directory, read back and built piece by piece, off the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from contracts.directory import PARTS, Area
from kit.aside import building, in_pieces, let_go
from kit.db import Conn
from kit.logging import get
from services.router.directory.directory import Directory, assemble
from services.router.place.areas import Areas
from services.router.place.blocks import Block
from services.router.publishing import catalogue, pieces

log = get(__name__)

AREAS: Final = "areas"
Texts = Mapping[str, str]
"""Digest to the JSON text of a piece."""


async def build_version(
    conn: Conn, version: int, known: Mapping[str, Block] | None = None
) -> tuple[Directory, dict[str, Block]]:
    """A published version and its blocks by the digests they are made of; `known` ones are used again.

    Raises LookupError for a version that was never published.
    """
    began = time.perf_counter()
    found = await catalogue.content(conn, version)
    if not found:
        raise LookupError(f"directory version {version} was never published")
    made_of = _blocks_of(found[AREAS])
    reused = {made: known[made] for made in made_of.values() if known and made in known}
    with building():
        texts = await _texts(conn, found, reused)
        directory, blocks = await asyncio.to_thread(_made, version, found, made_of, reused, texts)
    took_s = round(time.perf_counter() - began, 3)
    log.info("directory_built", version=version, areas=len(directory.areas), took_s=took_s)
    return directory, blocks


def end(last: list[Directory]) -> None:
    """Let the one directory go that `last` holds, and what nobody else holds of it; for a thread."""
    old = last.pop()
    roster, areas = old.roster, old.areas
    pieces: list[Any] = [*areas.blocks.values()]
    pieces += in_pieces(
        (
            *old.gazetteer.names.buckets, areas.upper, old.units, old.unit_names, old.covering,
            old.posts_of, old.posts_by_person, old.rules, old.memo,
            roster.posts, roster.named, roster.general, roster.everybody, roster.turns,
        )
    )  # fmt: skip
    del old, roster, areas
    let_go(pieces)


def _blocks_of(content: Mapping[str, str]) -> dict[str, str]:
    """Block key to the digests of its pieces, joined."""
    made: dict[str, list[str]] = {}
    for piece, digest in sorted(content.items()):
        if key := pieces.block_of(piece):
            made.setdefault(key, []).append(digest)
    return {key: ",".join(digests) for key, digests in made.items()}


async def _texts(
    conn: Conn, found: Mapping[str, Mapping[str, str]], reused: Mapping[str, Block]
) -> dict[str, str]:
    """Bodies of all pieces but those of blocks that are at hand."""
    there = {digest for made in reused for digest in made.split(",")}
    wanted = {d for held in found.values() for d in held.values()} - there
    return {digest: body async for digest, body in catalogue.bodies(conn, sorted(wanted))}


def _made(
    version: int,
    found: Mapping[str, Mapping[str, str]],
    made_of: Mapping[str, str],
    reused: Mapping[str, Block],
    texts: dict[str, str],
) -> tuple[Directory, dict[str, Block]]:
    """The whole version; in a thread, down to the last step, and the texts end there too."""
    blocks = _blocks(made_of, reused, texts)
    upper = _upper(found[AREAS], texts)
    areas = Areas(upper, {key: blocks[made] for key, made in made_of.items()})
    tables = _tables(found, texts)
    texts.clear()
    return assemble(tables, areas, version=version), blocks


def _blocks(
    made_of: Mapping[str, str], reused: Mapping[str, Block], texts: Texts
) -> dict[str, Block]:
    built = dict(reused)
    for made in made_of.values():
        if made not in built:
            rows = [row for digest in made.split(",") for row in pieces.rows(texts[digest])]
            built[made] = Block(rows)
    return built


def _upper(content: Mapping[str, str], texts: Texts) -> dict[str, Area]:
    bodies = [texts[d] for piece, d in content.items() if not pieces.block_of(piece)]
    return {area.code: area for area in pieces.models(AREAS, bodies)}


def _tables(found: Mapping[str, Mapping[str, str]], texts: Texts) -> dict[str, list[object]]:
    """The other parts as typed rows; a part that the version does not have yet is empty."""
    return {
        part: pieces.models(part, [texts[d] for d in found.get(part, {}).values()])
        for part in PARTS
        if part != AREAS
    }
