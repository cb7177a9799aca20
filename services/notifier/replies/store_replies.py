"""SQL of reply codes, of what gateways handed over, and of wrong codes by address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

SQL_KEEP_CODES: Final = """
insert into reply_code (
    code_id, code_hash, ticket_id, number, unit, person, channel, address_hash, issued_at, expires_at
)
select * from unnest(
    $1::uuid[], $2::bytea[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[],
    $9::timestamptz[], $10::timestamptz[]
)
on conflict (code_hash) do nothing
returning code_id
"""


async def keep_codes(conn: Conn, rows: list[tuple[Any, ...]]) -> set[UUID]:
    """Keep new codes; the ids of those that no other code is the same as."""
    kept = await conn.fetch(SQL_KEEP_CODES, *columns(rows, 10))
    return {row["code_id"] for row in kept}


SQL_CODE: Final = """
select code_id, ticket_id, number, unit, person, channel, address_hash, expires_at, signed_at,
    ended_at, ended_by
from reply_code
where code_hash = $1
"""


async def code(conn: Conn, code_hash: bytes) -> Record | None:
    """A code by its digest."""
    return await conn.fetchrow(SQL_CODE, code_hash)


SQL_USE_CODE: Final = """
update reply_code
set signed_at = case when $2 = 'accept' then coalesce(signed_at, $3) else signed_at end,
    ended_at = case when $2 in ('return', 'handle') then coalesce(ended_at, $3) else ended_at end,
    ended_by = case when $2 in ('return', 'handle') then coalesce(ended_by, $2) else ended_by end
where code_id = $1
"""


async def use_code(conn: Conn, code_id: UUID, verb: str, now: datetime) -> None:
    """Note what a code was used for; signing leaves it for what follows, returning and closing end it."""
    await conn.execute(SQL_USE_CODE, code_id, verb, now)


SQL_TAKE_MESSAGE: Final = """
insert into reply_message (gateway, message_id, body_hash, received_at)
values ($1, $2, $3, $4)
on conflict (gateway, message_id) do update set gateway = excluded.gateway
returning body_hash, outcome, answer
"""


async def take_message(
    conn: Conn, gateway: str, message_id: str, body_hash: bytes, now: datetime
) -> Record:
    """Keep a message, or find what it was answered; of two copies at once the second waits here."""
    row = await conn.fetchrow(SQL_TAKE_MESSAGE, gateway, message_id, body_hash, now)
    assert row is not None  # noqa: S101 - the insert or the update returns it
    return row


SQL_ANSWER_MESSAGE: Final = """
update reply_message set outcome = $3, answer = $4
where gateway = $1 and message_id = $2 and answer is null
"""


async def answer_message(conn: Conn, message: tuple[str, str], outcome: str, text: str) -> bool:
    """Keep the answer; False when another copy was answered meanwhile."""
    done: str = await conn.execute(SQL_ANSWER_MESSAGE, *message, outcome, text)
    return done == "UPDATE 1"


SQL_SENDER: Final = """
insert into reply_sender as s (address_hash, since, wrong)
values ($1, $2, 0)
on conflict (address_hash) do update
set wrong = case when s.since <= $3 then 0 else s.wrong end,
    since = case when s.since <= $3 then excluded.since else s.since end
returning wrong
"""


async def wrong_codes(conn: Conn, address_hash: bytes, now: datetime, before: datetime) -> int:
    """How many wrong codes an address sent since `before`; holds the row, so that guesses come one by one."""
    wrong: int = await conn.fetchval(SQL_SENDER, address_hash, now, before)
    return wrong


SQL_WRONG: Final = "update reply_sender set wrong = wrong + 1 where address_hash = $1"


async def count_wrong(conn: Conn, address_hash: bytes) -> None:
    """One more wrong code."""
    await conn.execute(SQL_WRONG, address_hash)


SQL_FORGET_CODES: Final = """
delete from reply_code where code_id in (
    select code_id from reply_code where expires_at < $1 order by expires_at limit $2
)
"""
SQL_FORGET_MESSAGES: Final = """
delete from reply_message where (gateway, message_id) in (
    select gateway, message_id from reply_message where received_at < $1 order by received_at limit $2
)
"""
SQL_FORGET_SENDERS: Final = """
delete from reply_sender where address_hash in (
    select address_hash from reply_sender where since < $1 order by since limit $2
)
"""
_FORGETTING: Final[Sequence[str]] = (SQL_FORGET_CODES, SQL_FORGET_MESSAGES, SQL_FORGET_SENDERS)


async def forget(conn: Conn, before: datetime, most: int) -> bool:
    """Remove what is older, so many rows of each table; True when there may be more."""
    counts = [
        int((await conn.execute(statement, before, most)).rpartition(" ")[2])
        for statement in _FORGETTING
    ]
    return any(count == most for count in counts)
