"""Verifies a service's chain where it lies: link by link through a cursor, then against its anchors."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast

import asyncpg

from kit.chain.anchor import Anchor, Judgement, judge, parse
from kit.chain.chainer import IDLE_ANCHOR_S
from kit.chain.fault import Fault, Wrong
from kit.chain.link import Walk, genesis
from kit.chain.row import Row
from kit.db import Conn

CONNECT_S: Final = 10.0
AHEAD: Final = 2_000
"""Rows read at a time: what is in memory at once, however long the chain."""
UNLINKED_S: Final = 60.0
UNANCHORED: Final = timedelta(minutes=3)
STALE: Final = timedelta(seconds=IDLE_ANCHOR_S) + timedelta(minutes=5)
EXAMPLES: Final = 20

SQL_LAST: Final = "select coalesce(max(seq), 0) from audit_link"
SQL_BEFORE: Final = """
select l.hash, a.written_at::text as written_at
from audit_link l left join audit a using (audit_id) where l.seq = $1
"""
SQL_CHAIN: Final = """
select l.seq, l.linked_at::text, l.hash, a.audit_id::text, a.at::text, a.written_at::text,
    a.actor, a.action, a.object, a.detail::text
from audit_link l
left join audit a using (audit_id)
where l.seq > $1 and l.seq <= $2
order by l.seq
"""
SQL_BY_INDEX: Final = """
select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('enable_sort', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)
"""
SQL_UNLINKED: Final = """
select a.audit_id::text as audit_id, count(*) over () as found
from audit a
where not exists (select from audit_link l where l.audit_id = a.audit_id)
  and abs(extract(epoch from clock_timestamp() - a.written_at)) > $1::float8
order by a.written_at
limit $2
"""
SQL_ANCHOR_LINES: Final = "select line from audit_anchor order by number"
SQL_UNANCHORED: Final = """
select min(seq) from audit_link where seq > $1 and linked_at < clock_timestamp() - $2::interval
"""
SQL_NOW: Final = "select clock_timestamp()"


@dataclass(slots=True)
class Report:
    """What was found in one service's chain."""

    service: str
    rows: int = 0
    anchors: int = 0
    kinds: Counter[Wrong] = field(default_factory=Counter)
    """How many faults there are of each kind; the first of them stand in `faults`."""
    faults: list[Fault] = field(default_factory=list)

    @property
    def found(self) -> int:
        """How many faults there are."""
        return self.kinds.total()

    def add(self, faults: Iterable[Fault], kinds: Mapping[Wrong, int] | None = None) -> None:
        """Note faults; `kinds` is how many there were where not all are named."""
        named = list(faults)
        self.faults += named
        self.kinds.update(Counter(fault.wrong for fault in named) if kinds is None else kinds)


async def opened(dsn: str, service: str) -> Conn:
    """A connection that reads a service's schema and shows times as they are hashed."""
    return await asyncpg.connect(
        dsn,
        timeout=CONNECT_S,
        server_settings={
            "search_path": service,
            "timezone": "UTC",
            "datestyle": "ISO",
            "jit": "off",
            "enable_seqscan": "on",
            "default_transaction_read_only": "on",
        },
    )


async def walk(
    conn: Conn, service: str, first: int, last: int, anchored: Mapping[int, bytes]
) -> Walk:
    """Links `first` to `last`. Where the link before them is gone, the first is taken as it is."""
    head, latest = genesis(service), ""
    if first > 1:
        before = await conn.fetchrow(SQL_BEFORE, first - 1)
        head, latest = (before["hash"], before["written_at"] or "") if before else (b"", "")
    going = Walk(head, first - 1, latest=latest, anchored=anchored)
    async for rows in linked(conn, first, last):
        going.feed(rows)
    return going


async def linked(conn: Conn, first: int, last: int) -> AsyncIterator[Sequence[Row]]:
    """Links `first` to `last` with their records, some thousand at a time.

    Record by record along the index: ids grow with time, so neighbours lie together. A hash join would read
    the whole table again for each part of a chain, and sort what it found on disk.
    """
    async with conn.transaction():
        await conn.execute(SQL_BY_INDEX)
        cursor = await conn.cursor(SQL_CHAIN, first - 1, last)
        while rows := await cursor.fetch(AHEAD):
            yield cast("Sequence[Row]", rows)


