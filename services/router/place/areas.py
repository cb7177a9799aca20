"""The grid tree of one directory version: small rows, one block a subdistrict, swapped in whole.

A city has a dozen districts, some hundred subdistricts, thousands of communities, and up to a million
compounds and buildings. The upper three levels are few and kept as rows; what lies in a subdistrict is a
`Block` of parallel columns, about 120 bytes an area, built in a few milliseconds, so that no step of
building or dropping a directory holds the event loop. A block that did not change is used again by the
next version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from contracts.directory import Area
from services.router.place.blocks import DEPTH, AreaRow, Block, block_key, within


class Areas(Mapping[str, Area]):
    """Every area of a version by code."""

    def __init__(self, upper: Mapping[str, Area], blocks: Mapping[str, Block]) -> None:
        self.upper = upper
        """District, subdistrict and community rows, and nothing below."""
        self.blocks = blocks
        self._kin: dict[str, tuple[str, ...]] = {}
        self._spans = {(row.valid_from, row.valid_to) for row in upper.values()}
        for block in blocks.values():
            self._spans |= block.spans
        self._in_force: dict[date, bool] = {}

    def __getitem__(self, code: str) -> Area:
        block = self.blocks.get(block_key(code))
        return block.row(code) if block is not None and code in block else self.upper[code]

    def __contains__(self, code: object) -> bool:
        if not isinstance(code, str):
            return False
        block = self.blocks.get(block_key(code))
        return code in self.upper if block is None else code in block or code in self.upper

    def __iter__(self) -> Iterator[str]:
        yield from self.upper
        for block in self.blocks.values():
            yield from block

    def __len__(self) -> int:
        return len(self.upper) + sum(map(len, self.blocks.values()))

    def parent(self, code: str) -> str | None:
        """Code of the area above."""
        block = self.blocks.get(block_key(code))
        if block is not None and code in block:
            return block.parent(code)
        row = self.upper.get(code)
        return row.parent if row else None

    def depth(self, code: str | None) -> int:
        """0 for no known area, 1 for a district, 5 for a building."""
        if code is None:
            return 0
        block = self.blocks.get(block_key(code))
        if block is not None and code in block:
            return block.depth(code)
        row = self.upper.get(code)
        return DEPTH[row.level] if row else 0

    def name(self, code: str) -> str:
        """Name of a known area. Raises KeyError."""
        block = self.blocks.get(block_key(code))
        return block.name(code) if block is not None and code in block else self.upper[code].name

    def kind(self, code: str) -> str | None:
        """Compound type of a known area."""
        block = self.blocks.get(block_key(code))
        if block is not None and code in block:
            return block.kind(code)
        row = self.upper.get(code)
        return row.compound_type if row else None

    def building(self, compound: str, label: str | None, said: str) -> str | None:
        """The building of a compound by its label or by a name that was said."""
        block = self.blocks.get(block_key(compound))
        return block.building(compound, label, said) if block is not None else None

    def chain(self, code: str) -> tuple[str, ...]:
        """A code and its ancestors, deepest first; empty for an unknown area.

        Ends where a parent is unknown or comes again.
        """
        known = self._kin.get(code)
        if known is not None:
            return known
        found: list[str] = []
        at: str | None = code if code in self else None
        while at is not None and at not in found and at in self:
            found.append(at)
            at = self.parent(at)
        if len(self._kin) >= _KIN_MOST:
            self._kin.clear()
        kin = self._kin[code] = tuple(found)
        return kin

    def all_valid(self, at: date) -> bool:
        """True on a day on which every area is in force, which is nearly every day."""
        known = self._in_force.get(at)
        if known is None:
            known = self._in_force[at] = all(within(first, end, at) for first, end in self._spans)
        return known

    def valid(self, code: str, at: date) -> bool:
        """True while a known area is in force: from `valid_from` until before `valid_to`."""
        block = self.blocks.get(block_key(code))
        if block is not None and code in block:
            return block.valid(code, at)
        row = self.upper[code]
        return within(row.valid_from, row.valid_to, at)


_KIN_MOST: Final = 50_000
"""Ancestries remembered, a bound on memory."""


class Chains(Mapping[str, tuple[str, ...]]):
    """Area code to itself and its ancestors, deepest first, worked out when asked."""

    def __init__(self, areas: Areas) -> None:
        self._areas = areas

    def __getitem__(self, code: str) -> tuple[str, ...]:
        found = self._areas.chain(code)
        if not found:
            raise KeyError(code)
        return found

    def get(self, code: str, default: Any = None) -> Any:
        """As of any mapping, without an exception on the way."""
        return self._areas.chain(code) or default

    def __iter__(self) -> Iterator[str]:
        return iter(self._areas)

    def __len__(self) -> int:
        return len(self._areas)


def areas_of(rows: Iterable[AreaRow]) -> Areas:
    """The tree from rows in any order."""
    upper: dict[str, Area] = {}
    below: dict[str, list[AreaRow]] = {}
    for row in rows:
        key = block_key(row["code"])
        if key:
            below.setdefault(key, []).append(row)
        else:
            area = Area.model_validate(dict(row))
            upper[area.code] = area
    return Areas(upper, {key: Block(found) for key, found in below.items()})
