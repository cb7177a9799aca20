"""SQL of destroying identities: which are due, and everything of them at once. Never opens or commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

_ENDED: Final = "('closed', 'withdrawn', 'declined')"
_DUE: Final = f"""
    select v.complaint_id, c.kind
    from ticket_view v
    join complaint c using (complaint_id)
    join ticket_view led on led.complaint_id = lead_of(v.complaint_id)
    where v.status in ('closed', 'withdrawn', 'declined', 'merged') and not v.erased
        and v.since < rule.before and c.kind = rule.kind and c.erased_at is null
        and led.status in {_ENDED} and led.since < rule.before
"""
_DUE_DECLINED: Final = """
    select c.complaint_id, c.kind
    from complaint c
    where c.decline_reason is not null and c.erased_at is null and c.kind = rule.kind
        and c.received_at < rule.before
"""
SQL_DUE: Final = f"""
select due.complaint_id, due.kind
from unnest($1::text[], $2::timestamptz[]) as rule(kind, before)
cross join lateral ({_DUE} order by v.since limit $3) due
union
select due.complaint_id, due.kind
from unnest($1::text[], $2::timestamptz[]) as rule(kind, before)
cross join lateral ({_DUE_DECLINED} order by c.received_at limit $3) due
"""
SQL_COUNT_DUE: Final = f"""
select rule.kind,
    (select count(*) from ({_DUE} limit 100000) due)
    + (select count(*) from ({_DUE_DECLINED} limit 100000) due) as due
from unnest($1::text[], $2::timestamptz[]) as rule(kind, before)
"""
SQL_HAS_ENDED: Final = f"""
select c.decline_reason is not null or coalesce(led.status in {_ENDED}, false)
from complaint c
left join ticket_view led on led.complaint_id = lead_of(c.complaint_id)
where c.complaint_id = $1
"""
SQL_ERASE: Final = """
with asked as (
    select * from unnest($1::uuid[], $2::text[]) as t(complaint_id, why)
), gone as (
    update complaint c
    set erased_at = $3, erased_why = asked.why, reachable = false
    from asked
    where c.complaint_id = asked.complaint_id and c.erased_at is null
    returning c.complaint_id
), shredded as (
    select vault.shred(array(select complaint_id from gone)) as count
), viewed as (
    update ticket_view v set erased = true from gone where v.complaint_id = gone.complaint_id
), keyed as (
    select i.sub, i.key, i.complaint_id, i.key ~ '^[0-9a-f]{64}$' as made_of_it
    from gone
    join idempotency i using (complaint_id)
), unkeyed as (
    update idempotency i
    set body_hash = '', key = case when k.made_of_it then 'erased ' || k.complaint_id else k.key end
    from keyed k
    where i.sub = k.sub and i.key = k.key
), unsent as (
    delete from open311_submission s using keyed k where s.sub = k.sub and s.key = k.key
), unanswered as (
    update answer a set digest = '' from gone where a.body ->> 'complaint_id' = gone.complaint_id::text
), unmarked as (
    update callback b set phone_mark = null
    from gone
    where b.complaint_id = gone.complaint_id and b.phone_mark is not null
), files as (
    delete from attachment a using gone where a.used_by = gone.complaint_id
    returning a.used_by, a.attachment_id
)
select gone.complaint_id, array_remove(array_agg(files.attachment_id), null) as files,
    (select count from shredded) as shredded
from gone
left join files on files.used_by = gone.complaint_id
group by gone.complaint_id
"""
"""A key of 64 hexadecimal digits may be a digest of the line it was given for (batch.py): whoever has the line
to try already files it anew; every other key goes on answering with the number."""


async def due(conn: Conn, before: Mapping[str, datetime], limit: int) -> list[Record]:
    """Complaints kept long enough, at most `limit` of a kind and a way of ending."""
    return list(await conn.fetch(SQL_DUE, *columns([*before.items()], 2), limit))


async def count_due(conn: Conn, before: Mapping[str, datetime]) -> dict[str, int]:
    """How many of each kind are due."""
    rows = await conn.fetch(SQL_COUNT_DUE, *columns([*before.items()], 2))
    return {row["kind"]: row["due"] for row in rows}


async def has_ended(conn: Conn, complaint_id: UUID) -> bool:
    """Whether nobody works on it any more, under its own number or another."""
    return bool(await conn.fetchval(SQL_HAS_ENDED, complaint_id))


async def erase(conn: Conn, asked: Sequence[tuple[UUID, str]], now: datetime) -> list[Record]:
    """Destroy what identifies people in these complaints; those not destroyed before, with their files."""
    return list(await conn.fetch(SQL_ERASE, *columns([*asked], 2), now))
