"""How large and how slow a request may be, and the answers to what is more. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kit.errors import DomainError, Kind, too_large

BODY_LIMIT: Final = 256 * 1024
"""Bytes of a body (product.md section 8)."""
SMALL_BODY: Final = 64 * 1024
"""Bytes of a body that is read to its end though its request was refused at once."""
PATH_MOST: Final = 1_024
QUERY_MOST: Final = 4_096
HEADERS_MOST: Final = 64
HEADERS_SIZE: Final = 16 * 1024
"""Bytes of all headers; the largest we know, a sign-in token, has 8 KiB at most."""
HEAD_MOST: Final = 32 * 1024
"""Bytes that are kept of a head that does not end."""
ENDS: Final = frozenset({Kind.TOO_SLOW, Kind.TOO_LARGE, Kind.TOO_LONG, Kind.HEADERS})
"""After these answers the connection is closed: what is left of the request is not read."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds one client may take; this product's own choices."""

    head_s: float = 10.0
    """From the first byte, or from the opening of a connection, to the end of a request's head."""
    body_s: float = 20.0
    """For a body that is read whole: 256 KiB at 13 KiB/s."""
    piece_s: float = 60.0
    """Between two pieces of a body that is read as it comes: an upload, a batch."""
    reading_s: float = 30.0
    """For which a client may leave unread what was sent."""


def check_head(path: bytes, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises DomainError 414 or 431."""
    if len(path) > PATH_MOST or len(query) > QUERY_MOST:
        raise DomainError(
            "address-too-long",
            Kind.TOO_LONG,
            zh=f"地址过长 (路径 {PATH_MOST}、查询 {QUERY_MOST} 字节以内)，请缩短后再试。",
            en=f"The address is too long (path {PATH_MOST}, query {QUERY_MOST} bytes); shorten it.",
        )
    sizes = [len(name) + len(value) for name, value in headers]
    if len(sizes) > HEADERS_MOST or sum(sizes) > HEADERS_SIZE:
        raise headers_too_large()


def check_length(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises DomainError 413 for a body that says beforehand that it is over the limit."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and int(value[:20]) > BODY_LIMIT:
            raise too_large(BODY_LIMIT)


def headers_too_large() -> DomainError:
    """The answer to a head that is larger than any of ours."""
    return DomainError(
        "headers-too-large",
        Kind.HEADERS,
        zh=f"请求头过多或过大 ({HEADERS_MOST} 个、共 {HEADERS_SIZE // 1024} KiB 以内)，请删减后再试。",
        en=f"Too many or too large headers ({HEADERS_MOST}, {HEADERS_SIZE // 1024} KiB in all);"
        " send fewer.",
    )


def too_slow() -> DomainError:
    """The answer to a request that does not come to its end."""
    return DomainError(
        "too-slow",
        Kind.TOO_SLOW,
        zh="请求迟迟没有发完，连接已关闭；请检查网络后用同一个键重发。",
        en="The request did not come to its end in time; check the network, send it again"
        " with the same key.",
    )
