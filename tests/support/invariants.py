"""What must hold whatever was killed: one function for end-to-end tests, fault tests and benchmarks.

Each invariant is a query that returns the offenders; none may return a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

SQL_LOST: Final = """
select a.id::text from unnest($1::uuid[]) as a(id)
where not exists (select from router.ticket t where t.ticket_id = a.id)
"""
SQL_UNFILED: Final = """
select a.id::text from unnest($1::uuid[]) as a(id)
where not exists (select from intake.complaint c where c.complaint_id = a.id)
"""
SQL_TWICE_OPENED: Final = """
select number from router.ticket group by number having count(*) > 1
"""
SQL_TWICE_DISPATCHED: Final = """
select convert_from(body, 'utf8')::jsonb->'data'->>'ticket_id' as ticket
from router.outbox
where subject like 'ticket.dispatched.%' or subject like 'ticket.triaged.%'
group by 1, convert_from(body, 'utf8')::jsonb->'data'->>'version'
having count(*) > 1
"""
SQL_VERSION_GAPS: Final = """
select ticket_id::text from router.ticket_event
group by ticket_id having max(version) <> count(*)
"""
SQL_CLOCK_TWICE: Final = """
select ticket_id::text || ' ' || kind from notifier.clock
where state = 'running'
group by ticket_id, round, kind having count(*) > 1
"""
SQL_CLOCK_MISSING: Final = """
select a.id::text || ' ' || k.kind
from unnest($1::uuid[]) as a(id)
join router.ticket t on t.ticket_id = a.id and t.status = 'dispatched'
cross join unnest(array['sign_for', 'contact', 'result', 'resident']) as k(kind)
where not exists (
    select from notifier.clock c
    where c.ticket_id = a.id and c.kind = k.kind and c.state <> 'stopped'
)
"""
SQL_RUNG_TWICE: Final = """
select ticket_id::text || ' level ' || level from notifier.escalation
group by ticket_id, round, level having count(*) > 1
"""
SQL_RUNG_SAID_TWICE: Final = """
select convert_from(body, 'utf8')::jsonb->'data'->>'ticket_id'
from notifier.outbox
where subject like 'escalation.raised.%'
group by 1, convert_from(body, 'utf8')::jsonb->'data'->>'round',
    convert_from(body, 'utf8')::jsonb->'data'->>'level'
having count(*) > 1
"""
SQL_PENDING: Final = """
select 'intake ' || event_id from intake.outbox_pending
union all select 'router ' || event_id from router.outbox_pending
union all select 'notifier ' || event_id from notifier.outbox_pending
"""
SQL_DEAD: Final = """
select 'intake ' || consumer || ' ' || reason from intake.dead_letter where resolved_at is null
union all select 'router ' || consumer || ' ' || reason from router.dead_letter where resolved_at is null
union all select 'notifier ' || consumer || ' ' || reason from notifier.dead_letter where resolved_at is null
"""
OF_ACKNOWLEDGED: Final = {
    "acknowledged but not stored": SQL_UNFILED,
    "acknowledged without a ticket": SQL_LOST,
    "dispatched without a running clock": SQL_CLOCK_MISSING,
}
OF_EVERYTHING: Final = {
    "number with two tickets": SQL_TWICE_OPENED,
    "dispatched twice": SQL_TWICE_DISPATCHED,
    "history with a gap": SQL_VERSION_GAPS,
    "two running clocks of a kind": SQL_CLOCK_TWICE,
    "rung raised twice": SQL_RUNG_TWICE,
    "rung announced twice": SQL_RUNG_SAID_TWICE,
    "still in an outbox": SQL_PENDING,
    "dead letter": SQL_DEAD,
}


async def violations(dsn: str, acknowledged: Sequence[str]) -> dict[str, list[str]]:
    """Every broken invariant with up to ten offenders; empty when all hold."""
    conn = await asyncpg.connect(dsn)
    try:
        ids = [UUID(text) for text in acknowledged]
        found = {}
        for name, statement in OF_ACKNOWLEDGED.items():
            found[name] = [row[0] for row in await conn.fetch(statement, ids)]
        for name, statement in OF_EVERYTHING.items():
            found[name] = [row[0] for row in await conn.fetch(statement)]
        return {name: offenders[:10] for name, offenders in found.items() if offenders}
    finally:
        await conn.close()


def undelivered(acknowledged: Sequence[str], seen: dict[str, set[str]]) -> dict[str, list[str]]:
    """Complaints whose unit never got a dispatch, or got two different ones."""
    never = [one for one in acknowledged if not seen.get(one)]
    twice = [one for one in acknowledged if len(seen.get(one, ())) > 1]
    found = {"never reached its unit": never[:10], "reached its unit twice": twice[:10]}
    return {name: offenders for name, offenders in found.items() if offenders}
