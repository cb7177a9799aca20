"""What must hold whatever was killed: one function for end-to-end tests, fault tests and benchmarks.

Each invariant is a query that returns the offenders; none may return a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from contracts.ticket import TicketStatus
from services.router.ticket import merging
from services.router.ticket.merging import Tree

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
SQL_WHISTLE_GAPS: Final = """
select whistle_id::text from router.whistle_event
group by whistle_id having max(version) <> count(*)
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
where subject like 'escalation.raised.%' or subject like 'escalation.cleared.%'
group by 1, convert_from(body, 'utf8')::jsonb->'data'->>'round',
    convert_from(body, 'utf8')::jsonb->'data'->>'level',
    convert_from(body, 'utf8')::jsonb->'data'->>'repeat',
    convert_from(body, 'utf8')::jsonb->'data'->>'decision_id',
    case when convert_from(body, 'utf8')::jsonb->'data'->>'decision_id' is not null
        then convert_from(body, 'utf8')::jsonb->'data'->>'clock' end
having count(*) filter (where subject like 'escalation.raised.%')
    > 1 + count(*) filter (where subject like 'escalation.cleared.%')
"""
"""An undone merger raises again what it had cleared; nothing else is said twice. A reception decision has
rungs of its own, those of carrying out and of confirming it."""
SQL_ASTRAY: Final = """
select t.ticket_id::text from router.ticket t
left join router.follower f using (ticket_id)
where (t.status = 'merged') <> (f.ticket_id is not null)
"""
SQL_NOBODY_ANSWERS: Final = """
with recursive worked_on as (
    select ticket_id from router.ticket
    where status not in ('merged', 'withdrawn', 'declined')
    union
    select f.ticket_id from worked_on w join router.follower f on f.into_ticket = w.ticket_id
)
select f.ticket_id::text from router.follower f
where f.ticket_id not in (select ticket_id from worked_on)
"""
SQL_WAITS_LONGER: Final = """
with recursive follows as (
    select ticket_id, into_ticket as top from router.follower
    union
    select f.ticket_id, above.into_ticket
    from follows f join router.follower above on above.ticket_id = f.top
)
select f.ticket_id::text
from follows f
join notifier.clock own on own.ticket_id = f.ticket_id and own.kind = 'resident'
join notifier.clock top on top.ticket_id = f.top and top.kind = 'resident' and top.state = 'running'
where top.due_at > own.due_at
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
    "whistle history with a gap": SQL_WHISTLE_GAPS,
    "two running clocks of a kind": SQL_CLOCK_TWICE,
    "rung raised twice": SQL_RUNG_TWICE,
    "rung announced twice": SQL_RUNG_SAID_TWICE,
    "merged without a target, or a target without being merged": SQL_ASTRAY,
    "follower of nobody who answers": SQL_NOBODY_ANSWERS,
    "caller waits longer than before the merger": SQL_WAITS_LONGER,
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


def lost_in(tree: Tree) -> list[str]:
    """Callers nobody works for; empty when every ticket is worked on, or follows exactly one that is."""
    found = [
        f"{m.number}: {m.status} into {m.into}"
        for m in tree.values()
        if len({m.status is TicketStatus.MERGED, m.into is not None, m.before is not None}) > 1
    ]
    tops = [m.ticket_id for m in tree.values() if m.into is None]
    reached = [*tops, *(f.ticket_id for top in tops for f in merging.followers(tree, top))]
    if sorted(reached) != sorted(tree):
        found.append("a ticket follows nobody who is worked on, or follows two")
    return found
