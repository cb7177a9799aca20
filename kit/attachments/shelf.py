"""Takes files in and hands them out: looked at, stored, then the row; never a row without its object.

Every upload gets an id of its own, the same bytes too: an id stands for one use, and what is not used
goes within a day.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit import audit
from kit.attachments import store
from kit.attachments.inspection import Inspected, inspect
from kit.attachments.storage import Storage, key_of
from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from kit.errors import DomainError, Kind
from kit.ids import new_id
from kit.validation import wrong_field

LIMIT: Final = 10 * 1024 * 1024
"""Bytes of one file (product.md section 4)."""
AT_ONCE: Final = 8
AT_ONCE_EACH: Final = 2
"""Uploads in hand, of everybody and of one person: 80 MiB at most, and nobody takes all places."""
ARRIVES_WITHIN_S: Final = 120.0
MOST_UNUSED: Final = 200
"""Of one person; more than a day of work with forms, and a bound on what a stolen token can store."""
BUSY_S: Final = 2


@dataclass(slots=True)
class Shelf:
    """The attachments of one service."""

    pool: Pool
    storage: Storage
    _in_hand: Counter[str] = field(default_factory=Counter)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One file is decoded at a time: that is what takes memory."""

    async def take(
        self, pieces: AsyncIterator[bytes], declared: str | None, sub: str
    ) -> dict[str, Any]:
        """Keep a file; how it is known from now on. Raises DomainError 413, 422, 429, 503."""
        if declared is not None and declared.isdecimal() and int(declared) > LIMIT:
            raise _too_large()
        with self._place(sub):
            await self._check_unused(sub)
            body = await _arrived(pieces)
            async with self._looking:
                found = await asyncio.to_thread(inspect, body)
            return await self._keep(found, sub)

    @contextmanager
    def _place(self, sub: str) -> Iterator[None]:
        if self._in_hand.total() >= AT_ONCE or self._in_hand[sub] >= AT_ONCE_EACH:
            raise DomainError(
                "uploads-busy",
                Kind.UNAVAILABLE,
                zh="同时上传的文件较多，请稍候再传。",
                en="Too many uploads at once; try again shortly.",
                retry_after_s=BUSY_S,
            )
        self._in_hand[sub] += 1
        try:
            yield
        finally:
            self._in_hand[sub] -= 1
            self._in_hand += Counter()

    async def _check_unused(self, sub: str) -> None:
        async with reading(self.pool) as conn:
            unused = await store.count_unused(conn, sub)
        if unused >= MOST_UNUSED:
            raise DomainError(
                "too-many-unused",
                Kind.TOO_MANY,
                zh=f"已有 {unused} 个上传后未使用的附件，请先使用或一天后再传。",
                en=f"{unused} uploads are not used yet; use them, or try again in a day.",
                retry_after_s=3_600,
            )

    async def _keep(self, found: Inspected, sub: str) -> dict[str, Any]:
        attachment_id, digest = new_id(), hashlib.sha256(found.body).digest()
        await self.storage.put(key_of(attachment_id), found.body)
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            row = (
                attachment_id, found.content_type, len(found.body), digest, found.width,
                found.height, found.lon, found.lat, found.taken_at, sub, now,
            )  # fmt: skip
            await store.keep(conn, row)
            detail = {"content_type": found.content_type, "size": len(found.body)}
            entry = audit.Entry(now, sub, "attachment.upload", str(attachment_id), detail)
            await audit.record(conn, [entry])
        sizes = {"width": found.width, "height": found.height} if found.width else {}
        return {
            "attachment_id": str(attachment_id),
            "content_type": found.content_type,
            "size": len(found.body),
            "sha256": digest.hex(),
        } | sizes


async def find(conn: Conn, ident: str) -> Record | None:
    """The row of an attachment; None for what is no id."""
    try:
        attachment_id = UUID(ident)
    except ValueError:
        return None
    return await store.one(conn, attachment_id)


def file_view(row: Mapping[str, Any], *, whereabouts: bool) -> dict[str, Any]:
    """An attachment in a list; where and when it was taken only for who may know."""
    shown = {
        "attachment_id": str(row["attachment_id"]),
        "content_type": row["content_type"],
        "size": row["size"],
        "width": row["width"],
        "height": row["height"],
        "at": row["uploaded_at"].isoformat(),
    }
    if whereabouts:
        shown["taken_at"] = row["taken_at"].isoformat() if row["taken_at"] else None
        shown["point"] = {"lon": row["lon"], "lat": row["lat"]} if row["lon"] is not None else None
    return {name: value for name, value in shown.items() if value is not None}


def unusable(field_name: str, ident: str) -> DomainError:
    """The 422 for an id that cannot be used: not told apart, so that nobody learns of others' files."""
    return wrong_field(
        field_name,
        zh=f"附件 {ident} 不存在、不是您上传的，或已用于别处；请重新上传",
        en=f"attachment {ident} is unknown, not yours, or used elsewhere; upload it again",
        attachment_id=ident,
    )


async def _arrived(pieces: AsyncIterator[bytes]) -> bytes:
    got: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(ARRIVES_WITHIN_S):
            async for piece in pieces:
                size += len(piece)
                if size > LIMIT:
                    raise _too_large()
                got.append(piece)
    except TimeoutError:
        raise DomainError(
            "upload-too-slow",
            Kind.UNAVAILABLE,
            zh="上传太慢，已中断；请换个网络或缩小后再传。",
            en="The upload took too long; try another network or a smaller file.",
            retry_after_s=BUSY_S,
        ) from None
    return b"".join(got)


def _too_large() -> DomainError:
    return DomainError(
        "too-large",
        Kind.TOO_LARGE,
        field="body",
        zh=f"文件超过 {LIMIT // 1024 // 1024} MiB，请压缩或缩短后再传。",
        en=f"Over {LIMIT // 1024 // 1024} MiB; compress or shorten it.",
    )
