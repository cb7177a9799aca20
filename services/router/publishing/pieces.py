"""A directory version as it is stored and sent: parts, cut into pieces that are known by their digest.

A piece holds one subdistrict's rows of a part, and never more than two thousand, so that reading one
takes milliseconds; a piece that did not change keeps its digest, is stored once, and need not be fetched
or built again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from contracts.directory import PARTS
from contracts.limits import Row
from services.router.directory.files import Tables
from services.router.place.blocks import BLOCK_DIGITS, block_key

MOST_ROWS: Final = 2_000
CONTINUED: Final = "~"
"""`370105001~2` is the second piece of a block with too many rows for one."""

Bodies = dict[str, dict[str, bytes]]
"""Part name to piece name to canonical JSON."""


def split(tables: Tables) -> Bodies:
    """Every part in its pieces; rows keep their order inside a piece, defaults are left out."""
    return {part: _pieces(part, rows) for part, rows in tables.items()}


def rows(body: bytes | str) -> list[dict[str, Any]]:
    """The rows of one piece, by column."""
    found: list[dict[str, Any]] = orjson.loads(body)
    return found


def models(part: str, bodies: Iterable[bytes | str]) -> list[Any]:
    """The rows of some pieces as typed rows."""
    model = PARTS[part]
    return [model.model_validate(row) for body in bodies for row in rows(body)]


def digest(body: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def part_digest(pieces: Mapping[str, str]) -> str:
    """Digest of a part from the digests of its pieces."""
    return digest(orjson.dumps(dict(pieces), option=orjson.OPT_SORT_KEYS))


def _pieces(part: str, found: Iterable[Row]) -> dict[str, bytes]:
    parted: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        parted.setdefault(_key(part, row), []).append(
            row.model_dump(mode="json", exclude_defaults=True)
        )
    pieces: dict[str, bytes] = {}
    for key in sorted(parted) or [""]:
        block = parted.get(key, [])
        for n, start in enumerate(range(0, max(1, len(block)), MOST_ROWS), 1):
            name = key if n == 1 else f"{key}{CONTINUED}{n}"
            chunk = block[start : start + MOST_ROWS]
            pieces[name] = orjson.dumps(chunk, option=orjson.OPT_SORT_KEYS)
    return pieces


def _key(part: str, row: Any) -> str:
    """The subdistrict a row is about; empty for what is about more."""
    if part in ("areas", "outlines"):
        return block_key(row.code)
    if part == "places":
        return str(row.grid)[:BLOCK_DIGITS]
    return ""


def block_of(piece: str) -> str:
    """The block a piece belongs to."""
    return piece.partition(CONTINUED)[0]
