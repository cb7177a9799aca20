"""The grid tree of one directory version: small rows, one block a subdistrict, swapped in whole.

A city has a dozen districts, some hundred subdistricts, thousands of communities, and up to a million
compounds and buildings. The upper three levels are few and kept as rows; what lies in a subdistrict is a
`Block` of parallel columns, about 120 bytes an area, built in a few milliseconds, so that no step of
building or dropping a directory holds the event loop. A block that did not change is used again by the
next version.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta, timezone
from typing import Any, Final

from contracts.directory import Area, AreaLevel
from services.router.numerals import building_label

LEVELS: Final = tuple(AreaLevel)
DEPTH: Final[Mapping[str, int]] = {level.value: n for n, level in enumerate(LEVELS, 1)}
"""District 1, subdistrict 2, community 3, compound 4, building 5."""
GRID_DIGITS: Final = 15
BLOCK_DIGITS: Final = 9
"""The code of the subdistrict that a grid code begins with (GB/T 30428.1: 6 + 3 + 3 + 3)."""
CITY: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""No daylight saving since 1991."""
_KINDS: Final = (None, "closed", "open", "unit_dormitory", "office")
_BUILDING: Final = DEPTH[AreaLevel.BUILDING]

AreaRow = Mapping[str, Any]
"""A row of areas.csv by column, as published; absent columns have their default."""


def block_key(code: str) -> str:
    """The block an area's row belongs to; empty for district, subdistrict and community."""
    return code[:BLOCK_DIGITS] if len(code) == GRID_DIGITS else ""


class Block:
    """The compounds and buildings of one subdistrict, in parallel columns ordered by parent."""

    __slots__ = (
        "_aliases", "_at", "_codes", "_depths", "_from", "_heirs", "_kinds", "_labels", "_names",
        "_parents", "_to",
    )  # fmt: skip

    def __init__(self, rows: Iterable[AreaRow]) -> None:
        known = sorted(rows, key=lambda row: (row.get("parent") or "", row["code"]))
        same: dict[Any, Any] = {}

        def column(values: Iterable[Any]) -> list[Any]:
            """Equal values share one object."""
            return [same.setdefault(value, value) for value in values]

        self._codes: list[str] = [row["code"] for row in known]
        self._at = {code: n for n, code in enumerate(self._codes)}
        self._parents: list[str] = column(row.get("parent") or "" for row in known)
        self._names: list[str] = column(row["name"] for row in known)
        label_of = {name: building_label(name) or "" for name in set(self._names)}
        self._labels = column(label_of[name] for name in self._names)
        self._depths = bytes(DEPTH[row["level"]] for row in known)
        self._kinds = bytes(_KINDS.index(row.get("compound_type")) for row in known)
        self._from = column(day(row.get("valid_from")) for row in known)
        self._to = column(day(row.get("valid_to")) for row in known)
        self._aliases = {r["code"]: tuple(r["aliases"]) for r in known if r.get("aliases")}
        self._heirs = {r["code"]: tuple(r["successors"]) for r in known if r.get("successors")}

    def __len__(self) -> int:
        return len(self._codes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __contains__(self, code: str) -> bool:
        return code in self._at

    def parent(self, code: str) -> str | None:
        """Code of the area above; None for an unknown area."""
        at = self._at.get(code)
        return None if at is None else self._parents[at] or None

    def depth(self, code: str) -> int:
        """4 for a compound, 5 for a building, 0 for an unknown area."""
        at = self._at.get(code)
        return 0 if at is None else self._depths[at]

    def kind(self, code: str) -> str | None:
        """Compound type."""
        at = self._at.get(code)
        return None if at is None else _KINDS[self._kinds[at]]

    def name(self, code: str) -> str:
        """Name of a known area."""
        return self._names[self._at[code]]

    def aliases(self, code: str) -> tuple[str, ...]:
        """Other names of an area."""
        return self._aliases.get(code, ())

    def named(self) -> Iterator[tuple[str, str, int]]:
        """(code, name, depth) of every area here."""
        return zip(self._codes, self._names, self._depths, strict=True)

    @property
    def spans(self) -> set[tuple[date | None, date | None]]:
        """The different times of validity of its areas."""
        return set(zip(self._from, self._to, strict=True))

    def valid(self, code: str, at: date) -> bool:
        """True while the area is in force: from `valid_from` until before `valid_to`."""
        n = self._at[code]
        return _within(self._from[n], self._to[n], at)

    def row(self, code: str) -> Area:
        """The whole row. Raises KeyError."""
        at = self._at[code]
        return Area.model_construct(
            code=code,
            parent=self._parents[at] or None,
            level=LEVELS[self._depths[at] - 1],
            name=self._names[at],
            aliases=self.aliases(code),
            compound_type=_KINDS[self._kinds[at]],
            valid_from=self._from[at],
            valid_to=self._to[at],
            successors=self._heirs.get(code, ()),
        )

    def inside(self, parent: str) -> Iterator[str]:
        """Codes of the areas right below one."""
        at = bisect_left(self._parents, parent)
        while at < len(self._parents) and self._parents[at] == parent:
            yield self._codes[at]
            at += 1

    def building(self, compound: str, label: str | None, said: str) -> str | None:
        """The building of a compound with a label (`3`, `A`), or whose name or alias was said."""
        start = bisect_left(self._parents, compound)
        named = None
        for at in range(start, len(self._parents)):
            if self._parents[at] != compound:
                break
            if self._depths[at] != _BUILDING:
                continue
            if label is not None and self._labels[at] == label:
                return self._codes[at]
            names = (self._names[at], *self.aliases(self._codes[at]))
            if named is None and any(len(name) > 1 and name in said for name in names):
                named = self._codes[at]
        return named


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
            known = self._in_force[at] = all(_within(first, end, at) for first, end in self._spans)
        return known

    def valid(self, code: str, at: date) -> bool:
        """True while a known area is in force: from `valid_from` until before `valid_to`."""
        block = self.blocks.get(block_key(code))
        if block is not None and code in block:
            return block.valid(code, at)
        row = self.upper[code]
        return _within(row.valid_from, row.valid_to, at)


def _within(first: date | None, end: date | None, at: date) -> bool:
    return (first is None or first <= at) and (end is None or at < end)


def day(value: date | str | None) -> date | None:
    """A date of a row, whether it comes from a file or from its JSON."""
    return date.fromisoformat(value) if isinstance(value, str) else value


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
