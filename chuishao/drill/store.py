"""SQL of the drill, on the scratch installation only: what is due next, and what its watchdog found."""

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
SQL_WATCHED: Final = "select next_at > $1 and lap_began_at is null from notifier.watch"
SQL_QUIET: Final = "select number, status, unit from notifier.quiet_ticket order by number"
"""What the notifier's own watchdog found: open tickets that nothing will happen to (domain.md F13)."""


async def next_due(conn: Conn) -> datetime | None:
    """The next moment at which something is due; None where nothing is any more."""
    found: datetime | None = await conn.fetchval(SQL_NEXT_DUE)
    return found


async def watched(conn: Conn, since: datetime) -> bool:
    """The watchdog has walked over all open tickets after that time."""
    return bool(await conn.fetchval(SQL_WATCHED, since))


async def quiet(conn: Conn) -> list[dict[str, Any]]:
    """Open tickets without a next step."""
    return [dict(row) for row in await conn.fetch(SQL_QUIET)]
