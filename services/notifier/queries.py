"""SQL of the pages: a ticket's clocks, and escalations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

SQL_TICKET: Final = """
select v.ticket_id, v.number, v.round, v.status, v.unit, v.area, v.holders
from ticket_view v
where v.ticket_id = $1
"""
SQL_TICKET_CLOCKS: Final = """
select c.clock_id, c.round, c.kind, c.unit, c.started_at, c.near_at, c.due_at, c.earlier_due,
    c.paused_at, c.stopped_at, c.stopped_by, c.warned_at, c.breached_at, c.trace, c.sentence,
    null::uuid as whistle_id, null::uuid as decision_id
from clock c
where c.ticket_id = $1
union all
select w.clock_id, v.round, w.kind, w.unit, w.started_at, w.near_at, w.due_at, w.earlier_due,
    null, w.stopped_at, w.stopped_by, w.warned_at, w.breached_at, w.trace, w.sentence, w.whistle_id,
    null
from whistle_view v
join whistle_clock w using (whistle_id)
where v.ticket_id = $1
union all
select k.clock_id, d.round, k.kind, k.unit, k.started_at, k.near_at, k.due_at, k.earlier_due,
    null, k.stopped_at, k.stopped_by, k.warned_at, k.breached_at, k.trace, k.sentence, null,
    d.decision_id
from reception_decision d
join decision_clock k using (decision_id)
where d.ticket_id = $1
order by started_at, round, kind
"""
"""The ticket's own, and those of whistles and of reception decisions about it."""
SQL_ESCALATIONS: Final = """
select e.escalation_id, e.ticket_id, e.number, e.round, e.level, e.clock, e.reason, e.unit, e.area,
    e.urgency, e.recipients, e.vacant, e.due_at, e.raised_at, e.cleared_at,
    e.policy as rule_version, e.phone, e.repeats, e.repeat_at, e.acknowledged_at, e.acknowledged_by
from escalation e
where ($1::uuid is null or e.ticket_id = $1)
    and ($2::text is null or e.unit = $2)
    and ($3::text is null or e.area ^@ $3)
    and ($4::int is null or e.level = $4)
    and ($5::boolean is null or (e.cleared_at is null) = $5)
    and ($6::text[] is null or e.area ^@ any($6))
    and ($7::boolean is null or (e.acknowledged_at is not null) = $7)
    and ($8::uuid is null or e.escalation_id < $8)
    and not exists (
        select from ticket_about a where a.ticket_id = e.ticket_id and a.accused = any($10::text[])
    )
order by e.escalation_id desc
limit $9
"""


SQL_SEEN_TICKET: Final = """
select exists (select from ticket_view v where v.ticket_id = $1 or v.number = $2)
"""
SQL_SEEN_ITEM: Final = "select exists (select from reception_item i where i.item_id = $1)"
SQL_SEEN_SESSION: Final = "select exists (select from reception_session s where s.session_id = $1)"
SQL_SEEN_DECISION: Final = (
    "select exists (select from reception_decision d where d.decision_id = $1)"
)
SQL_SEEN_LEGACY: Final = "select exists (select from legacy_matter l where l.legacy_id = $1)"
SQL_SEEN_EXCLUSION: Final = "select exists (select from rate_exclusion e where e.exclusion_id = $1)"
SQL_SEEN_NOTICE: Final = "select exists (select from notice n where n.notice_id = $1)"


class Thing(Enum):
    """What people act on: the question whether it is there for them, and what an answer calls it."""

    TICKET = (SQL_SEEN_TICKET, "工单", "ticket")
    """By id or number."""
    ITEM = (SQL_SEEN_ITEM, "接待事项", "reception item")
    SESSION = (SQL_SEEN_SESSION, "接待", "reception session")
    DECISION = (SQL_SEEN_DECISION, "接待决定", "reception decision")
    LEGACY = (SQL_SEEN_LEGACY, "历史遗留问题", "legacy problem")
    EXCLUSION = (SQL_SEEN_EXCLUSION, "剔除申请", "exclusion")
    NOTICE = (SQL_SEEN_NOTICE, "通知", "notice")

    @property
    def names(self) -> tuple[str, str]:
        """Chinese and English."""
        return self.value[1], self.value[2]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which escalations are asked for; None leaves a condition out."""

    ticket_id: UUID | None = None
    unit: str | None = None
    area: str | None = None
    """An area and all below it."""
    level: int | None = None
    uncleared: bool | None = None
    acknowledged: bool | None = None
    within: tuple[str, ...] | None = None
    """Areas whose escalations the asker may see at all."""
    hidden: frozenset[str] = frozenset()
    """Units complaints about which the asker must not learn of."""


async def seen(conn: Conn, thing: Thing, *key: UUID | str | None) -> bool:
    """Whether this transaction sees it."""
    return bool(await conn.fetchval(thing.value[0], *key))


async def ticket(conn: Conn, ticket_id: UUID) -> Record | None:
    """What is known of a ticket."""
    return await conn.fetchrow(SQL_TICKET, ticket_id)


async def ticket_clocks(conn: Conn, ticket_id: UUID) -> list[Record]:
    """All clocks of a ticket, oldest first."""
    rows: list[Record] = await conn.fetch(SQL_TICKET_CLOCKS, ticket_id)
    return rows


async def escalations(conn: Conn, wanted: Wanted, before: UUID | None, limit: int) -> list[Record]:
    """Escalations, newest first, older than the one with id `before`."""
    within = None if wanted.within is None else list(wanted.within)
    rows: list[Record] = await conn.fetch(
        SQL_ESCALATIONS,
        wanted.ticket_id,
        wanted.unit,
        wanted.area,
        wanted.level,
        wanted.uncleared,
        within,
        wanted.acknowledged,
        before,
        limit,
        sorted(wanted.hidden),
    )
    return rows
