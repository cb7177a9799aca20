"""Reads limits, ladder, notices and reception.toml: rows, and for every fault the line its key stands on."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from contracts.limits import LadderRule, Profile, ReceptionRule, Row
from contracts.notices import NoticeRules
from services.router.directory.faults import Fault
from services.router.directory.wording import remedy

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_\-.\"']+?)\s*=")
_AT: Final = re.compile(r"at line (\d+), column (\d+)")
TOP: Final = {
    "limits": "profiles",
    "ladder": "urgency",
    "notices": "rules",
    "reception": "office",
}
"""Part to the one table its file may hold."""
WHISTLE: Final = "whistle"
"""The table of a profile that is of no urgency: limits of whistles."""

Keys = tuple[str, ...]


class TomlReader:
    """One file on its way into rows; faults name the line their key stands on."""

    def __init__(self, file: Path, part: str) -> None:
        self.faults: list[Fault] = []
        self.complete = False
        self._file = file
        self._part = part
        self._lines: dict[Keys, int] = {}

    def read(self) -> list[Row]:
        """Rows that could be read; what could not is in `faults`."""
        text = self._text()
        if text is None:
            return []
        try:
            document = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            at = _AT.search(str(error))
            place = f"第 {at[2]} 列附近写法有误" if at else "文件不完整"
            what = f"{place}，请检查引号、等号和括号 / not TOML: check quotes, = and brackets"
            self._fault(int(at[1]) if at else text.count("\n") + 1, "-", what, "toml")
            return []
        self._lines = lines_of(text)
        self.complete = True
        return self._rows(document)

    def line(self, path: Keys) -> int:
        """The line of a key, or of the deepest table around it that the file names."""
        return next((self._lines[path[:n]] for n in range(len(path), 0, -1)
                     if path[:n] in self._lines), 0)  # fmt: skip

    def _rows(self, document: dict[str, Any]) -> list[Row]:
        top = TOP[self._part]
        rows: list[Row] = []
        for key, tables in document.items():
            if key != top or not isinstance(tables, dict):
                what = f"没有此项，只有 [{top}.…] / only [{top}.…] tables may stand here"
                self._fault(self.line((key,)), key, what, "unknown-key")
                continue
            for name, table in tables.items():
                try:
                    rows.append(_MAKE[self._part](name, table))
                except ValidationError as error:
                    self._told(error, (top, name))
        return rows

    def _told(self, error: ValidationError, table: Keys) -> None:
        for item in error.errors(include_url=False):
            inner = tuple(str(part) for part in item["loc"] if part not in ("limits", "[key]"))
            path = (*table, *inner)
            self._fault(self.line(path), ".".join(path), remedy(item), f"bad-{self._part}")

    def _text(self) -> str | None:
        try:
            raw = self._file.read_bytes()
        except FileNotFoundError:
            self._fault(0, "-", "文件缺失，请补上 / the file is missing", "missing-file")
            return None
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self._fault(
                line, "-", "不是 UTF-8 编码，请另存为 UTF-8 / not UTF-8; save it so", "encoding"
            )
            return None

    def _fault(self, line: int, field: str, what: str, kind: str) -> None:
        self.faults.append(Fault(self._file.name, line, field, what, kind))


def lines_of(text: str) -> dict[Keys, int]:
    """Table or key to the line it stands on; the tables of a list are numbered from 0."""
    found: dict[Keys, int] = {}
    times: Counter[Keys] = Counter()
    table: Keys = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _split(header[2])
            if header[1] == "[[":
                table = (*table, str(times[table]))
                times[table[:-1]] += 1
            for depth in range(1, len(table) + 1):
                found.setdefault(table[:depth], number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_split(key[1])), number)
    return found


def _split(dotted: str) -> Keys:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _profile(name: str, table: Any) -> Row:
    if not isinstance(table, dict):
        return Profile.model_validate(table)
    own = {key: value for key, value in table.items() if not isinstance(value, dict)}
    limits = {key: value for key, value in table.items() if isinstance(value, dict)}
    if WHISTLE in limits:
        own[WHISTLE] = limits.pop(WHISTLE)
    for limit in limits.values():
        if isinstance(limit.get("sources"), str):
            limit["sources"] = {"*": limit["sources"]}
    return Profile.model_validate({"name": name, **own, "limits": limits})


def _ladder(urgency: str, rule: Any) -> Row:
    named = {"urgency": urgency, **rule} if isinstance(rule, dict) else rule
    return LadderRule.model_validate(named)


def _notices(name: str, rules: Any) -> Row:
    named = {"name": name, **rules} if isinstance(rules, dict) else rules
    return NoticeRules.model_validate(named)


def _reception(office: str, rule: Any) -> Row:
    named = {"office": office, **rule} if isinstance(rule, dict) else rule
    return ReceptionRule.model_validate(named)


_MAKE: Final[dict[str, Callable[[str, Any], Row]]] = {
    "limits": _profile,
    "ladder": _ladder,
    "notices": _notices,
    "reception": _reception,
}
