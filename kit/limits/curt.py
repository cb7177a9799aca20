"""What is said to who cannot be understood, before there is a request: problem documents as bytes. Pure."""

from __future__ import annotations

from typing import Final

import orjson

from kit.errors import DomainError, Kind
from kit.limits.bounds import headers_too_large, too_slow

_PHRASES: Final = {
    Kind.MALFORMED: "Bad Request",
    Kind.TOO_SLOW: "Request Timeout",
    Kind.HEADERS: "Request Header Fields Too Large",
}


def _said(error: DomainError) -> bytes:
    """In Chinese, with the English beside it: in which language to answer was not understood either."""
    body = orjson.dumps(error.problem() | {"detail_en": error.en})
    lines = (
        f"HTTP/1.1 {int(error.kind)} {_PHRASES[error.kind]}",
        "content-type: application/problem+json",
        f"content-length: {len(body)}",
        "connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + body


GARBLED: Final = _said(
    DomainError(
        "malformed-request",
        Kind.MALFORMED,
        zh="这不是合格的 HTTP 请求，请检查客户端。",
        en="This is no acceptable HTTP request; check the client.",
    )
)
ENDLESS: Final = _said(headers_too_large())
LATE: Final = _said(too_slow())
