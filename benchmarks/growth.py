"""Fills the database with past tickets, to see what the hundredth thousand and the third million cost."""

from __future__ import annotations

from typing import Final

import asyncpg

SQL_COMPLAINTS: Final = """
insert into intake.complaint (
    complaint_id, number, channel, kind, title, body, address, confidential, fingerprint, filed_by,
    received_at
)
select md5('bench' || n)::uuid, 'B' || lpad(n::text, 11, '0'), 'import', 'complaint', '路灯不亮',
    '很久以前的一件诉求，路灯坏了好几天没有人修，晚上看不见路，老人出门不方便，第' || n || '件',
    '清潭街12号', false, hashint8(n), 'bench', now() - interval '90 days' + n * interval '1 second'
from generate_series($1::bigint, $2::bigint) as n
"""
SQL_TICKETS: Final = """
insert into router.ticket (
    ticket_id, number, status, unit, assists, area, category, urgency, profile, round, version,
    channel, kind, title, body, address, confidential, rule_version, receipt_id, received_at,
    dispatched_at, changed_at
)
select md5('bench' || n)::uuid, 'B' || lpad(n::text, 11, '0'), 'closed', 'SZ', '{}', '370105001008',
    'SZ-LD', 'normal', 'standard', 1, 6, 'import', 'complaint', '路灯不亮',
    '很久以前的一件诉求，路灯坏了好几天没有人修，晚上看不见路，老人出门不方便，第' || n || '件',
    '清潭街12号', false, 1, md5('receipt' || n)::uuid, now() - interval '90 days',
    now() - interval '90 days', now() - interval '60 days'
from generate_series($1::bigint, $2::bigint) as n
"""
SQL_CLOCKS: Final = """
insert into router.ticket_clock
    (ticket_id, round, kind, clock_id, state, unit, due_at, sentence, said_at)
select md5('bench' || n)::uuid, 1, kind, md5(kind || n)::uuid, 'stopped', 'SZ',
    now() - interval '80 days', '已停', now() - interval '60 days'
from generate_series($1::bigint, $2::bigint) as n
cross join unnest(array['resident', 'sign_for', 'contact', 'result']) as kind
"""
STEP: Final = 50_000


async def fill(dsn: str, start: int, end: int) -> None:
    """Store past complaints and tickets number `start` up to, not including, `end`."""
    conn = await asyncpg.connect(dsn)
    try:
        for first in range(start, end, STEP):
            last = min(first + STEP, end) - 1
            for statement in (SQL_COMPLAINTS, SQL_TICKETS, SQL_CLOCKS):
                await conn.execute(statement, first, last)
        for table in ("intake.complaint", "router.ticket", "router.ticket_clock"):
            await conn.execute(f"vacuum analyze {table}")
        await conn.execute("checkpoint")
    finally:
        await conn.close()
