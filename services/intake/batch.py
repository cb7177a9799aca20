"""Many complaints in one request: NDJSON in, one result a line out, streamed, never all in memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import orjson
from pydantic import ValidationError

from kit import strict_json
from kit.db import LOST
from kit.errors import DomainError, too_large, unavailable
from kit.idempotency import KEY_LENGTH, is_key
from kit.validation import invalid, wrong_field
from services.intake.complaint import Filing
from services.intake.filed import Filed

WINDOW: Final = 512
BIG_LINE: Final = 16 * 1024
"""After a line longer than this the window is emptied first, so that memory stays bounded."""
LINE_LIMIT: Final = 256 * 1024
NDJSON: Final = "application/x-ndjson"
BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}},
}
"""What the OpenAPI document says of the request."""

FileOne = Callable[[Filing, str], Awaitable[Filed]]
Answer = Callable[[Filed], dict[str, Any]]


async def results(
    chunks: AsyncIterator[bytes], file_one: FileOne, answer: Answer, *, prefix: str
) -> AsyncIterator[bytes]:
    """One result line per input line, in order.

    The key of a line is its `idempotency_key`, else the request's key with the line number, else a
    digest of the line itself.
    """
    window: deque[asyncio.Task[bytes]] = deque()
    count = 0
    async for line in _lines(chunks):
        count += 1
        window.append(asyncio.ensure_future(_one(count, line, file_one, answer, prefix)))
        while window and (window[0].done() or len(window) >= WINDOW):
            yield await window.popleft()
        if len(line) > BIG_LINE:
            await asyncio.gather(*window)
    while window:
        yield await window.popleft()


async def _one(count: int, line: bytes, file_one: FileOne, answer: Answer, prefix: str) -> bytes:
    try:
        if len(line) > LINE_LIMIT:
            raise too_large(LINE_LIMIT)
        value = strict_json.loads(line)
        key = _key(value)
        filed = await file_one(
            Filing.model_validate(value),
            key or (f"{prefix}#{count}" if prefix else _digest(line)),
        )
    except ValidationError as error:
        return _refused(count, invalid(error))
    except DomainError as error:
        return _refused(count, error)
    except LOST:
        return _refused(count, unavailable())
    body = {"line": count, "status": 201 if filed.fresh else 200, **answer(filed)}
    return orjson.dumps(body) + b"\n"


def _refused(count: int, error: DomainError) -> bytes:
    problem = error.problem() | {"detail_en": error.en}
    return orjson.dumps({"line": count, "status": int(error.kind), "problem": problem}) + b"\n"


def _key(value: object) -> str | None:
    """Take the line's own key out of it. Raises DomainError 422 when it is no key."""
    key = value.pop("idempotency_key", None) if isinstance(value, dict) else None
    if key is None or (isinstance(key, str) and is_key(key)):
        return key
    raise wrong_field(
        "idempotency_key",
        zh=f"应为 1 至 {KEY_LENGTH} 个可见字符的文字",
        en=f"must be text of 1 to {KEY_LENGTH} visible characters",
    )


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines that hold something; of one over the limit only its beginning, which is over it too."""
    rest, refused = b"", False
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip() and not refused:
                yield line
            refused = False
        if refused:
            rest = b""
        elif len(rest) > LINE_LIMIT:
            yield rest
            rest, refused = b"", True
    if rest.strip():
        yield rest
