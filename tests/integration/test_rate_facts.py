"""What is counted of any life, however late, often or mixed up it is told, on a real PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit.db import Pool, create_pool, transaction
from kit.delivery import Received
from services.notifier.actions import apply_complaints, apply_tickets
from tests.support import city
from tests.support.heard import apply, received
from tests.support.lives import Life
from tests.support.servers import PASSWORD, Database


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


def random_life(chance: random.Random, number: str) -> Life:
    """A life nobody planned: any sensible and many senseless steps."""
    life = Life(number).on("dispatched", 0, chance.choice(("SZ", "GD")))
    hours = 0.0
    for _ in range(chance.randint(1, 12)):
        hours += chance.uniform(0, 8)
        step = chance.choice((
            "accepted", "contacted", "returned", "dispatched", "handled", "rejected", "reopened",
            "merged", "unmerged", "held", "resumed", "closed", "withdrawn", "ruled", "triaged",
        ))  # fmt: skip
        unit = chance.choice(("SZ", "GD")) if step in {"dispatched", "ruled", "triaged"} else None
        life.on(step, hours, unit, **({"into": "1"} if step == "merged" else {}))
        if chance.random() < 0.3:
            outcome = chance.choice(("solved", "not_solved", "not_reached", "no_contact_possible"))
            life.call(hours + 0.1, outcome, satisfied=chance.choice((True, False, None)))
    return life


async def facts_of(pool: Pool, life: Life) -> list[Any]:
    rows = await pool.fetch(
        "select to_jsonb(f) - 'ticket_id' as row from rate_fact f where ticket_id = $1 order by round, unit",
        life.ticket_id,
    )
    rows += await pool.fetch(
        "select to_jsonb(a) - 'ticket_id' as row from rate_answer a where ticket_id = $1"
        " order by round, handed_in",
        life.ticket_id,
    )
    return [row["row"] for row in rows]


@pytest.mark.parametrize("seed", range(12))
async def test_twice_and_out_of_order_gives_the_same_facts(pool: Pool, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    straight, mixed = (random_life(random.Random(seed), "7") for _ in range(2))  # noqa: S311
    await apply(pool, apply_complaints, *straight.filed)
    for one in straight.told:
        await apply(pool, apply_tickets, one)
    for one in straight.called:
        await apply(pool, apply_complaints, one)
    waiting = [*mixed.filed, *mixed.told, *mixed.called]
    waiting += [received(o.name, o.event.data, o.event.time) for o in waiting[1:]]  # said again
    while waiting:
        chance.shuffle(waiting)
        cut = chance.randint(1, len(waiting))
        batch, waiting = waiting[:cut], waiting[cut:]
        waiting += await _told(pool, batch)
    facts = await facts_of(pool, straight)
    assert facts
    assert await facts_of(pool, mixed) == facts


async def _told(pool: Pool, batch: list[Received]) -> list[Received]:
    """What has to wait for something else."""
    early = []
    for action, mine in ((apply_complaints, "complaint."), (apply_tickets, "ticket.")):
        async with transaction(pool) as conn:
            own = [one for one in batch if one.name.startswith(mine)]
            early += (await action(conn, own, city.directory())).waiting
    return early
