"""JSON as strangers send it, read strictly: no NaN, no duplicate keys, no bottomless nesting."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from kit.errors import DomainError, Kind

MAX_DEPTH: Final = 16
MAX_DIGITS: Final = 18


def loads(raw: bytes | str) -> Any:
    """Parse strictly. Raises DomainError `malformed-json` (400) and says what is wrong."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        value = _DECODER.decode(text)
    except RecursionError:
        raise _malformed("嵌套过深", "nesting is too deep") from None
    except UnicodeDecodeError:
        raise _malformed("不是 UTF-8", "it is not UTF-8") from None
    except _RefusedError as refused:
        raise _malformed(refused.zh, refused.en) from None
    except ValueError:
        raise _malformed("语法错误", "syntax error") from None
    if _deeper(value, MAX_DEPTH):
        raise _malformed("嵌套过深", "nesting is too deep")
    return value


class _RefusedError(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def _malformed(zh: str, en: str) -> DomainError:
    return DomainError(
        "malformed-json",
        Kind.MALFORMED,
        zh=f"请求正文不是合格的 JSON: {zh}。请按接口文档修改后重发。",
        en=f"The body is not acceptable JSON: {en}. Correct it as documented and send it again.",
    )


def _constant(name: str) -> NoReturn:
    raise _RefusedError(f"不允许 {name}", f"{name} is not allowed")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _RefusedError("数字过长", "a number is too long")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _RefusedError("数字过大", "a number is too large")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _RefusedError("字段重复", "a field appears twice")
    return value


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_constant,
    parse_int=_integer,
    parse_float=_float,
)


def _deeper(value: Any, left: int) -> bool:
    if isinstance(value, dict):
        return left == 0 or any(_deeper(item, left - 1) for item in value.values())
    if isinstance(value, list):
        return left == 0 or any(_deeper(item, left - 1) for item in value)
    return False
