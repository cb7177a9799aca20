"""回避 in the router: whatever is tried with a matter about a unit, that unit and those above it hear nothing.

reliability.md D.7 no. 39, domain.md C31 and E23: random lives, legal steps and illegal ones, over HTTP and as
commands. Each ends with the three steps after which a matter is told to new people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, ClassVar, Final, cast

import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from chuishao.embedded.postgres import EmbeddedPostgres
from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.escalation import EscalationEvent
from kit.db import transaction
from kit.ids import new_id
from services.router import actions
from services.router.commands import answer_commands
from services.router.ticket.ticket import Action
from tests.integration.test_any_history import UNITS, City, Lives
from tests.support import small
from tests.support.desk import GARBAGE, LAMP, LIFT
from tests.support.heard import received

ACCUSED: Final = "WY-1"
TIED: Final = {ACCUSED, "SQ-1"}
"""The property company complained about, and the office right above it."""
EVERY: Final = 8
"""Steps between two looks at what they see; while matters are merged they are asked after each."""
MUST: Final = ("reassigned", "escalated", "reopened")
"""What issue and reliability.md name: the matter is told anew in each, and each time to somebody else."""
THEY: Final = (f"unit:{ACCUSED}", "unit:SQ-1", "secretary:SQ-1")


class AccusedLives(Lives):
    """The same three matters, one of them about the company that would have had it."""

    lived: ClassVar[Counter[str]] = Counter()
    """What happened to the matter about the company, over all histories."""

    @initialize()
    def file(self) -> None:
        desk = self.city.desk
        about = (GARBAGE, LIFT | {"accused": ACCUSED}, LAMP)
        self.ids = [self.city.run(desk.file(**what)) for what in about]
        self.seen: dict[str, list[dict[str, Any]]] = {}
        self.steps = 0

    @rule(unit=st.sampled_from(UNITS))
    def reassign(self, unit: str) -> None:
        """The desk gives it to somebody else, or tries to give it to whom it is about."""
        self._try(self.ids[1], "reassign", "dispatcher", {"unit": unit, "reason": "-"})

    @rule(level=st.integers(1, 5))
    def climb(self, level: int) -> None:
        """The notifier says that a rung was raised."""
        ticket = self._ticket(1)
        rung = EscalationEvent(
            escalation_id=str(new_id()), ticket_id=ticket["ticket_id"], number=ticket["number"],
            round=ticket["round"], level=level, reason="result due", unit=ticket["unit"], area="",
            clock=ClockKind.RESULT, due_at=small.MONDAY, urgency=Urgency.NORMAL,
            recipients=("P-SZ-L",), at=small.MONDAY,
        )  # fmt: skip
        self.city.run(self._raised(rung))

    async def _raised(self, rung: EscalationEvent) -> None:
        async with transaction(self.city.desk.pool) as conn:
            one = received("escalation.raised", rung, small.MONDAY)
            await actions.project_levels(conn, [one])

    @rule()
    def come_back(self) -> None:
        """It is worked on to its end, and the resident is not content."""
        for _ in range(6):
            if self._ticket(1)["status"] not in {"callback", "closed"}:
                self.go_on(which=1, unit="GT-1", solved=False)
        self.fact(which=1, name="callback_recorded", reached=True, solved=False, lag=0)
        self.fact(which=1, name="reopened", reached=True, solved=False, lag=0)

    @rule(action=st.sampled_from(("show", *Action)), unit=st.sampled_from(sorted(TIED)))
    def command(self, action: str, unit: str) -> None:
        """They ask for it at the other door, `cmd.<action>.<unit>`."""
        body = {"command_id": str(new_id()), "ticket": self.ids[1], "actor": f"P-{unit}-L"}
        said = orjson.dumps(body | {"data": {"reason": "-"}})
        message = SimpleNamespace(subject=f"cmd.{action}.{unit}", data=said)
        answer = answer_commands(self.city.desk.office, cast("Any", None))
        told = orjson.loads(self.city.run(cast("Any", answer(cast("Any", message)))))
        assert told.get("status") == 404, told

    def teardown(self) -> None:
        """Whatever it has lived through, it is reassigned, climbs and is reopened once more."""
        if not getattr(self, "ids", ()):
            return
        steps: tuple[Callable[[], None], ...] = (
            lambda: self.go_on(which=1, unit="SZ", solved=True),
            lambda: self.reassign("GT-1"),
            lambda: self.climb(5),
            self.come_back,
        )
        for step in steps:
            step()
            self.steps = EVERY - 1
            self.nobody_tied_hears_of_it()
        for unit in TIED:
            self.command("show", unit)
        ticket = self._ticket(1)
        type(self).lived.update(line["event"] for line in ticket["history"])
        type(self).lived["escalated"] += ticket["escalation_level"] == 5

    def linked(self) -> bool:
        """Whether the matter is worked on together with another one now."""
        ticket = self._ticket(1)
        return bool(ticket["merged"] or ticket["merged_into"])

    @invariant()
    def nobody_tied_hears_of_it(self) -> None:
        if not getattr(self, "ids", ()):
            return
        one = self.ids[1]
        run, desk = self.city.run, self.city.desk
        said = run(
            desk.pool.fetch(
                "select subject, body from outbox where convert_from(body, 'utf8') like $1",
                f'%"ticket_id":"{one}"%',
            )
        )
        for row in said:
            data = orjson.loads(row["body"])["data"]
            assert row["subject"].split(".")[2] not in TIED, row["subject"]
            assert TIED.isdisjoint(data.get("assists", ())), row["subject"]
        ticket = self._ticket(1)
        assert ticket["unit"] not in TIED
        self.steps += 1
        if self.steps % EVERY and not self.linked():
            return
        for who in THEY:
            assert run(desk.get(f"tickets/{one}", who=who)).status_code == 404
            listed = run(desk.get("tickets", who=who)).text
            assert one not in listed
            for lead in {self.ids[0], self.ids[2]}:
                shown = run(desk.get(f"tickets/{lead}", who=who)).text
                assert one not in shown
                assert ticket["number"] not in shown


@pytest.fixture
def city(postgres_server: EmbeddedPostgres) -> Iterator[City]:
    city = City(postgres_server)
    yield city
    city.close()


def test_d7_39_no_history_brings_it_to_whom_it_is_about(city: City) -> None:
    AccusedLives.city, AccusedLives.lived = city, Counter()
    plain = AccusedLives()
    plain.file()
    plain.teardown()
    assert all(AccusedLives.lived[event] for event in MUST), AccusedLives.lived
    run_state_machine_as_test(
        AccusedLives,
        settings=settings(
            max_examples=4,
            stateful_step_count=20,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
