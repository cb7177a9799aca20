"""SQL of the secretaries' queues as they are read; takes a connection, never opens or commits one.

`rank` is the score on a fixed day, so the indexes hold the very order of the list at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

SQL_QUEUE_PAGE: Final = """
select own.*
from unnest($1::text[]) as o(org)
cross join lateral (
    select i.*
    from reception_item i
    where i.org = o.org and i.closed_at is null and i.state <> 'decided'
        and ($2::text is null or exists (
            select from reception_entry e
            where e.item_id = i.item_id and e.rule = $2 and e.withdrawn_at is null
        ))
        and ($3::text is null or i.level = $3)
        and ($4::text is null or i.unit = $4)
        and ($5::text is null or i.area ^@ $5)
        and ($6::int is null or (i.rank, i.item_id) < ($6, $7::uuid))
    order by i.rank desc, i.item_id desc
    limit $8
) own
order by own.rank desc, own.item_id desc
limit $8
"""
SQL_WHOLE_QUEUE: Final = """
select i.*
from reception_item i
where i.closed_at is null and i.state <> 'decided'
    and ($1::text is null or exists (
        select from reception_entry e
        where e.item_id = i.item_id and e.rule = $1 and e.withdrawn_at is null
    ))
    and ($2::text is null or i.level = $2)
    and ($3::text is null or i.unit = $3)
    and ($4::text is null or i.area ^@ $4)
    and ($5::int is null or (i.rank, i.item_id) < ($5, $6::uuid))
order by i.rank desc, i.item_id desc
limit $7
"""
SQL_COUNTS: Final = """
select i.level, i.rule, count(*)::int as n
from reception_item i
where i.closed_at is null and i.state <> 'decided' and ($1::text[] is null or i.org = any($1))
group by i.level, i.rule
"""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a queue is narrowed to; None leaves a condition out."""

    rule: str | None = None
    """Any of the rules that hold, not only the heaviest."""
    level: str | None = None
    unit: str | None = None
    area: str | None = None
    """An area and all below it."""


async def page(
    conn: Conn,
    orgs: Sequence[str] | None,
    wanted: Narrowed,
    *,
    after: tuple[int, UUID] | None,
    limit: int,
) -> list[Record]:
    """Open items of offices (all for None), weightiest first, past the cursor (rank, item id)."""
    rank, item_id = after or (None, None)
    narrowed = (wanted.rule, wanted.level, wanted.unit, wanted.area, rank, item_id, limit)
    if orgs is None:
        return [*await conn.fetch(SQL_WHOLE_QUEUE, *narrowed)]
    return [*await conn.fetch(SQL_QUEUE_PAGE, orgs, *narrowed)]


async def counts(conn: Conn, orgs: Sequence[str] | None) -> dict[str, dict[str, int]]:
    """How many open items there are, by level and by the rule that counts."""
    found: dict[str, dict[str, int]] = {"level": {}, "rule": {}}
    for row in await conn.fetch(SQL_COUNTS, orgs):
        for by, numbers in found.items():
            numbers[row[by]] = numbers.get(row[by], 0) + row["n"]
    return found
