"""The key a client gives a request so that asking again does nothing twice (product.md section 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import orjson
from fastapi import Request

from kit.errors import DomainError, Kind

HEADER: Final = "Idempotency-Key"
KEY_LENGTH: Final = 128


def is_key(text: str) -> bool:
    """True for 1 to 128 visible characters."""
    return 0 < len(text) <= KEY_LENGTH and text.isprintable()


def optional_key(request: Request) -> str | None:
    """The header, if one was sent. Raises DomainError 400 where it is no key."""
    key = request.headers.get(HEADER)
    if key is None or is_key(key):
        return key
    raise DomainError(
        "bad-idempotency-key",
        Kind.MALFORMED,
        field=HEADER,
        zh=f"Idempotency-Key 应为 1 至 {KEY_LENGTH} 个可见字符；重试用原来的键。",
        en=f"An Idempotency-Key has 1 to {KEY_LENGTH} visible characters; repeat with the same one.",
    )


def digest(said: Sequence[Any]) -> bytes:
    """SHA-256 of everything that makes a request another one; bodies among it are pydantic models."""
    text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS, default=_plain)
    return hashlib.sha256(text).digest()


def key_reused() -> DomainError:
    """The answer to a key under which something else was asked before."""
    return DomainError(
        "key-reused",
        Kind.INVALID,
        field=HEADER,
        zh="这个 Idempotency-Key 已用于另一请求，请换一个。",
        en="This Idempotency-Key was used for another request; take a new one.",
    )


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json")
