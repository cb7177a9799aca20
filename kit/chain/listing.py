"""Audit records by who, what, which thing and when: a page at a time, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kit.db import Conn

LOOKS: Final = 20_000

SQL_AFTER_LAST: Final = "select coalesce(max(seq), 0) + 1 from audit_link"
SQL_RECORDS: Final = """
select l.seq, a.audit_id::text as audit_id, a.at, a.actor, a.action, a.object, a.detail::text as detail,
    encode(l.hash, 'hex') as hash
from audit_link l
join audit a using (audit_id)
where l.seq < $1 and l.seq >= $1 - $8::bigint
  and ($2::text is null or a.actor = $2)
  and ($3::text is null or a.action = $3 or a.action like replace($3, '_', '\\_') || '.%')
  and ($4::text is null or a.object = $4)
  and ($5::timestamptz is null or a.at >= $5)
  and ($6::timestamptz is null or a.at < $6)
order by l.seq desc
limit $7
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Filters; what is None lets everything through. An action's noun alone means all its actions."""

    actor: str | None = None
    action: str | None = None
    about: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def page(
    conn: Conn, wanted: Wanted, before: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Linked records older than link `before`, or the newest, and what to ask with for those behind them.

    A page looks at LOOKS links at most: where few records fit it is short, or empty, and others follow.
    """
    if before is None:
        before = await conn.fetchval(SQL_AFTER_LAST)
    rows = await conn.fetch(
        SQL_RECORDS,
        before,
        wanted.actor,
        wanted.action,
        wanted.about,
        wanted.since,
        wanted.until,
        most,
        LOOKS,
    )
    behind = rows[-1]["seq"] if len(rows) == most else max(before - LOOKS, 1)
    return [dict(row) for row in rows], (behind if behind > 1 else None)
