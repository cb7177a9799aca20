"""Reads the city's directory from its plain files: every row a typed row, every fault with its place."""

from __future__ import annotations

import csv
import io
import tomllib
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints

from pydantic import ValidationError

from contracts.directory import PARTS, LadderRule, Profile, Row
from services.router import outline_file

Tables = dict[str, list[Any]]
OUTLINES_FILE: Final = "areas.geojson"
LIST_MARK: Final = "|"
SHIFT_MARK: Final = ";"
YES: Final = {"yes": True, "no": False}
_RENAMED: Final = {"duty": {"from": "start", "to": "end"}}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that must be mended: where, and how."""

    file: str
    line: int
    field: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.remedy}"


class BadDirectoryError(Exception):
    """The directory is refused whole; `faults` lists everything that is wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults; first: {faults[0]}")
        self.faults = faults


def read(folder: Path) -> Tables:
    """Every part of the directory in `folder`. Raises BadDirectoryError with all faults found."""
    faults: list[Fault] = []
    tables: Tables = {}
    for part, model in PARTS.items():
        if part in ("limits", "ladder"):
            tables[part] = _toml(folder / f"{part}.toml", part, faults)
        elif part == "outlines":
            tables[part] = list(_outlines(folder / OUTLINES_FILE, faults))
        elif part == "calendar":
            files = sorted((folder / "calendar").glob("*.csv"))
            tables[part] = [row for file in files for row in _csv(file, part, model, faults)]
        else:
            tables[part] = list(_csv(folder / f"{part}.csv", part, model, faults))
    if faults:
        raise BadDirectoryError(faults)
    return tables


def _outlines(file: Path, faults: list[Fault]) -> Iterator[Row]:
    """Outlines are optional: no file, no outlines."""
    for item in outline_file.read(file) if file.exists() else ():
        if isinstance(item, outline_file.BadOutline):
            faults.append(Fault(file.name, item.line, item.field, item.remedy))
        else:
            yield item


def _csv(file: Path, part: str, model: type[Row], faults: list[Fault]) -> Iterator[Row]:
    hints = get_type_hints(model)
    rows = csv.DictReader(io.StringIO(_text(file, faults), newline=""))
    try:
        for cells in rows:
            if None in cells:
                remedy = "列数过多 / too many cells in this line"
                faults.append(Fault(file.name, rows.line_num, "-", remedy))
                continue
            value = {
                _RENAMED.get(part, {}).get(name, name): _cell(name, text, hints)
                for name, text in cells.items()
                if text and text.strip()
            }
            try:
                yield model.model_validate(value)
            except ValidationError as error:
                faults += _faults(file.name, rows.line_num, error)
    except csv.Error as error:
        faults.append(Fault(file.name, rows.line_num, "-", f"CSV: {error}"))


def _text(file: Path, faults: list[Fault]) -> str:
    """The file's text; empty, with a fault noted, when it is missing or no UTF-8."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        faults.append(Fault(file.name, 0, "-", "文件缺失，请补上 / the file is missing"))
        return ""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        remedy = "不是 UTF-8 编码，请另存为“CSV UTF-8” / not UTF-8; save it as UTF-8"
        faults.append(Fault(file.name, line, "-", remedy))
        return ""


def _cell(name: str, text: str, hints: dict[str, Any]) -> Any:
    text = text.strip()
    hint = hints.get(name)
    if _is_tuple(hint):
        mark = SHIFT_MARK if name == "shifts" else LIST_MARK
        return [item.strip() for item in text.split(mark) if item.strip()]
    if hint is bool:
        return YES.get(text, text)
    return text


def _is_tuple(hint: Any) -> bool:
    if isinstance(hint, types.UnionType):
        return any(_is_tuple(item) for item in get_args(hint))
    return get_origin(hint) is tuple


def _toml(file: Path, part: str, faults: list[Fault]) -> list[Row]:
    try:
        document = tomllib.loads(_text(file, faults))
    except tomllib.TOMLDecodeError as error:
        faults.append(Fault(file.name, 0, "-", f"TOML: {error}"))
        return []
    top, make = ("profiles", _profile) if part == "limits" else ("urgency", _ladder)
    rows: list[Row] = []
    for key, tables in document.items():
        if key != top or not isinstance(tables, dict):
            remedy = f"没有此项，只有 [{top}.…] / only [{top}.…] tables may stand here"
            faults.append(Fault(file.name, 0, key, remedy))
            continue
        for name, table in tables.items():
            try:
                rows.append(make(name, table))
            except ValidationError as error:
                faults += _faults(file.name, 0, error, f"{top}.{name}.")
    return rows


def _profile(name: str, table: Any) -> Row:
    if not isinstance(table, dict):
        return Profile.model_validate(table)
    own = {key: value for key, value in table.items() if not isinstance(value, dict)}
    limits = {key: value for key, value in table.items() if isinstance(value, dict)}
    for limit in limits.values():
        if isinstance(limit.get("sources"), str):
            limit["sources"] = {"*": limit["sources"]}
    return Profile.model_validate({"name": name, **own, "limits": limits})


def _ladder(urgency: str, rule: Any) -> Row:
    named = {"urgency": urgency, **rule} if isinstance(rule, dict) else rule
    return LadderRule.model_validate(named)


def _faults(file: str, line: int, error: ValidationError, path: str = "") -> list[Fault]:
    return [
        Fault(file, line, path + ".".join(str(part) for part in item["loc"]), item["msg"])
        for item in error.errors(include_url=False, include_input=False)
    ]
