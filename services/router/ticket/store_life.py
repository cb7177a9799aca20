"""SQL of returns and of what rulings propose for the catalogue; takes a connection, never opens one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

SQL_RETURNS: Final = """
select unit, outcome, suggested
from ticket_return
where ticket_id = $1 and round = $2
order by at, unit
"""
SQL_ADD_RETURN: Final = """
insert into ticket_return (ticket_id, round, unit, reason_code, suggested, at)
values ($1, $2, $3, $4, $5, $6)
"""
SQL_ANSWER_RETURNS: Final = """
update ticket_return
set outcome = case when unit = $3 then 'refused' else 'upheld' end, answered_at = $4
where ticket_id = $1 and round = $2 and outcome is null
"""
SQL_PROPOSE: Final = """
insert into catalogue_proposal
    (proposal_id, ticket_id, number, category, area, lead, was, reason, ruled_by, rule_version, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
SQL_PROPOSALS: Final = """
select number, category, area, lead, was, reason, ruled_by, rule_version, at
from catalogue_proposal
order by at desc, proposal_id
limit $1
"""
SQL_HEARD: Final = """
select exists (select from ticket_event where ticket_id = $1 and cause = $2)
"""
SQL_HANDED_IN: Final = """
select max(version) from ticket_event where ticket_id = $1 and event = 'handled'
"""
SQL_TIMES: Final = """
select kind, due_at, return_until
from ticket_clock
where ticket_id = $1 and round = $2 and kind in ('result', 'sign_for')
"""


async def returns(conn: Conn, ticket_id: UUID, round_: int) -> list[Record]:
    """Returns of a round, oldest first: unit, outcome, suggested owner."""
    return list(await conn.fetch(SQL_RETURNS, ticket_id, round_))


async def add_return(conn: Conn, *values: Any) -> None:
    """(ticket id, round, unit, reason code, suggested owner, at)."""
    await conn.execute(SQL_ADD_RETURN, *values)


async def answer_returns(conn: Conn, ticket_id: UUID, round_: int, lead: str, at: datetime) -> None:
    """What was returned and not answered yet is upheld, or refused where the same unit gets it again."""
    await conn.execute(SQL_ANSWER_RETURNS, ticket_id, round_, lead, at)


async def propose(conn: Conn, *values: Any) -> None:
    """(id, ticket id, number, category, area, lead, lead before, reason, who, rule version, at)."""
    await conn.execute(SQL_PROPOSE, *values)


async def proposals(conn: Conn, limit: int) -> list[Record]:
    """What rulings propose for the catalogue, newest first."""
    return list(await conn.fetch(SQL_PROPOSALS, limit))


async def heard(conn: Conn, ticket_id: UUID, cause: str) -> bool:
    """Whether a ticket's history has an answer to an event already."""
    return bool(await conn.fetchval(SQL_HEARD, ticket_id, cause))


async def handed_in(conn: Conn, ticket_id: UUID) -> int | None:
    """Version at which the work was handed in last; None when it never was."""
    version: int | None = await conn.fetchval(SQL_HANDED_IN, ticket_id)
    return version


async def times(conn: Conn, ticket_id: UUID, round_: int) -> dict[str, Record]:
    """Projected clocks that guards look at: result, and sign-for with the end of the return window."""
    rows = await conn.fetch(SQL_TIMES, ticket_id, round_)
    return {row["kind"]: row for row in rows}
