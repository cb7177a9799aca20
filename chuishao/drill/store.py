"""SQL of the drill, on the scratch installation only: what is due next, and who has no next step."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from kit.db import Conn

SQL_NEXT_DUE: Final = """
select least(
    (select min(next_at) from notifier.clock where next_at is not null),
    (select min(next_due_at) from notifier.ladder where next_due_at is not null),
    (select min(next_at) from notifier.whistle_clock where next_at is not null)
)
"""
SQL_STUCK: Final = """
select t.number, t.status, t.unit
from notifier.ticket_view t
where t.status not in ('closed', 'declined', 'merged', 'withdrawn')
    and not exists (
        select from notifier.clock c where c.ticket_id = t.ticket_id and c.next_at is not null
    )
    and not exists (
        select from notifier.ladder l where l.ticket_id = t.ticket_id and l.next_due_at is not null
    )
    and not exists (
        select from notifier.reception_item i where i.ticket_id = t.ticket_id and i.closed_at is null
    )
order by t.number
"""
"""Open tickets with no clock or rung to come that lie on no secretary's table either (domain.md F13)."""


async def next_due(conn: Conn) -> datetime | None:
    """The next moment at which something is due; None where nothing is any more."""
    found: datetime | None = await conn.fetchval(SQL_NEXT_DUE)
    return found


async def stuck(conn: Conn) -> list[dict[str, Any]]:
    """Open tickets without a next step."""
    return [dict(row) for row in await conn.fetch(SQL_STUCK)]