async def last_link(conn: Conn) -> int:
    """The number of the last link."""
    last: int = await conn.fetchval(SQL_LAST)
    return last


async def judged(
    conn: Conn, service: str, copies: Sequence[Anchor], public_key: str
) -> tuple[Judgement, int]:
    """The anchors kept beside the chain and the copies of them put together, and how many there are.

    A line beside the chain that is no anchor counts as forged. Raises ValueError for a key that is none.
    """
    lines = [row["line"] for row in await conn.fetch(SQL_ANCHOR_LINES)]
    kept = [parse(line) for line in lines]
    anchors = {a for a in (*kept, *copies) if a is not None and a.service == service}
    verdict = judge(service, anchors, public_key)
    verdict.faults.extend(Fault(Wrong.FORGED, 0, service) for a in kept if a is None)
    return verdict, len(anchors)


async def against(conn: Conn, service: str, last: int, anchor: Anchor | None) -> list[Fault]:
    """What the last anchor says of the end of a chain whose last link is `last`."""
    if anchor is None:
        return await _without(conn, 0)
    named = f"{service} #{anchor.number} {anchor.at}"
    if anchor.seq > last:
        return [Fault(Wrong.TRUNCATED, last + 1, f"{last + 1}–{anchor.seq}; {named}")]
    found = await _without(conn, anchor.seq)
    now: datetime = await conn.fetchval(SQL_NOW)
    if not found and _age(anchor, now) > STALE:
        found.append(Fault(Wrong.STALE, anchor.seq, named))
    return found


async def _without(conn: Conn, seq: int) -> list[Fault]:
    first = await conn.fetchval(SQL_UNANCHORED, seq, UNANCHORED)
    return [Fault(Wrong.UNANCHORED, first)] if first else []


def _age(anchor: Anchor, now: datetime) -> timedelta:
    try:
        return abs(now - datetime.fromisoformat(anchor.at))
    except (ValueError, TypeError):
        return timedelta.max


async def unlinked(conn: Conn) -> tuple[list[Fault], dict[Wrong, int]]:
    """Records without a link that should have one by now: the first of them, and how many."""
    rows: list[Any] = list(await conn.fetch(SQL_UNLINKED, UNLINKED_S, EXAMPLES))
    found = {Wrong.UNLINKED: rows[0]["found"]} if rows else {}
    return [Fault(Wrong.UNLINKED, 0, row["audit_id"]) for row in rows], found


async def verify(
    dsn: str, service: str, public_key: str | None, copies: Sequence[Anchor] = ()
) -> Report:
    """Verify a whole chain over a connection of its own.

    Raises OSError or asyncpg's errors when the server cannot be reached.
    """
    conn = await opened(dsn, service)
    try:
        return await verify_over(conn, service, public_key, copies)
    finally:
        await conn.close()


async def verify_over(
    conn: Conn, service: str, public_key: str | None, copies: Sequence[Anchor] = ()
) -> Report:
    """Verify a whole chain over a connection as `opened` makes it; anchors only with their public key."""
    report = Report(service)
    anchored: Mapping[int, bytes] = {}
    verdict = None
    if public_key is not None:
        verdict, report.anchors = await judged(conn, service, copies, public_key)
        anchored = verdict.anchored
        report.add(verdict.faults)
    last = await last_link(conn)
    going = await walk(conn, service, 1, last, anchored)
    report.rows = going.rows
    report.add(going.faults, going.kinds)
    await finish(conn, report, last, verdict)
    return report


async def finish(conn: Conn, report: Report, last: int, verdict: Judgement | None) -> None:
    """What no link shows: records without one, and an end that the anchors do not agree with."""
    report.add(*await unlinked(conn))
    if verdict is not None:
        report.add(await against(conn, report.service, last, verdict.last))
