"""From one line's cells to the body of `POST /v1/complaints`, as far as a file can say it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chuishao.importing.aliases import WORDS
from chuishao.importing.columns import Columns, UnreadableFileError, field_of
from kit.city_time import CITY_TIME
from kit.formula import plain

_FLOATS: Final = frozenset({"point.lon", "point.lat"})
_YES_NO: Final = frozenset({"requester.anonymous", "requester.consent", "confidential"})
_YES: Final = frozenset({"true", "yes", "y", "1", "是", "有"})
_NO: Final = frozenset({"false", "no", "n", "0", "否", "无"})
_SLASHED: Final = re.compile(r"^(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?")
_SHORT_HOUR: Final = re.compile(r"^(\d{4}-\d{2}-\d{2})[ T](\d):")
_COMMAS: Final = re.compile(r"[;；,，]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a line does not go in: its field, and what to do."""

    field: str
    zh: str
    en: str


def refusal_of(findings: Sequence[Mapping[str, str]]) -> Refusal:
    """All that a service finds wrong with one line (field, zh, en), as one reason."""
    return Refusal(
        "; ".join(found["field"] for found in findings),
        "；".join(found["zh"] for found in findings),
        "; ".join(found["en"] for found in findings),
    )


class BadCellError(ValueError):
    """A cell that cannot be read."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.refusal = Refusal(field, zh, en)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: where it begins, its cells as they stand, and its body or why it has none."""

    number: int
    cells: tuple[str, ...]
    body: dict[str, Any] | None
    refusal: Refusal | None = None


def of_cells(columns: Columns, cells: Iterable[str]) -> dict[str, Any]:
    """The body; blank cells are not there. Raises BadCellError."""
    pairs = zip(columns.fields, cells, strict=True)
    given = {field: plain(cell).strip() for field, cell in pairs if field}
    return _finished({field: value for field, value in given.items() if value}, columns.constants)


def of_object(value: Mapping[str, Any], constants: Mapping[str, str]) -> dict[str, Any]:
    """The body out of one NDJSON object, nested or dotted. Raises BadCellError."""
    flat: dict[str, Any] = {}
    for name, given in _flat(value):
        try:
            field = field_of(name)
        except UnreadableFileError as error:
            zh, _, en = str(error).partition(" / ")
            raise BadCellError(name[:80], zh, en) from None
        if field in flat:
            raise BadCellError(field, "这一项出现两次", "stands twice")
        flat[field] = given
    return _finished({k: v for k, v in flat.items() if v is not None and v != ""}, constants)


def key(body: Mapping[str, Any], digest: str, number: int) -> str:
    """The Idempotency-Key: the same line of the same file, or the same external id, is filed once."""
    external = body.get("external_id")
    if isinstance(external, str):
        return f"import-x-{hashlib.sha256(external.encode(errors='replace')).hexdigest()[:40]}"
    return f"import-{digest[:40]}-{number}"


def moment(text: str) -> str:
    """RFC 3339 with offset; without one it is the city's time. Raises ValueError."""
    text = _SLASHED.sub(lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", text.strip())
    at = datetime.fromisoformat(_SHORT_HOUR.sub(r"\1T0\2:", text))
    return (at if at.tzinfo else at.replace(tzinfo=CITY_TIME)).isoformat()


def _flat(value: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, given in value.items():
        if isinstance(given, dict):
            yield from ((f"{name}.{part}", inner) for part, inner in given.items())
        else:
            yield name, given


def _finished(flat: dict[str, Any], constants: Mapping[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for field, given in ({"channel": "import"} | dict(constants) | flat).items():
        outer, _, inner = field.partition(".")
        value = _value(field, given) if isinstance(given, str) else given
        if inner:
            body.setdefault(outer, {})[inner] = value
        else:
            body[outer] = value
    return body


def _value(field: str, text: str) -> Any:
    if field in WORDS:
        return WORDS[field].get(text, text)
    if field in _YES_NO:
        return _yes_no(field, text)
    try:
        if field in _FLOATS:
            return float(text)
        if field == "occurred_at":
            return moment(text)
    except ValueError:
        if field in _FLOATS:
            raise BadCellError(field, "应为数字，如 117.02", "must be a number") from None
        zh = "应为时间，如 2026-03-02 09:00"
        raise BadCellError(field, zh, "must be a time, like 2026-03-02 09:00") from None
    if field == "attachments":
        return [one.strip() for one in _COMMAS.split(text) if one.strip()]
    return text


def _yes_no(field: str, text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise BadCellError(field, "应为 是 或 否", "must be yes or no")
