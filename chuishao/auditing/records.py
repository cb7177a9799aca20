"""Records of the audit for people: shown by filter, exported whole, and the anchors as they lie."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from chuishao.bars import Tell
from chuishao.files import write_private
from kit.chain.canonical import canonical
from kit.chain.link import genesis
from kit.chain.listing import Wanted, page
from kit.chain.row import Row
from kit.chain.verifying import SQL_ANCHOR_LINES, last_link, linked, opened
from kit.city_time import CITY_TIME

_PAGE: Final = 500


def wanted(
    actor: str | None, action: str | None, about: str | None, since: str | None, until: str | None
) -> Wanted:
    """The filters as they were typed. Raises ValueError for a time that is none."""
    return Wanted(
        actor=actor, action=action, about=about, since=_moment(since), until=_moment(until)
    )


def _moment(text: str | None) -> datetime | None:
    """A time without offset is the city's."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=CITY_TIME)


async def newest(
    dsn: str, services: Sequence[str], asked: Wanted, limit: int
) -> list[dict[str, Any]]:
    """The newest records of several services together."""
    found: list[dict[str, Any]] = []
    for service in services:
        found += await _of(dsn, service, asked, limit)
    return heapq.nlargest(limit, found, key=lambda one: one["at"])


async def _of(dsn: str, service: str, asked: Wanted, limit: int) -> list[dict[str, Any]]:
    conn = await opened(dsn, service)
    try:
        found: list[dict[str, Any]] = []
        before: int | None = None
        while len(found) < limit:
            rows, before = await page(conn, asked, before, min(_PAGE, limit - len(found)))
            found += rows
            if before is None:
                break
    finally:
        await conn.close()
    return [{"service": service, **one, "at": one["at"].isoformat()} for one in found]


def line(one: dict[str, Any]) -> str:
    """A record on one line."""
    at = datetime.fromisoformat(one["at"]).astimezone(CITY_TIME).strftime("%Y-%m-%d %H:%M:%S")
    return (
        f"{at}  {one['service']} #{one['seq']}  {one['actor']}  {one['action']}  {one['object']}"
        f"  {one['detail']}"
    )


async def export(dsn: str, service: str, out: Path, tell: Tell) -> int:
    """Write a service's whole chain, oldest first; its first line is what the first link follows."""
    conn = await opened(dsn, service)
    count = 0
    write_private(out, f'{{"service":"{service}","genesis":"{genesis(service).hex()}"}}\n')
    try:
        last = await last_link(conn)
        with out.open("ab") as file:
            async for rows in linked(conn, 1, last):
                file.writelines(map(_exported, rows))
                count += len(rows)
                tell("export", count, last)
    finally:
        await conn.close()
    return count


def _exported(row: Row) -> bytes:
    entry = b"null" if row[3] is None else canonical(row)
    return b'{"hash":"%s","entry":%s}\n' % (row[2].hex().encode(), entry)


async def anchors(dsn: str, services: Sequence[str]) -> list[str]:
    """Lines of the anchors kept beside the chains."""
    lines: list[str] = []
    for service in services:
        conn = await opened(dsn, service)
        try:
            lines += [row["line"] for row in await conn.fetch(SQL_ANCHOR_LINES)]
        finally:
            await conn.close()
    return lines
