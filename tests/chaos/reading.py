"""The final read: database, streams and HTTP, each by itself, so that none can hide what another lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
import httpx

from contracts.catalog import COMPLAINTS, ESCALATIONS, STREAM_OF, TICKETS
from tests.chaos import streams
from tests.chaos.final import Final as State
from tests.chaos.site import Site
from tests.chaos.streams import Streams
from tests.support import canaries
from tests.support.invariants import violations

KEPT: Final = (COMPLAINTS, TICKETS, ESCALATIONS)
PAGE: Final = 100
BESIDE: Final = ("postgres", "wal", "log")
"""Folders a lab keeps beside the data directory."""
LOOKS, LOOK_S = 5, 3.0
OVERDUE: Final = "interval '10 seconds'"

SQL_COMPLAINTS: Final = """
select external_id as key, array_agg(complaint_id::text) as ids
from intake.complaint
where external_id is not null
group by external_id
"""
SQL_TICKETS: Final = "select ticket_id::text as id, unit from router.ticket"
SQL_ADDRESSED: Final = """
select ticket_id::text as id from router.ticket
where unit = any($1::text[]) and dispatched_at is not null and status <> 'triage'
"""
SQL_STEPS: Final = """
select substr(words, strpos(words, '编号 ') + 3) as command, count(*)::int as n
from (select coalesce(detail->>'note', reason, '') as words from router.ticket_event) as t
where words like '编号 %'
group by 1
"""
SQL_OUTBOX: Final = """
select event_id::text as id, subject, sha256(body) as digest from intake.outbox
union all select event_id::text, subject, sha256(body) from router.outbox
union all select event_id::text, subject, sha256(body) from notifier.outbox
"""
SQL_OVERDUE: Final = f"""
select 'clock ' || ticket_id || ' ' || kind from notifier.clock
where next_at < chuishao.business_now() - {OVERDUE}
union all
select 'ladder ' || ticket_id from notifier.ladder
where next_due_at < chuishao.business_now() - {OVERDUE}
"""  # noqa: S608 - put together from a constant
SQL_TWICE: Final = {
    "clock announced twice": """
select subject || ' ' || (body->'data'->>'ticket_id')
from (select subject, convert_from(body, 'utf8')::jsonb as body from notifier.outbox
      where subject like 'clock.%') as o
group by subject, body->'data'->>'ticket_id', body->'data'->>'clock_id', body->'data'->>'at',
    body->'data'->>'due_at'
having count(*) > 1
""",
    "one step in two versions": """
select ticket_id::text || ' ' || event
from router.ticket_event
where event in ('received', 'accepted', 'handled', 'closed')
group by ticket_id, round, event
having count(*) > 1
""",
    "two clocks of a kind for one start": """
select ticket_id::text || ' ' || kind from notifier.clock
where kind in ('resident', 'dispatch', 'sign_for')
group by ticket_id, round, kind
having count(*) > 1
""",
    "somebody told twice of one thing": """
select occasion_id::text || ' ' || person from notifier.notice
where state = 'sent' and joined_to is null and instead_of is null and occasion_id is not null
group by occasion_id, person, channel
having count(*) > 1
""",
    "applied, and tried again": """
select a.consumer || ' ' || a.message
from notifier.delivery_attempt a
join intake.outbox o on o.event_id::text = a.message
where a.consumer = 'notifier-complaints'
    and exists (
        select from notifier.clock c
        where c.kind = 'resident'
            and c.ticket_id::text = convert_from(o.body, 'utf8')::jsonb->'data'->>'complaint_id'
    ) and not exists (
        select from notifier.inbox i where i.consumer = a.consumer and i.event_id = o.event_id
    )
""",
    "message applied and buried": """
select d.consumer || ' ' || d.message from router.dead_letter d
join router.inbox i on i.consumer = d.consumer and i.event_id::text = d.message
where d.resolved_at is null
""",
}
SQL_AUDIT: Final = """
select 'complaint without audit ' || c.complaint_id from intake.complaint c
where not exists (select from intake.audit a where a.object = c.complaint_id::text)
union all
select 'ticket without audit ' || t.ticket_id from router.ticket t
where not exists (select from router.audit a where a.object = t.ticket_id::text)
union all
select 'steps and audit differ ' || e.ticket_id
from (select ticket_id, count(*) as n from router.ticket_event
      where event in ('accepted', 'contacted', 'handled') group by 1) as e
