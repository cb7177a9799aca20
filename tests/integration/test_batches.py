"""What comes in one batch does to a ticket what it does one by one: in what is kept, not only in what is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.complaint import Urgency
from contracts.ticket import Since, TicketStatus
from kit.db import Pool, create_pool
from kit.ids import new_id
from services.notifier.actions import apply_complaints, apply_tickets
from tests.support.heard import MONDAY, apply, at, complaint, dispatched, ticket, ticks
from tests.support.servers import PASSWORD, Database

S = TicketStatus
LATE: Final = 20 * 24.0
"""By then every rung of a usual matter was raised, and it lies on a table."""
EARLIER: Final = Since(
    urgency=Urgency.NORMAL, profile="standard", round=1, joined=1,
    received_at=MONDAY - timedelta(days=2), dispatched_at=MONDAY - timedelta(days=2),
)  # fmt: skip
Life = list[tuple[str, dict[str, Any]]]
LIVES: Final[dict[str, Life]] = {
    "a due time that moves twice": [
        ("urgency_set", {"status": S.DISPATCHED, "urgency": "urgent"}),
        ("urgency_set", {"status": S.DISPATCHED, "urgency": "critical"}),
    ],
    "a due time that moves there and back": [
        ("merged", {"status": S.DISPATCHED, "since": [EARLIER]}),
        ("unmerged", {"status": S.DISPATCHED, "since": []}),
    ],
    "closed and opened again": [
        ("closed", {"status": S.CLOSED}),
        ("reopened", {"status": S.IN_PROGRESS, "round": 2}),
    ],
    "a round that begins and ends": [
        ("handled", {"status": S.CALLBACK}),
        ("reopened", {"status": S.IN_PROGRESS, "round": 2}),
        ("handled", {"status": S.CALLBACK, "round": 2}),
        ("reopened", {"status": S.IN_PROGRESS, "round": 3}),
    ],
    "merged and closed": [
        ("merged", {"status": S.MERGED, "since": []}),
        ("unmerged", {"status": S.CALLBACK, "since": []}),
        ("closed", {"status": S.CLOSED}),
        ("reopened", {"status": S.IN_PROGRESS, "round": 2}),
    ],
}
KEPT: Final = (
    """
    select round, kind, started_at, due_at, earlier_due, paused_at, stopped_at, stopped_by, sentence
    from clock where ticket_id = $1 order by 1, 2, 3
    """,
    "select round, raised, next_due_at, stopped_at from ladder where ticket_id = $1 order by 1",
    "select round, level, cleared_at from escalation where ticket_id = $1 order by 1, 2",
    "select round, rule, state, closed_at from reception_item where ticket_id = $1 order by 1, 4",
)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=2)
    yield pool
    await pool.close()


async def kept(pool: Pool, ticket_id: UUID) -> list[list[tuple[Any, ...]]]:
    """All that is kept of a ticket's times."""
    return [[tuple(row) for row in await pool.fetch(sql, ticket_id)] for sql in KEPT]


@pytest.mark.parametrize("name", LIVES)
async def test_what_is_kept_does_not_depend_on_what_comes_together(
    pool: Pool, database: Database, name: str
) -> None:
    alone, together = new_id(), new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_complaints, complaint(alone), complaint(together))
    await apply(pool, apply_tickets, dispatched(alone), dispatched(together))
    await at(database.dsn(), LATE)
    await ticks(pool)

    def told(ticket_id: UUID) -> list[Any]:
        return [
            ticket(event, ticket_id, 2 + n, hours=LATE + 1 + n, **about)
            for n, (event, about) in enumerate(LIVES[name])
        ]

    for one in told(alone):
        await apply(pool, apply_tickets, one)
    await apply(pool, apply_tickets, *told(together))
    mine, theirs = await kept(pool, together), await kept(pool, alone)
    assert mine == theirs
    assert all(theirs)


async def test_tickets_that_end_in_one_batch_end_at_their_own_times(
    pool: Pool, database: Database
) -> None:
    ids = [new_id() for _ in range(3)]
    await at(database.dsn(), 0)
    await apply(pool, apply_complaints, *map(complaint, ids))
    await apply(pool, apply_tickets, *map(dispatched, ids))
    await at(database.dsn(), LATE)
    await ticks(pool)
    ends = [
        ticket("closed", one, 2, status=S.CLOSED, hours=LATE + n) for n, one in enumerate(ids, 1)
    ]
    await apply(pool, apply_tickets, *ends)
    for n, one in enumerate(ids, 1):
        *_, rungs, (item,) = await kept(pool, one)
        assert {rung[-1] for rung in rungs} == {MONDAY + timedelta(hours=LATE + n)}
        assert item[-1] == MONDAY + timedelta(hours=LATE + n)
