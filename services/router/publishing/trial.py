"""A directory that is tried without publishing: checked as strictly, set beside what is in force, not kept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from kit.clock import business_now
from kit.db import Pool, reading
from kit.errors import DomainError, Kind, not_found
from services.router.directory import files
from services.router.directory.directory import Directory
from services.router.publishing import checks, sheets, touching
from services.router.publishing.difference import Difference
from services.router.publishing.diffing import differences
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.packed import unpack
from services.router.publishing.pieces import Bodies

LIMIT: Final = 10 * 1024 * 1024
"""Bytes of a zip, as of every upload."""
AT_ONCE: Final = 2
"""One is looked at while another one arrives."""
ARRIVES_WITHIN_S: Final = 60.0
BUSY_S: Final = 5


@dataclass(frozen=True, slots=True)
class Tried:
    """What was found in a folder."""

    findings: checks.Findings
    rows: dict[str, int]
    difference: Difference | None
    """None where faults keep the directory from being built."""
    plain: Bodies
    """The tables no owner follows from, in pieces; empty where there is no difference."""


@dataclass(slots=True)
class Trials:
    """Tries directories, a few at a time."""

    pool: Pool
    in_use: DirectoryInUse
    _in_hand: int = 0
    _looking: threading.Lock = field(default_factory=threading.Lock)
    """One is built at a time: that is what takes memory. The thread holds it, whoever waits for the answer."""

    async def take(self, pieces: AsyncIterator[bytes], declared: str | None) -> dict[str, Any]:
        """Try a zip; as the page shows it. Raises DomainError 404, 413, 422, 503."""
        if declared is not None and declared.isdecimal() and int(declared) > LIMIT:
            raise _too_large()
        with self._place():
            old = self.in_use.directory
            if old is None:
                raise not_found("目录版本", "directory version")
            body = await _arrived(pieces)
            async with reading(self.pool) as conn:
                now = await business_now(conn)
            tried = await asyncio.to_thread(self._tried, body, old, now)
            return await self._view(tried, old)

    def _tried(self, body: bytes, old: Directory, now: datetime) -> Tried:
        with self._looking, TemporaryDirectory(prefix="directory-") as place:
            folder = Path(place)
            unpack(body, folder)
            scan = files.scan(folder)
            found = checks.examine(scan.tables, now, scan)
            rows = {part: len(rows) for part, rows in scan.tables.items()}
            new = found.directory
            if new is None:
                return Tried(found, rows, None, {})
            return Tried(found, rows, differences(old, new, now), sheets.cut(scan.tables))

    async def _view(self, tried: Tried, old: Directory) -> dict[str, Any]:
        difference, new = tried.difference, tried.findings.directory
        changes = None
        if difference is not None and new is not None:
            difference.sheets = await sheets.changed(self.pool, old.version, tried.plain)
            changes = await touching.touched(self.pool, old, new, difference)
        return tried.findings.view() | {"rows": tried.rows, "difference": changes}

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._in_hand >= AT_ONCE:
            raise DomainError(
                "trials-busy",
                Kind.UNAVAILABLE,
                zh="正在核对别人的名录，请稍候再试。",
                en="Other directories are being looked at; try again shortly.",
                retry_after_s=BUSY_S,
            )
        self._in_hand += 1
        try:
            yield
        finally:
            self._in_hand -= 1


async def _arrived(pieces: AsyncIterator[bytes]) -> bytes:
    got = bytearray()
    try:
        async with asyncio.timeout(ARRIVES_WITHIN_S):
            async for piece in pieces:
                if len(got) + len(piece) > LIMIT:
                    raise _too_large()
                got += piece
    except TimeoutError:
        raise DomainError(
            "upload-too-slow",
            Kind.UNAVAILABLE,
            zh="上传太慢，已中断；请换个网络再试。",
            en="The upload took too long; try another network.",
            retry_after_s=BUSY_S,
        ) from None
    return bytes(got)


def _too_large() -> DomainError:
    return DomainError(
        "too-large",
        Kind.TOO_LARGE,
        zh=f"压缩后超过 {LIMIT // 1024 // 1024} MiB，请改用命令 chuishao directory diff 核对。",
        en=f"Over {LIMIT // 1024 // 1024} MiB packed; use chuishao directory diff instead.",
    )
