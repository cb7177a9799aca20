"""Reads the city's directory from its plain files: every row a typed row, every fault with its place."""

from __future__ import annotations

import csv
import tomllib
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints

from pydantic import ValidationError

from contracts.directory import PARTS, LadderRule, Profile, Row

Tables = dict[str, list[Any]]
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
        elif part == "calendar":
            files = sorted((folder / "calendar").glob("*.csv"))
            tables[part] = [row for file in files for row in _csv(file, part, model, faults)]
        else:
            tables[part] = list(_csv(folder / f"{part}.csv", part, model, faults))
    if faults:
        raise BadDirectoryError(faults)
    return tables


def from_parts(parts: dict[str, Any]) -> Tables:
    """The same tables from the JSON form in which parts are stored and published."""
    return {part: [model.model_validate(row) for row in parts[part]] for part, model in PARTS.items()}


def to_parts(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    """The JSON form of every part; defaults left out, so that files and digests stay small."""
    return {
        part: [row.model_dump(mode="json", exclude_defaults=True) for row in rows]
        for part, rows in tables.items()
    }


def _csv(file: Path, part: str, model: type[Row], faults: list[Fault]) -> Iterator[Row]:
    if not file.exists():
        faults.append(Fault(file.name, 0, "-", "文件缺失, 请补上 / the file is missing"))
        return
    hints = get_type_hints(model)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for line, cells in enumerate(csv.DictReader(stream), 2):
            if None in cells:
                faults.append(Fault(file.name, line, "-", "列数过多 / too many cells in this line"))
                continue
            value = {
                _RENAMED.get(part, {}).get(name, name): _cell(name, text, hints)
                for name, text in cells.items()
                if text and text.strip()
            }
            try:
                yield model.model_validate(value)
            except ValidationError as error:
                faults += _faults(file.name, line, error)


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
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.append(Fault(file.name, 0, "-", "文件缺失, 请补上 / the file is missing"))
        return []
    except tomllib.TOMLDecodeError as error:
        faults.append(Fault(file.name, 0, "-", f"TOML: {error}"))
        return []
    try:
        return _profiles(document) if part == "limits" else _ladder(document)
    except ValidationError as error:
        faults += _faults(file.name, 0, error)
        return []


def _profiles(document: dict[str, Any]) -> list[Row]:
    profiles: list[Row] = []
    for name, table in document.get("profiles", {}).items():
        own = {key: value for key, value in table.items() if not isinstance(value, dict)}
        limits = {key: value for key, value in table.items() if isinstance(value, dict)}
        for limit in limits.values():
            if isinstance(limit.get("sources"), str):
                limit["sources"] = {"*": limit["sources"]}
        profiles.append(Profile.model_validate({"name": name, **own, "limits": limits}))
    return profiles


def _ladder(document: dict[str, Any]) -> list[Row]:
    return [
        LadderRule.model_validate({"urgency": urgency, **rule})
        for urgency, rule in document.get("urgency", {}).items()
    ]


def _faults(file: str, line: int, error: ValidationError) -> list[Fault]:
    return [
        Fault(file, line, ".".join(str(part) for part in item["loc"]), item["msg"])
        for item in error.errors(include_url=False, include_input=False)
    ]
