"""回避 in the router: whatever is tried with a matter about a unit, that unit and those above it hear nothing.

reliability.md D.7 no. 39, domain.md C31 and E23: random lives, legal steps and illegal ones, over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import initialize, invariant, run_state_machine_as_test

from chuishao.embedded.postgres import EmbeddedPostgres
from tests.integration.test_any_history import City, Lives
from tests.support.desk import GARBAGE, LAMP, LIFT

ACCUSED: Final = "WY-1"
TIED: Final = {ACCUSED, "SQ-1"}
"""The property company complained about, and the office right above it."""
EVERY: Final = 8
"""Steps between two looks at what they see; while matters are merged they are asked after each."""
THEY: Final = (f"unit:{ACCUSED}", "unit:SQ-1", "secretary:SQ-1")


class AccusedLives(Lives):
    """The same three matters, one of them about the company that would have had it."""

    @initialize()
    def file(self) -> None:
        desk = self.city.desk
        about = (GARBAGE, LIFT | {"accused": ACCUSED}, LAMP)
        self.ids = [self.city.run(desk.file(**what)) for what in about]
        self.seen: dict[str, list[dict[str, Any]]] = {}
        self.steps = 0

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
    AccusedLives.city = city
    run_state_machine_as_test(
        AccusedLives,
        settings=settings(
            max_examples=6,
            stateful_step_count=25,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
