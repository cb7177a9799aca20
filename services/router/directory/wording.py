"""Pydantic's findings about a cell in plain words: what should stand there, with an example."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import StringConstraints

from contracts import notation as rows
from contracts.base import AreaCode, Code

SHOWN_CHARS: Final = 24
_QUOTED: Final = re.compile(r"'([^']*)'")
_UNKNOWN: Final = ("内容不合格", "is not acceptable")
_FORMS: Final = (
    (AreaCode, "区划代码应为 6、9、12 或 15 位数字，如 370105001", "an area code has 6, 9, 12 or 15 digits"),
    (Code, "代码只用字母、数字和连字符，1 至 32 位", "a code has 1 to 32 letters, digits, hyphens"),
    (rows.Limit, "时限应写作 15m、24h、7d、4wh、1wd、3bd 或 none", "a limit is 15m, 24h, 7d, 4wh, 1wd, 3bd or none"),
    (rows.Moment, "时点应写作 80%、due、due+1wd 或 start+1h", "a moment is 80%, due, due+1wd or start+1h"),
    (rows.Share, "比例应写作 1% 至 99%，如 80%", "a share is 1% to 99%, like 80%"),
    (rows.Shift, "班次应写作 09:00-12:00，多个以分号隔开", "a shift is 09:00-12:00, several with semicolons"),
    (rows.Minute, "时刻应写作 08:30", "a time of day is 08:30"),
    (rows.Day, "应为日期 2026-10-01 或 mon 至 sun", "must be a date, 2026-10-01, or mon to sun"),
    (rows.Absence, "日子应写作 2026-11-20 或 2026-11-20..2026-11-27", "days are 2026-11-20 or 2026-11-20..2026-11-27"),
    (rows.Stretch, "门牌段应写作 1-99、odd:1-99 或 even:2-88", "door numbers are 1-99, odd:1-99 or even:2-88"),
)  # fmt: skip
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "missing": ("必填，请补上", "is missing; add it"),
    "extra_forbidden": ("没有此项，请删去", "is not a known field; remove it"),
    "enum": ("应为其中之一：{expected}", "must be one of: {expected}"),
    "literal_error": ("应为其中之一：{expected}", "must be one of: {expected}"),
    "date_from_datetime_parsing": ("日期应写作 2026-03-02", "a date is written 2026-03-02"),
    "date_parsing": ("日期应写作 2026-03-02", "a date is written 2026-03-02"),
    "date_from_datetime_inexact": ("只写日期，如 2026-03-02", "only a date, like 2026-03-02"),
    "date_type": ("日期应写作 2026-03-02", "a date is written 2026-03-02"),
    "float_parsing": ("应为数字，如 117.02", "must be a number, like 117.02"),
    "float_type": ("应为数字", "must be a number"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "int_type": ("应为整数", "must be a whole number"),
    "int_from_float": ("应为整数", "must be a whole number"),
    "bool_parsing": ("应为 yes 或 no", "must be yes or no"),
    "bool_type": ("应为 yes 或 no", "must be yes or no"),
    "string_type": ("应为文字，请加引号", "must be text; put it in quotes"),
    "string_too_short": ("不能为空", "must not be empty"),
    "string_too_long": ("超过 {max_length} 字", "is longer than {max_length}"),
    "greater_than_equal": ("应不小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("应不大于 {le}", "must be at most {le}"),
    "tuple_type": ('应为列表，如 ["leader"]', 'must be a list, like ["leader"]'),
    "dict_type": (
        "应为一张表，如 [profiles.standard]",
        "must be a table, like [profiles.standard]",
    ),
    "model_type": (
        "应为一张表，如 [profiles.standard]",
        "must be a table, like [profiles.standard]",
    ),
}


def _pattern_of(kind: Any) -> str:
    found = next(m for m in kind.__metadata__ if isinstance(m, StringConstraints))
    return str(found.pattern)


_BY_PATTERN: Final = {_pattern_of(kind): (zh, en) for kind, zh, en in _FORMS}


def remedy(item: Any) -> str:
    """Chinese and English for one of `ValidationError.errors()`; what stood there is quoted, shortened."""
    context = {key: str(value) for key, value in item.get("ctx", {}).items()}
    if item["type"] == "string_pattern_mismatch":
        zh, en = _BY_PATTERN.get(context["pattern"], _UNKNOWN)
    elif item["type"] == "value_error":
        zh, _, en = context["error"].rpartition(" | ")
        zh, en = (zh, en) if zh else ("没有这一天", "there is no such day")
    else:
        zh, en = _WORDS.get(item["type"], _UNKNOWN)
    if choices := _QUOTED.findall(context.get("expected", "")):
        zh = zh.format(expected="、".join(choices))
        en = en.format(expected=", ".join(choices))
    said = item.get("input")
    quoted = f"“{shortened(said)}” " if isinstance(said, str | int | float) and said != "" else ""
    return f"{quoted}{zh.format(**context)} / {en.format(**context)}"


def shortened(said: object) -> str:
    """The beginning of what stood in a cell, on one line."""
    text = " ".join(str(said).split())
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"
