"""SQL of what is done to a complaint after filing; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.ticket import TicketStatus
from kit.db import Conn
from services.intake.standing import Lead, Standing

SQL_LOCK: Final = """
select complaint_id from complaint
where complaint_id = $1 or number = $2
for no key update
"""
"""What is said about one complaint is said one after the other."""
SQL_STANDING: Final = """
select chuishao.business_now() as now, c.*, own.status, own.round, own.area, own.profile,
    own.urgency as ticket_urgency, own.holders, own.handler,
    led_by.number as lead_number, led.status as lead_status, led.round as lead_round,
    led.version as lead_version, led.handed_in as lead_handed_in, led.since as lead_since, led.holders as lead_holders,
    led.handler as lead_handler, tried.count as tries, tried.last_at, tried.answered,
    exists (
        select from later_word w
        where w.complaint_id = c.complaint_id and w.kind = 'withdrawn'
            and w.round = coalesce(own.round, 1)
    ) as withdrawing,
    exists (
        select from later_word w
        where w.complaint_id = c.complaint_id and w.kind = 'reopened'
            and w.round = coalesce(own.round, 1)
    ) as reopening
from complaint c
join complaint led_by on led_by.complaint_id = coalesce(lead_of(c.complaint_id), c.complaint_id)
left join ticket_view own on own.complaint_id = c.complaint_id
left join ticket_view led on led.complaint_id = led_by.complaint_id
cross join lateral (
    select count(*)::int as count, max(b.at) as last_at, coalesce(bool_or(b.final), false) as answered
    from callback b
    where b.complaint_id = c.complaint_id and b.under = led_by.number and b.round = led.round
        and b.handed_in = led.handed_in
) tried
where c.complaint_id = $1
"""
"""What was tried and answered counts for the handing-in it was about, not for the next one."""
SQL_REACHABLE: Final = """
select coalesce(reachable, vault.phone_mark(complaint_id) is not null)
from complaint
where complaint_id = $1
"""
SQL_SPOKE: Final = """
select coalesce(bool_or(vault.spoke($1, c.caller)), false) from unnest($2::bytea[]) as c(caller)
"""
SQL_RECORD: Final = """
with called as (
    insert into callback (
        callback_id, complaint_id, under, round, attempt, by, at, handled_at, channel, outcome,
        satisfied, note, phone_mark, final, handed_in
    )
    values (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
        case when $10 in ('solved', 'not_solved')
            then coalesce(sha256('\\x63616c6c2d6261636b'::bytea || $13::bytea), vault.phone_mark($2))
        end,
        $14, $15
    )
)
update ticket_view
set answered_round = $4, answered_handed_in = $15, settled = $10 <> 'not_solved'
where complaint_id = $2 and $14
"""
"""A follower who says "not solved" stays unsettled: asked again when the work comes to another end."""
SQL_SAY: Final = """
insert into later_word (word_id, complaint_id, kind, round, by, at, words, confirmed_by, confirmed_how)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
SQL_SETTLE: Final = """
update ticket_view set settled = true, answered_round = null, answered_handed_in = null
where complaint_id = $1 and status = 'merged'
"""
"""Who took it back is not asked about the work that goes on for others, however often it is handed in."""
SQL_SEAL: Final = """
insert into vault.later_word (word_id, complaint_id, key_version, wrapped_key, box)
values ($1, $2, $3, $4, $5)
"""
SQL_ANSWERED: Final = "select digest, status, body from answer where sub = $1 and key = $2"
SQL_ANSWER: Final = """
insert into answer (sub, key, digest, status, body, at) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
returning true
"""


@dataclass(frozen=True, slots=True)
class Matter:
    """A complaint under lock: its row, how it stands, what was tried, and the time of the request."""

    row: Record
    standing: Standing
    now: datetime


async def lock(conn: Conn, complaint_id: UUID | None, number: str | None) -> UUID | None:
    """Lock one complaint by id or number until the end of the transaction; None when there is none."""
    found: UUID | None = await conn.fetchval(SQL_LOCK, complaint_id, number)
    return found


async def matter(conn: Conn, complaint_id: UUID) -> Matter:
    """How a complaint stands now; it exists."""
    row = await conn.fetchrow(SQL_STANDING, complaint_id)
    assert row is not None  # noqa: S101 - locked or read by the caller just now
    return Matter(row, _standing(row), row["now"])


async def is_reachable(conn: Conn, complaint_id: UUID) -> bool:
    """True when the filer left a phone, or may have left one."""
    return bool(await conn.fetchval(SQL_REACHABLE, complaint_id))


async def spoke(conn: Conn, complaint_id: UUID, callers: Sequence[bytes]) -> bool:
    """True when the complaint was filed with the phone of one of these blind indexes."""
    return bool(await conn.fetchval(SQL_SPOKE, complaint_id, callers))


async def record(conn: Conn, row: tuple[Any, ...]) -> None:
    """A call-back, in the order of SQL_RECORD."""
    await conn.execute(SQL_RECORD, *row)


async def say(conn: Conn, row: tuple[Any, ...]) -> None:
    """A later word, in the order of SQL_SAY."""
    await conn.execute(SQL_SAY, *row)


async def settle(conn: Conn, complaint_id: UUID) -> None:
    """Ask a follower no more."""
    await conn.execute(SQL_SETTLE, complaint_id)


async def seal(conn: Conn, row: tuple[Any, ...]) -> None:
    """The sealed original of a later word or note, in the order of SQL_SEAL."""
    await conn.execute(SQL_SEAL, *row)


async def answered(conn: Conn, sub: str, key: str) -> Record | None:
    """The answer a key got before."""
    return await conn.fetchrow(SQL_ANSWERED, sub, key)


async def keep_answer(conn: Conn, row: tuple[Any, ...]) -> bool:
    """Keep the answer of a key; False when the key was used meanwhile."""
    return bool(await conn.fetchval(SQL_ANSWER, *row))


def _standing(row: Record) -> Standing:
    declined = row["decline_reason"] is not None
    opening = TicketStatus.DECLINED if declined else TicketStatus.RECEIVED
    status = TicketStatus(row["status"]) if row["status"] else opening
    lead = Lead(
        number=row["lead_number"],
        status=TicketStatus(row["lead_status"]) if row["lead_status"] else opening,
        round=row["lead_round"] or 1,
        version=row["lead_version"] or 0,
        since=row["lead_since"],
        handed_in=row["lead_handed_in"] or 0,
    )
    return Standing(
        complaint_id=row["complaint_id"],
        number=row["number"],
        status=status,
        round=row["round"] or 1,
        lead=lead,
        holders=frozenset((*(row["holders"] or ()), *(row["lead_holders"] or ()))),
        handlers=frozenset(who for who in (row["handler"], row["lead_handler"]) if who is not None),
        answered=row["answered"],
        withdrawing=row["withdrawing"],
        reopening=row["reopening"],
    )
