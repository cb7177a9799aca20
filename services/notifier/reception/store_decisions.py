"""SQL over decisions; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from kit.db import Conn
from services.notifier.reception.decision import Decision

SQL_ADD: Final = """
insert into reception_decision (
    decision_id, session_id, item_id, ticket_id, number, round, area, level, org, kind, owner, post,
    confirmer, text, whistle_id, state, version, decided_by, decided_at, report, reported_by,
    reported_at, refusals, confirmed_by, confirmed_at
)
values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
    $22, $23, $24, $25
)
"""
SQL_DECISION: Final = "select d.* from reception_decision d where d.decision_id = $1"
SQL_LOCK: Final = SQL_DECISION + " for update"
SQL_SAVE: Final = """
update reception_decision
set state = $3, version = version + 1, report = $4, reported_by = $5, reported_at = $6, refusals = $7,
    confirmed_by = $8, confirmed_at = $9, whistle_id = $10
where decision_id = $1 and version = $2
returning version
"""
SQL_SETTLE: Final = """
update reception_decision d
set state = case when d.kind = 'send_upward' then 'done' else 'superseded' end,
    version = d.version + 1, confirmed_by = $3, confirmed_at = $4
where d.item_id = $1 and d.session_id <> $2 and d.state in ('open', 'reported') and (
    d.kind = 'send_upward' or exists (
        select from decision_clock c
        where c.decision_id = d.decision_id and c.lapsed_at is not null
    )
)
returning d.*
"""
SQL_SETTLE_SENT: Final = """
update reception_decision d
set state = 'done', version = d.version + 1, confirmed_by = $2, confirmed_at = $3
where d.item_id = any($1::uuid[]) and d.kind = 'send_upward' and d.state = 'open'
"""
"""The matter ended before the table above had come to it."""
SQL_UNFINISHED: Final = """
select count(*) from reception_decision where item_id = $1 and state in ('open', 'reported')
"""
SQL_OF_SESSION: Final = """
select d.* from reception_decision d where d.session_id = $1 order by d.decision_id
"""
SQL_OF_ITEMS: Final = """
select d.* from reception_decision d where d.item_id = any($1::uuid[]) order by d.decision_id
"""
SQL_LEDGER: Final = """
select d.*
from reception_decision d
where ($1::text[] is null or d.org = any($1) or d.owner = any($1) or d.confirmer = any($1))
    and ($2::text is null or d.org = $2)
    and ($3::text is null or d.owner = $3)
    and ($4::text is null or d.state = $4)
    and ($5::timestamptz is null or (d.state in ('open', 'reported') and exists (
        select from decision_clock c
        where c.decision_id = d.decision_id and c.kind = 'decision' and c.due_at <= $5
    )))
    and ($6::uuid is null or d.decision_id < $6)
order by d.decision_id desc
limit $7
"""
SQL_DECISIONS: Final = """
select d.* from reception_decision d where d.decision_id = any($1::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions are asked for; None leaves a condition out."""

    within: Sequence[str] | None
    """Units for which the asker may know of them: as decider, owner or confirmer."""
    org: str | None = None
    unit: str | None = None
    state: str | None = None
    overdue: bool = False
    before: UUID | None = None


async def add(conn: Conn, decision: Decision) -> None:
    """A new decision."""
    await conn.execute(SQL_ADD, *decision.row())


async def decision(conn: Conn, decision_id: UUID, *, lock: bool = False) -> Decision | None:
    """A decision, locked until the transaction ends where that is asked."""
    row = await conn.fetchrow(SQL_LOCK if lock else SQL_DECISION, decision_id)
    return Decision.of(row) if row else None


async def save(conn: Conn, before: Decision, after: Decision) -> int | None:
    """Save by compare-and-set on the version; the new version."""
    version: int | None = await conn.fetchval(
        SQL_SAVE,
        before.decision_id,
        before.version,
        after.state,
        after.report,
        after.reported_by,
        after.reported_at,
        list(after.refusals),
        after.confirmed_by,
        after.confirmed_at,
        after.whistle_id,
    )
    return version


async def settle(
    conn: Conn, item_id: UUID, session_id: UUID, person: str, at: datetime
) -> list[Decision]:
    """End a matter's decisions of other sessions that a new one replaces; the ended ones."""
    rows = await conn.fetch(SQL_SETTLE, item_id, session_id, person, at)
    return [Decision.of(row) for row in rows]


async def settle_sent(conn: Conn, items: Sequence[UUID], person: str, at: datetime) -> None:
    """What was sent upward is over with matters that ended."""
    await conn.execute(SQL_SETTLE_SENT, list(items), person, at)


async def unfinished(conn: Conn, item_id: UUID) -> int:
    """How many decisions about a matter are not confirmed."""
    return int(await conn.fetchval(SQL_UNFINISHED, item_id))


async def of_session(conn: Conn, session_id: UUID) -> list[Decision]:
    """What was decided at a session, in order."""
    return [Decision.of(row) for row in await conn.fetch(SQL_OF_SESSION, session_id)]


async def of_items(conn: Conn, items: Sequence[UUID]) -> list[Decision]:
    """What was ever decided about matters, in order."""
    return [Decision.of(row) for row in await conn.fetch(SQL_OF_ITEMS, list(items))]


async def ledger(conn: Conn, wanted: Wanted, now: datetime, limit: int) -> list[Decision]:
    """Decisions, newest first, older than `wanted.before`."""
    rows = await conn.fetch(
        SQL_LEDGER,
        wanted.within,
        wanted.org,
        wanted.unit,
        wanted.state,
        now if wanted.overdue else None,
        wanted.before,
        limit,
    )
    return [Decision.of(row) for row in rows]


async def decisions(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, Decision]:
    """Decisions by id."""
    rows = await conn.fetch(SQL_DECISIONS, list(ids))
    return {row["decision_id"]: Decision.of(row) for row in rows}
