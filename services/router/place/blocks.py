"""The grids of one subdistrict in parallel columns: about 120 bytes an area, built in milliseconds. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from contracts.directory import Area, AreaLevel
from services.router.place.numerals import building_label

LEVELS: Final = tuple(AreaLevel)
DEPTH: Final[Mapping[str, int]] = {level.value: n for n, level in enumerate(LEVELS, 1)}
"""District 1, subdistrict 2, community 3, compound 4, building 5."""
GRID_DIGITS: Final = 15
BLOCK_DIGITS: Final = 9
"""The code of the subdistrict that a grid code begins with (GB/T 30428.1: 6 + 3 + 3 + 3)."""
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
        "_parents", "_to", "spans",
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
        self.spans = frozenset(zip(self._from, self._to, strict=True))
        """The different times of validity of its areas."""
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

    def valid(self, code: str, at: date) -> bool:
        """True while the area is in force: from `valid_from` until before `valid_to`."""
        n = self._at[code]
        return within(self._from[n], self._to[n], at)

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


def within(first: date | None, end: date | None, at: date) -> bool:
    """True on a day from `first` until before `end`; a bound that is missing is none."""
    return (first is None or first <= at) and (end is None or at < end)


def day(value: date | str | None) -> date | None:
    """A date of a row, whether it comes from a file or from its JSON."""
    return date.fromisoformat(value) if isinstance(value, str) else value