left join (select object, count(*) as n from router.audit
      where action in ('ticket.accept', 'ticket.contact', 'ticket.handle') group by 1) as a
    on a.object = e.ticket_id::text
where a.n is distinct from e.n
"""


async def look(site: Site, dsn: str, acknowledged: Sequence[str]) -> State:
    """Read everything. Raises what the servers raise: after the quiet nothing may fail any more."""
    conn = await asyncpg.connect(dsn)
    try:
        kept, unsaid = await _heard(site, await _said(conn))
        outbox = await _said(conn)
        return State(
            complaints={r["key"]: tuple(r["ids"]) for r in await conn.fetch(SQL_COMPLAINTS)},
            tickets={r["id"]: r["unit"] for r in await conn.fetch(SQL_TICKETS)},
            addressed=await addressed(site, dsn),
            listed=await _listed(site),
            steps={r["command"]: r["n"] for r in await conn.fetch(SQL_STEPS)},
            broken=_all(await violations(dsn, acknowledged)),
            unsaid=unsaid,
            forged=tuple(
                i for i, d in kept.digests.items() if i not in outbox or outbox[i]["digest"] != d
            ),
            twice=_all({rule: await _column(conn, sql) for rule, sql in SQL_TWICE.items()}),
            overdue=tuple(await _column(conn, SQL_OVERDUE)),
            audit=tuple(await _column(conn, SQL_AUDIT)),
            kept=kept.ids,
        )
    finally:
        await conn.close()


async def unsettled(dsn: str, acknowledged: Sequence[str]) -> dict[str, list[str]]:
    """What still has to happen before the final read, as far as the database knows."""
    found = await violations(dsn, acknowledged)
    conn = await asyncpg.connect(dsn)
    try:
        overdue = await _column(conn, SQL_OVERDUE)
    finally:
        await conn.close()
    return found | ({"due and not raised": overdue[:10]} if overdue else {})


async def addressed(site: Site, dsn: str) -> frozenset[str]:
    """Tickets whose unit has a NATS account and was made responsible."""
    conn = await asyncpg.connect(dsn)
    try:
        rows = await conn.fetch(SQL_ADDRESSED, list(site.info["nats_users"]))
    finally:
        await conn.close()
    return frozenset(row["id"] for row in rows)


async def leaks(site: Site) -> tuple[str, ...]:
    """Where an identity lies outside the vault: files of everybody, tables, answers, exports."""
    data = next(site.folder.rglob("run.json")).parent
    found = await canaries.search(site.info, data)
    for beside in (site.folder / name for name in BESIDE):
        if beside.is_dir() and data not in beside.parents:
            found += await asyncio.to_thread(list, canaries.in_files(beside))
    return tuple(found)


async def whole(dsn: str) -> list[str]:
    """Every complaint that is stored, acknowledged or not."""
    conn = await asyncpg.connect(dsn)
    try:
        return await _column(conn, "select complaint_id::text from intake.complaint")
    finally:
        await conn.close()


def _all(found: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {rule: tuple(offenders) for rule, offenders in found.items() if offenders}


async def _said(conn: Any) -> dict[str, Any]:
    """Every event that was ever committed."""
    return {row["id"]: row for row in await conn.fetch(SQL_OUTBOX)}


async def _heard(site: Site, said: Mapping[str, Any]) -> tuple[Streams, tuple[str, ...]]:
    """What the streams hold, and what they lack of what was said; more may be said meanwhile.

    Clocks go on while this is read, so the streams are read after the outboxes, again for a while where
    something is still on its way.
    """
    expected = {i for i, row in said.items() if row["subject"].split(".", 1)[0] in STREAM_OF}
    for _ in range(LOOKS):
        kept = await streams.read(site)
        if expected <= kept.digests.keys():
            break
        await asyncio.sleep(LOOK_S)
    return kept, tuple(sorted(expected - kept.digests.keys()))


async def _column(conn: Any, statement: str) -> list[str]:
    return [row[0] for row in await conn.fetch(statement)]


async def _listed(site: Site) -> frozenset[str]:
    """Every ticket that the list shows to the administrator."""
    found: set[str] = set()
    params = {"limit": str(PAGE)}
    async with httpx.AsyncClient(timeout=30) as client:
        while True:
            answer = await client.get(
                f"{site.info['router']}/v1/tickets", params=params, headers=site.token("admin")
            )
            page = answer.raise_for_status().json()
            found |= {item["ticket_id"] for item in page["items"]}
            if page["next"] is None:
                return frozenset(found)
            params["cursor"] = page["next"]
