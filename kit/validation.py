"""Pydantic's findings in the words of the person who has to mend them, Chinese and English."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from kit.errors import DomainError, Kind, not_found

SHOWN: Final = 20
"""Findings in one answer; who sends nonsense need not get all of it back."""
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "missing": ("缺少此项，请补上", "is missing; add it"),
    "extra_forbidden": ("没有此项，请删去", "is not a known field; remove it"),
    "string_too_short": ("不能为空", "must not be empty"),
    "too_short": ("不能为空", "must not be empty"),
    "string_too_long": ("超过长度上限 {max_length}", "is longer than {max_length}"),
    "too_long": ("超过长度上限 {max_length}", "is longer than {max_length}"),
    "string_type": ("应为文字", "must be text"),
    "string_pattern_mismatch": ("格式不符，应合乎 {pattern}", "must match {pattern}"),
    "uuid_parsing": ("应为 UUID 编号，请照抄列表中的 …_id", "must be a UUID, an …_id as listed"),
    "uuid_type": ("应为 UUID 编号，请照抄列表中的 …_id", "must be a UUID, an …_id as listed"),
    "tuple_type": ('应为数组，如 ["…"]', "must be an array"),
    "list_type": ('应为数组，如 ["…"]', "must be an array"),
    "dict_type": ("应为对象，如 {{…}}", "must be an object"),
    "model_type": ("应为对象，如 {{…}}", "must be an object"),
    "model_attributes_type": ("应为对象，如 {{…}}", "must be an object"),
    "enum": ("应为其中之一：{expected}", "must be one of: {expected}"),
    "literal_error": ("应为其中之一：{expected}", "must be one of: {expected}"),
    "greater_than_equal": ("不能小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不能大于 {le}", "must be at most {le}"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "int_type": ("应为整数", "must be a whole number"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "float_type": ("应为数字", "must be a number"),
    "timezone_aware": ("时间要带时区，如 2026-03-02T09:00:00+08:00", "needs an offset"),
    "datetime_from_date_parsing": ("应为 RFC 3339 时间", "must be an RFC 3339 time"),
    "datetime_parsing": ("应为 RFC 3339 时间", "must be an RFC 3339 time"),
    "datetime_type": ("应为 RFC 3339 时间", "must be an RFC 3339 time"),
}


def invalid(error: ValidationError) -> DomainError:
    """A 422 that names every wrong field and what to do about it; values are never repeated."""
    return from_errors(error.errors(include_url=False, include_input=False))


def from_errors(errors: Sequence[Any]) -> DomainError:
    """The same from pydantic's list of errors, as FastAPI hands it over for path and query."""
    findings = [_finding(item) for item in errors if not _echo(item, errors)][:SHOWN]
    first = findings[0]
    return DomainError(
        "invalid",
        Kind.INVALID,
        field=first["field"],
        zh=f"{first['field']}: {first['zh']}",
        en=f"{first['field']}: {first['en']}",
        extra={"errors": findings},
    )


def wrong_field(field: str, *, zh: str, en: str, **extra: Any) -> DomainError:
    """A 422 about one field that only our own rules could find."""
    found = {"field": field, "zh": zh, "en": en}
    return DomainError(
        "invalid",
        Kind.INVALID,
        field=field,
        zh=f"{field}: {zh}",
        en=f"{field}: {en}",
        extra={"errors": [found], **extra},
    )


def bad_cursor() -> DomainError:
    """The answer to a cursor that no page gave."""
    return wrong_field(
        "cursor", zh="请原样使用上一页的 next", en="use the `next` of the page before as it is"
    )


def id_cursor(cursor: str | None) -> UUID | None:
    """The id that a page ended on; None for the first page. Raises DomainError 422."""
    try:
        return None if cursor is None else UUID(cursor)
    except ValueError:
        raise bad_cursor() from None


def id_of(text: str, zh: str, en: str) -> UUID:
    """The id in a path. Raises DomainError 404, as for any other id that does not exist: no such `zh`, `en`."""
    try:
        return UUID(text)
    except ValueError:
        raise not_found(zh, en) from None


def known_code(field: str, code: str | None, codes: Collection[str]) -> None:
    """Refuse a code that the directory does not have and name the nearest. Raises DomainError 422."""
    if code is not None and code not in codes:
        raise unknown_code(field, difflib.get_close_matches(code, sorted(codes), n=3, cutoff=0.5))


def unknown_code(field: str, nearest: Sequence[str]) -> DomainError:
    """The 422 for a code of no directory."""
    hint = ", ".join(nearest) or "-"
    return wrong_field(
        field,
        zh=f"目录中没有这个代码；最接近的是：{hint}",
        en=f"is in no directory; nearest: {hint}",
        nearest=list(nearest),
    )


def _echo(item: Any, errors: Sequence[Any]) -> bool:
    """Whether a list is called too short only because what stands in it is wrong."""
    size, loc = len(item["loc"]), item["loc"]
    return item["type"] == "too_short" and any(
        len(other["loc"]) > size and other["loc"][:size] == loc for other in errors
    )


def _finding(item: Any) -> dict[str, str]:
    field = ".".join(str(part) for part in item["loc"]) or "body"
    context = {key: str(value) for key, value in item.get("ctx", {}).items()}
    if item["type"] == "value_error":
        zh, _, en = str(item["ctx"]["error"]).partition(" | ")
        return {"field": field, "zh": zh, "en": en or zh}
    words = _WORDS.get(item["type"], ("内容不合格，请按接口文档修改", "is not acceptable"))
    return {"field": field, "zh": words[0].format(**context), "en": words[1].format(**context)}
