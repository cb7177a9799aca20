"""What a few typed letters may mean: units, categories or areas by code, name, alias or initials. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from services.console.finding.initials import initials

SHOWN: Final = 20
PATH_PARTS: Final = 3

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something of the directory that has a name."""

    code: str
    name: str
    parent: str | None
    aliases: tuple[str, ...]
    kind: str
    """Kind of a unit, level of an area; empty for a category."""
    leaf: bool


class Index:
    """One part of one directory version, searched as somebody types."""

    def __init__(self, rows: Iterable[Row]) -> None:
        rows = list(rows)
        parents = {row.get("parent") for row in rows}
        self.entries: Mapping[str, Entry] = {
            row["code"]: Entry(
                row["code"],
                row["name"],
                row.get("parent"),
                tuple(row.get("aliases", ())),
                row.get("kind") or row.get("level") or "",
                row["code"] not in parents,
            )
            for row in rows
        }

    def name(self, code: str) -> str | None:
        """What a code is called; None for one that this version does not have."""
        found = self.entries.get(code)
        return None if found is None else found.name

    def path(self, code: str) -> str:
        """The names above a code, uppermost first, at most PATH_PARTS of them."""
        names: list[str] = []
        seen = {code}
        entry = self.entries.get(code)
        while entry and entry.parent and entry.parent not in seen and len(names) < PATH_PARTS:
            seen.add(entry.parent)
            entry = self.entries.get(entry.parent)
            if entry:
                names.append(entry.name)
        return " / ".join(reversed(names))

    def find(self, words: str, under: str | None = None, shown: int = SHOWN) -> list[Entry]:
        """The best matches first: the code or name itself, what begins so, initials, what holds it.

        Without words the first of the list; `under` leaves only what hangs below that code (an area code is
        the beginning of all codes below it).
        """
        wanted = words.strip().lower()
        inside = [e for e in self.entries.values() if under is None or self._below(e, under)]
        if not wanted:
            return inside[:shown]
        ranked = [
            (rank, len(e.name), e.code) for e in inside if (rank := self._rank(e, wanted)) < _NO
        ]
        return [self.entries[code] for _, _, code in sorted(ranked)[:shown]]

    def _rank(self, entry: Entry, wanted: str) -> int:
        names = (entry.name.lower(), *(alias.lower() for alias in entry.aliases))
        if wanted in (entry.code.lower(), *names):
            return 0
        if any(name.startswith(wanted) for name in names):
            return 1
        if any(short.startswith(wanted) for short in self._initials[entry.code]):
            return 2
        if any(wanted in name for name in names):
            return 3
        if entry.code.lower().startswith(wanted):
            return 4
        return 5 if any(wanted in short for short in self._initials[entry.code]) else _NO

    def _below(self, entry: Entry, under: str) -> bool:
        if entry.code.startswith(under):
            return True
        seen = {entry.code}
        above: Entry | None = entry
        while above and above.parent and above.parent not in seen:
            if above.parent == under:
                return True
            seen.add(above.parent)
            above = self.entries.get(above.parent)
        return False

    @cached_property
    def _initials(self) -> Mapping[str, tuple[str, ...]]:
        return {entry.code: tuple(_spellings(entry)) for entry in self.entries.values()}


_NO: Final = 9


def _spellings(entry: Entry) -> Iterator[str]:
    for name in (entry.name, *entry.aliases):
        yield from initials(name)
