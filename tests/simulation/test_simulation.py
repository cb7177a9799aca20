"""Kept seeds hold, a seed is the same story everywhere, and rules taken away are noticed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import structlog

from contracts.ticket import TicketStatus
from services.notifier.clocks.timing import Timing
from tests.simulation import chance
from tests.simulation.checks import violations
from tests.simulation.machine import drive
from tests.simulation.mutations import MUTATIONS, TRIED
from tests.simulation.running import Verdict, judge, kept, shrink, silent, told
from tests.simulation.world import MONDAY, Plan, World
from tests.support import city
from tests.support.case import Case
from tests.support.heard import ticket

_DIGEST = (
    "from tests.simulation.running import judge, silent; from tests.simulation.world import Plan; "
    "silent(); print(judge(Plan(7, 15, 20)).digest)"
)


@pytest.fixture(autouse=True)
def _quietly() -> Iterator[None]:
    silent()
    yield
    structlog.reset_defaults()


def _holds(verdict: Verdict) -> None:
    assert not verdict.violations, told(verdict)


@pytest.mark.parametrize("plan", kept(), ids=lambda plan: f"seed{plan.seed}")
def test_kept_seeds(plan: Plan) -> None:
    _holds(judge(plan))


def test_a_good_day_has_nothing_to_report() -> None:
    verdict = judge(Plan(1, 30, 0))
    _holds(verdict)
    assert verdict.acknowledged == 30


def test_a_seed_is_the_same_story_in_another_process() -> None:
    other = subprocess.run(
        [sys.executable, "-c", _DIGEST],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert other.strip() == judge(Plan(7, 15, 20)).digest


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_rule_taken_away_is_noticed(name: str) -> None:
    first = TRIED.get(name, Plan(1, 25, 30))
    for seed in range(first.seed, first.seed + 6):
        with MUTATIONS[name]():
            if judge(replace(first, seed=seed)).violations:
                return
    pytest.fail(f"nobody noticed: {name}")


def test_state_machines_of_the_same_chance_hold() -> None:
    """New ones are driven by `make simulate LONG=1`."""
    drive(60, fixed=True)


def test_a_rung_raised_before_its_ticket_was_opened_is_shown_beside_it() -> None:
    """Found by a state machine: the router was behind by days, and rungs of tickets it did not have were lost."""

    async def behind() -> dict[str, list[str]]:
        world = World(Plan(1, tickets=0, faults=0))
        world.set_time(world.now)
        await world.doors.file(0, world.people.complaint())
        del world.router.deliveries["router-complaints"]
        for day in range(1, 13):
            world.at(MONDAY + timedelta(days=day), world.turn)
        await world.live(MONDAY + timedelta(days=13))
        assert world.notifier.store["escalation"]
        world.router.start()
        await world.quiet()
        return await violations(world)

    with chance.ids(1):
        assert asyncio.run(behind()) == {}


def test_the_story_of_a_failure_is_made_short() -> None:
    verdict = shrink(Plan(1, 25, 30), MUTATIONS["version order ignored"], tries=6)
    assert verdict.plan.tickets < 25 or len(verdict.plan.without) > 0
    assert "seed 1" in told(verdict)


def test_two_events_of_a_ticket_in_one_batch_do_what_they_do_one_by_one() -> None:
    assert _due_times(together=True) == _due_times(together=False)


def _due_times(*, together: bool) -> dict[str, datetime]:
    timing = Case().received().timing
    for version, urgency in enumerate(("normal", "critical"), 1):
        if version == 1 or not together:
            timing = Timing(timing.ticket, timing.clocks, uuid4)
        name = "dispatched" if version == 1 else "urgency_set"
        one = ticket(
            name, timing.ticket.ticket_id, version, status=TicketStatus.DISPATCHED, urgency=urgency,
            hours=version,
        )  # fmt: skip
        timing.hear(one.name, one.event.data, one.event.time, city.directory())
    return {clock.kind.value: clock.due_at for clock in timing.clocks if clock.open}
