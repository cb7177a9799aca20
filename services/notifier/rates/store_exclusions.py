"""SQL of exclusions: asked for by one person, reviewed by another, listed for ever; and of their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn
from services.notifier.rates.store_figures import Wanted

SQL_REASONS: Final = "select r.code, r.zh, r.en, r.source from rate_reason r order by r.code"
SQL_ABOUT: Final = """
select f.ticket_id, f.round, f.number, f.area, f.unit
from rate_fact f
where (f.ticket_id = $1 or f.number = $2) and f.round = $3 and f.lead
order by f.begun_at desc
limit 1
"""
SQL_ASK: Final = """
insert into rate_exclusion (
    exclusion_id, ticket_id, round, number, area, unit, rates, reason, note, asked_by, asked_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (ticket_id, round, rates) where state <> 'refused' do nothing
returning *
"""
SQL_HOLD: Final = "select e.* from rate_exclusion e where e.exclusion_id = $1 for update"
SQL_REVIEW: Final = """
update rate_exclusion e
set state = $2, reviewed_by = $3, reviewed_at = $4, review_note = $5
where e.exclusion_id = $1
returning *
"""
SQL_PAGE: Final = """
select e.*
from rate_exclusion e
where ($1::text is null or e.state = $1) and ($2::text is null or e.area ^@ $2)
    and ($3::text[] is null or e.area ^@ any($3)) and ($4::text[] is null or e.unit = any($4))
    and ($5::uuid is null or e.exclusion_id < $5)
order by e.exclusion_id desc
limit $6
"""
SQL_IN_FORCE: Final = """
select e.*
from rate_exclusion e
where e.state = 'approved' and ($3::text is null or e.area ^@ $3)
    and ($4::text[] is null or e.unit = any($4)) and ($5::text[] is null or e.area ^@ any($5))
    and (
        exists (
            select from rate_fact f
            where f.ticket_id = e.ticket_id and f.round = e.round and f.begun_at >= $1
                and f.begun_at < $2
        )
        or exists (
            select from rate_answer a
            where a.ticket_id = e.ticket_id and a.round = e.round and a.answered_at >= $1
                and a.answered_at < $2
        )
    )
    and not exists (
        select from ticket_about a where a.ticket_id = e.ticket_id and a.accused = any($6::text[])
    )
order by e.reviewed_at, e.exclusion_id
limit 200
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """Which exclusions a list shows; None leaves a condition out."""

    state: str | None = None
    area: str | None = None
    within: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None
    before: UUID | None = None
    limit: int = 50


async def reasons(conn: Conn) -> list[Record]:
    """The city's reasons for leaving a case out."""
    rows: list[Record] = await conn.fetch(SQL_REASONS)
    return rows


async def about(
    conn: Conn, ticket_id: UUID | None, number: str | None, round_: int
) -> Record | None:
    """The round of a ticket, by id or number, with the unit that led it."""
    return await conn.fetchrow(SQL_ABOUT, ticket_id, number, round_)


async def ask(conn: Conn, row: Sequence[Any]) -> Record | None:
    """Insert what was asked for; None when the same is asked for or approved already."""
    return await conn.fetchrow(SQL_ASK, *row)


async def hold(conn: Conn, exclusion_id: UUID) -> Record | None:
    """One exclusion, locked until the transaction ends."""
    return await conn.fetchrow(SQL_HOLD, exclusion_id)


async def review(conn: Conn, exclusion_id: UUID, row: Sequence[Any]) -> Record | None:
    """Write (state, by, at, note)."""
    return await conn.fetchrow(SQL_REVIEW, exclusion_id, *row)


async def page(conn: Conn, listed: Listed) -> list[Record]:
    """Exclusions, newest first."""
    rows: list[Record] = await conn.fetch(
        SQL_PAGE,
        listed.state,
        listed.area,
        None if listed.within is None else list(listed.within),
        None if listed.units is None else list(listed.units),
        listed.before,
        listed.limit,
    )
    return rows


async def in_force(conn: Conn, wanted: Wanted) -> list[Record]:
    """Approved ones that leave something out of the figures that are wanted."""
    since, until, _, area, units, within, _ = wanted.asked()
    rows: list[Record] = await conn.fetch(
        SQL_IN_FORCE, since, until, area, units, within, list(wanted.hidden)
    )
    return rows


def shown(row: Record) -> dict[str, Any]:
    """An exclusion as it is listed beside the figures."""
    return {
        "exclusion_id": str(row["exclusion_id"]),
        "ticket_id": str(row["ticket_id"]),
        "number": row["number"],
        "round": row["round"],
        "unit": row["unit"],
        "area": row["area"],
        "rates": row["rates"],
        "reason": row["reason"],
        "note": row["note"],
        "state": row["state"],
        "asked_by": row["asked_by"],
        "asked_at": row["asked_at"].isoformat(),
        "reviewed_by": row["reviewed_by"],
        "reviewed_at": row["reviewed_at"].isoformat() if row["reviewed_at"] else None,
        "review_note": row["review_note"],
    }
