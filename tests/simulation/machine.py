"""The same world, driven step by step by hypothesis: it chooses what comes next and makes a failure short."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.command import CommandData
from kit.errors import DomainError
from tests.simulation import chance
from tests.simulation.checks import meanwhile, violations
from tests.simulation.memory import Row
from tests.simulation.people import Deed, Fact
from tests.simulation.world import Plan, World

T = TypeVar("T")
WHICH = st.integers(0, 30)
"""One of those there are, counted round."""
BROKER = (
    "consumer_reset", "stream_lost", "tail_lost", "bits_flipped", "repeats_forgotten", "broker_killed",
    "offered_again",
)  # fmt: skip
PROCESSES = (
    "killed_before_commit", "killed_after_commit", "killed_before_ack", "killed_before_mark",
    "database_away",
)  # fmt: skip


STEPS = 50


class Machine(RuleBasedStateMachine):
    """Residents, offices and faults in whatever order."""

    @initialize(seed=st.integers(0, 2**16), batch=st.sampled_from((1, 16)))
    def begin(self, seed: int, batch: int) -> None:
        """An empty city on a hostile bus; the seed draws what is not worth a rule."""
        self.held = ExitStack()
        self.held.enter_context(chance.ids(seed))
        self.runner = self.held.enter_context(asyncio.Runner())
        self.world = World(Plan(seed, tickets=0, batch=batch))
        self.world.set_time(self.world.now)
        self.posted: list[dict[str, Any]] = []
        self.commands: list[tuple[UUID, Deed, str, dict[str, Any]]] = []

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def _ticket(self, which: int) -> Row | None:
        key = chance.ticket_id(self.world.plan.seed, which % len(self.posted))
        return self.world.router.store["ticket"].get(key)

    def _command(self, ticket_id: UUID, deed: Deed) -> None:
        command_id = f"m{len(self.commands)}-{self.world.told.done}-{self.world.now.timestamp()}"
        try:
            answer = self._run(self.world.doors.do(ticket_id, deed, command_id))
        except DomainError:
            return
        if answer is not None:
            self.commands.append((ticket_id, deed, command_id, answer))

    @rule()
    def post(self) -> None:
        """A resident complains."""
        self.posted.append(self.world.people.complaint())
        self._run(self.world.doors.file(len(self.posted) - 1, self.posted[-1]))

    @precondition(lambda self: self.posted)
    @rule(which=WHICH)
    def post_again(self, which: int) -> None:
        """The same key: nothing new, the same number."""
        n = which % len(self.posted)
        before = self.world.told.acknowledged.get(chance.ticket_id(self.world.plan.seed, n))
        number = self._run(self.world.doors.file(n, self.posted[n]))
        assert number is None or before in {None, number}

    @precondition(lambda self: self.posted)
    @rule(which=WHICH)
    def work(self, which: int) -> None:
        """Somebody does, says or leaves what is plausible for this ticket."""
        row = self._ticket(which)
        if row is not None and row["status"] not in {"declined", "withdrawn"}:
            self._run(self.world.doors.look(row["ticket_id"], row))

    @precondition(lambda self: self.posted)
    @rule(which=WHICH, unit=WHICH)
    def reassign(self, which: int, unit: int) -> None:
        """The desk gives it to somebody else, whether the state allows it or not."""
        row, units = self._ticket(which), self.world.people.units
        if row is not None:
            data = CommandData(unit=units[unit % len(units)], reason="另有情况")
            self._command(row["ticket_id"], Deed("reassign", self.world.people.desk, data))

    @precondition(lambda self: self.commands)
    @rule(which=WHICH)
    def same_command_again(self, which: int) -> None:
        """The same id and body: the same answer."""
        ticket_id, deed, command_id, first = self.commands[which % len(self.commands)]
        doors = self.world.doors
        doors.same(command_id, first, self._run(doors.do(ticket_id, deed, command_id)))

    @precondition(lambda self: self.commands)
    @rule(which=WHICH)
    def other_command_under_the_same_id(self, which: int) -> None:
        """Another body: refused, and nothing done. D.7 #2."""
        ticket_id, deed, command_id, _ = self.commands[which % len(self.commands)]
        other = Deed(deed.action, deed.actor, deed.data.model_copy(update={"reason": "别的理由"}))
        try:
            answer = self._run(self.world.doors.do(ticket_id, other, command_id))
        except DomainError as error:
            assert error.slug == "command-reused"  # noqa: PT017 - nobody may answer at all
        else:
            assert answer is None

    @precondition(lambda self: self.posted)
    @rule(which=WHICH, solved=st.booleans())
    def close(self, which: int, *, solved: bool) -> None:
        """The caller is asked and reached."""
        said = {"contacted": True, "solved": solved, "attempts": 1, "final": True, "actor": "P9"}
        outcome = "solved" if solved else "not_solved"
        self._say(which, Fact("callback_recorded", {**said, "outcome": outcome}))

    @precondition(lambda self: self.posted)
    @rule(which=WHICH)
    def reopen(self, which: int) -> None:
        """The resident is back."""
        self._say(which, Fact("reopened", {"reason": "又坏了"}))

    def _say(self, which: int, fact: Fact) -> None:
        row = self._ticket(which)
        if row is not None and row["ticket_id"] in self.world.told.acknowledged:
            self._run(self.world.doors.say(row["ticket_id"], row, fact))

    @rule(hours=st.sampled_from((0.01, 1, 24, 24 * 8)))
    def time_passes(self, hours: float) -> None:
        """Everything that is due meanwhile happens."""
        world = self.world
        until = world.now + timedelta(hours=hours)
        world.at(until, _nothing)
        self._run(world.live(until + timedelta(microseconds=1)))

    @rule(hours=st.sampled_from((-72, -1, 1, 72)))
    def business_clock_jumps(self, hours: int) -> None:
        """Forward or back."""
        self.world.skew, self.world.jumped = timedelta(hours=hours), True

    @rule(kind=st.sampled_from(PROCESSES), seed=WHICH)
    def kill(self, kind: str, seed: int) -> None:
        """A process will die, or its database be away."""
        getattr(self.world.faults, f"_{kind}")(Random(seed))

    @rule(which=st.integers(0, 2))
    def restart(self, which: int) -> None:
        """What was in memory is gone."""
        self.world.services[which].died()

    @rule(kind=st.sampled_from(BROKER), seed=WHICH)
    def break_broker(self, kind: str, seed: int) -> None:
        """It forgets, loses or begins anew."""
        getattr(self.world.faults, f"_{kind}")(Random(seed))

    @invariant()
    def holds(self) -> None:
        """Whatever is under way."""
        if found := meanwhile(self.world):
            pytest.fail(str(found))

    def teardown(self) -> None:
        """When everything has arrived, all invariants hold."""
        if not hasattr(self, "held"):
            return
        with self.held:
            self._run(self.world.quiet())
            found = self._run(violations(self.world))
        if found:
            pytest.fail(str(found))


async def _nothing() -> None:
    return None


def drive(examples: int, *, fixed: bool = False) -> None:
    """So many machines of up to 50 steps; `fixed` ones are the same each time."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=fixed,
        print_blob=not fixed,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=chosen)
