"""What people may look at of notices: all of their area, their own, their unit's; and sending one again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.terms import word
from kit import audit
from kit.auth import Principal
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.errors import DomainError, Kind, not_found
from kit.validation import id_cursor
from services.notifier.directory import Directory
from services.notifier.looking import EVERYWHERE, looking, must_see
from services.notifier.notices import store_sending
from services.notifier.queries import Thing
from services.notifier.viewing import Page

SQL_PAGE: Final = """
select n.notice_id, n.occasion_id, n.cause, n.ticket_id, n.number, n.unit, n.area, n.urgency, n.level,
    n.post, n.person, n.channel, n.state, n.waits_for, n.planned_at, n.not_before, n.attempts,
    n.last_error, n.dropped_why, n.sent_at, n.joined_to, n.instead_of
from notice n
where ($1::uuid is null or n.ticket_id = $1)
    and ($2::text is null or n.person = $2)
    and ($3::text is null or n.state = $3)
    and ($4::text[] is null or n.area ^@ any($4) or n.person = $5 or n.unit = any($6::text[]))
    and ($7::uuid is null or n.notice_id < $7)
order by n.notice_id desc
limit $8
"""
SQL_REACHED: Final = """
select o.occasion_id, o.cause, o.at, o.level, o.outcome,
    count(distinct n.person) as people,
    count(distinct n.person) filter (where coalesce(j.state, n.state) = 'sent') as delivered,
    count(distinct n.person) filter (where coalesce(j.state, n.state) in ('planned', 'failed')) as waiting,
    count(distinct n.person) filter (where n.state = 'dropped') as dropped
from occasion o
left join notice n on n.occasion_id = o.occasion_id
left join notice j on j.notice_id = n.joined_to
where o.ticket_id = $1
    and ($2::text[] is null or o.area ^@ any($2) or o.unit = any($3::text[])
        or exists (select from notice own where own.occasion_id = o.occasion_id and own.person = $4))
group by o.occasion_id
order by o.at, o.occasion_id
"""
"""A notice joined into another one is told when that one is sent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which notices; None leaves a condition out."""

    ticket_id: UUID | None
    person: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class _Sight:
    """What somebody may see: everything where `areas` is None."""

    areas: list[str] | None
    person: str
    units: list[str]


async def notices(
    people: Pool, directory: Directory, who: Principal, asked: Asked, page: Page
) -> dict[str, Any]:
    """A page of notices, newest first; of one ticket also `causes`: how many people each has reached.

    Raises DomainError 422 for a foreign cursor.
    """
    before = id_cursor(page.cursor)
    async with looking(people, directory, who) as (conn, now):
        sight = _sight(directory, who, now)
        rows = await conn.fetch(
            SQL_PAGE, asked.ticket_id, asked.person, asked.state, sight.areas, sight.person,
            sight.units, before, page.limit,
        )  # fmt: skip
        found: dict[str, Any] = {"items": [_shown(row) for row in rows]}
        found["next"] = str(rows[-1]["notice_id"]) if len(rows) == page.limit else None
        if asked.ticket_id is not None:
            found["causes"] = await _reached(conn, asked.ticket_id, sight)
    return found


async def _reached(conn: Conn, ticket_id: UUID, sight: _Sight) -> list[dict[str, Any]]:
    rows = await conn.fetch(SQL_REACHED, ticket_id, sight.areas, sight.units, sight.person)
    return [
        _shown(row) | {"said": f"{row['people']} 人中已送达 {row['delivered']} 人"} for row in rows
    ]


async def retry(
    pool: Pool, people: Pool, directory: Directory, who: Principal, notice_id: UUID
) -> dict[str, Any]:
    """Send a dead notice again under its id. Raises DomainError 404, 409."""
    await must_see(people, directory, who, Thing.NOTICE, notice_id)
    async with transaction(pool) as conn:
        row = await store_sending.retry(conn, notice_id)
        if row is None:
            state = await store_sending.state(conn, notice_id)
            raise not_found("通知", "notice") if state is None else _not_dead(state)
        now = await business_now(conn)
        about = str(row["ticket_id"] or notice_id)
        detail = {"notice": str(notice_id), "channel": row["channel"]}
        await audit.record(conn, [audit.Entry(now, who.sub, "notice.retry", about, detail)])
    return {"notice_id": str(notice_id), "state": "planned"}


def _sight(directory: Directory, who: Principal, now: datetime) -> _Sight:
    if who.has(*EVERYWHERE):
        return _Sight(None, who.sub, [])
    offices = directory.roster.offices_of(who.sub, now) if who.has("secretary") else {}
    areas = [area for own in offices.values() for area in own]
    return _Sight(areas, who.sub, [post.unit for post in directory.roster.held_by(who.sub, now)])


def _not_dead(state: str) -> DomainError:
    return DomainError(
        "not-dead",
        Kind.CONFLICT,
        zh=f"这条通知{word(f'notice_state.{state}', 'zh-CN')}，只有发送失败或待重试的可以重发。",
        en=f'This notice is "{word(f"notice_state.{state}", "en")}"; only one that failed or waits for'
        " another try can be sent again.",
    )


def _shown(row: Record) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else _text(value)
        for name, value in row.items()
        if value is not None
    }


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
