"""The tables of a directory as the checks look at them: by column, each row with its file and line."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from services.router.directory.faults import Fault
from services.router.directory.files import Scan, Tables
from services.router.directory.rows import Listed, Rows

COMPARED: Final = 5_000
"""Up to so many codes are compared letter by letter; of more the neighbours in order are shown."""
NEAREST: Final = 3
KEY: Final[Mapping[str, str]] = {
    "areas": "code",
    "units": "code",
    "posts": "post",
    "categories": "code",
    "readers": "code",
    "outlines": "code",
    "limits": "name",
    "catalogue": "category",
    "places": "name",
    "duty": "date",
    "calendar": "date",
    "ladder": "urgency",
    "contacts": "post",
    "notices": "name",
    "reception": "office",
}
"""Part to the column by which people know a row."""
_ENDING: Final = {
    "limits": "toml",
    "ladder": "toml",
    "notices": "toml",
    "reception": "toml",
    "outlines": "geojson",
}


class Table:
    """One part."""

    def __init__(self, part: str, rows: Sequence[Any]) -> None:
        self.part = part
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def column(self, name: str) -> Sequence[Any]:
        """One field of every row."""
        if isinstance(self._rows, Rows):
            return self._rows.column(name)
        return [getattr(row, name) for row in self._rows]

    @cached_property
    def keys(self) -> Sequence[Any]:
        """What people know each row by."""
        return self.column(KEY[self.part])

    def place(self, number: int) -> tuple[str, int]:
        """File and line of a row; line 0 where the rows came from no file."""
        if isinstance(self._rows, Rows | Listed):
            return self._rows.place(number)
        return f"{self.part}.{_ENDING.get(self.part, 'csv')}", 0

    def named(self, number: int) -> tuple[str, str]:
        """How a remedy names another row, in Chinese and English."""
        _, line = self.place(number)
        return (f"第 {line} 行", f"line {line}") if line else ("另一行", "another row")

    def fault(self, number: int, field: str, remedy: str, kind: str) -> Fault:
        """About a field of a row: `CODE.field`, or `CODE` alone for the whole row."""
        file, line = self.place(number)
        name = f"{self.keys[number]}.{field}" if field else str(self.keys[number])
        return Fault(file, line, name, remedy, kind)

    def warning(self, number: int, field: str, remedy: str, kind: str) -> Fault:
        """The same, to be looked at only."""
        return self.fault(number, field, remedy, kind).as_warning()


class Codes:
    """Codes that something may name, and how near a wrong one comes to them."""

    def __init__(self, known: Collection[str], claimed: Collection[str], *, all_read: bool) -> None:
        self._known = known
        self._claimed = claimed
        self._all_read = all_read

    def __contains__(self, code: object) -> bool:
        """True for a code that is there, or may be: in a row, or in a file, that could not be read."""
        return not self._all_read or code in self._known or code in self._claimed

    def remedy(self, code: str) -> str:
        """Chinese and English for a code that leads nowhere, with the nearest ones."""
        near = self._nearest(code)
        if not near:
            return f"没有代码 {code}，请更正或补上 / no such code"
        shown = "、".join(near)
        return f"没有代码 {code}，相近的有 {shown} / no such code; near: {', '.join(near)}"

    def _nearest(self, code: str) -> list[str]:
        if len(self._known) <= COMPARED:
            return get_close_matches(code, self._known, NEAREST, 0.5)
        at = bisect_left(self._in_order, code)
        return list(self._in_order[max(0, at - 1) : at + NEAREST - 1])

    @cached_property
    def _in_order(self) -> list[str]:
        return sorted(self._known)


class Inspection:
    """Everything the checks may ask."""

    def __init__(self, tables: Tables, scan: Scan | None = None) -> None:
        self._tables = tables
        self._scan = scan
        self._found: dict[str, Table] = {}
        self._codes: dict[str, Codes] = {}
        self._index: dict[str, dict[str, int]] = {}

    def table(self, part: str) -> Table:
        """One part by columns."""
        if part not in self._found:
            self._found[part] = Table(part, self._tables[part])
        return self._found[part]

    def codes(self, part: str) -> Codes:
        """The codes a part declares."""
        if part not in self._codes:
            claimed = self._scan.claimed.get(part, ()) if self._scan else ()
            self._codes[part] = Codes(self.index(part), claimed, all_read=self.complete(part))
        return self._codes[part]

    def complete(self, part: str) -> bool:
        """False for a part whose file could not be read to its end: any code may be in the rest."""
        return self._scan is None or part not in self._scan.broken

    def index(self, part: str) -> dict[str, int]:
        """Code to the number of the first row that has it."""
        if part not in self._index:
            keys = self.table(part).keys
            backwards = range(len(keys) - 1, -1, -1)
            self._index[part] = {keys[number]: number for number in backwards}
        return self._index[part]
