"""Random lives of tickets, legal steps and illegal ones, over HTTP: what must hold of every history."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chuishao.embedded.postgres import EmbeddedPostgres
from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.limits import Limits, Profile
from contracts.ticket import TicketStatus
from kit.db import create_pool
from services.router.ticket.ticket import SYSTEM_STEPS, TRANSITIONS, Action
from tests.support import servers, small
from tests.support.desk import GARBAGE, LAMP, LIFT, Desk, opened
from tests.support.servers import PASSWORD

T = TypeVar("T")
UNITS: Final = ("GT-1", "WY-1", "SZ", "SQ-2")
ROLES: Final = (
    *(f"unit:{unit}" for unit in UNITS), "secretary:SQ-1", "secretary:QX", "dispatcher", "ruling",
)  # fmt: skip
REASONS: Final = ("not_our_duty", "season", "not_public", None)
LEADS_TO: Final = {(s, step.event): step.to for (s, _), step in TRANSITIONS.items()} | {
    (s, step.event): step.to for (s, _), step in SYSTEM_STEPS.items()
}
SIDE: Final = {
    "assisted",
    "reassigned",
    "dispatched",
    "triaged",
    "ruled",
    "recategorised",
    "returned",
}
"""Events told beside the one that names the step: to the old holder, to the new one, to who helps."""
NEXT: Final = {
    "triage": (Action.DISPATCH, "dispatcher"),
    "dispatched": (Action.ACCEPT, "unit:{unit}"),
    "accepted": (Action.CONTACT, "unit:{unit}"),
    "in_progress": (Action.HANDLE, "unit:{unit}"),
    "returned": (Action.DISPATCH, "dispatcher"),
    "arbitration": (Action.RULE, "ruling"),
    "on_hold": (Action.RESUME, "dispatcher"),
    "merged": (Action.UNMERGE, "dispatcher"),
}
ASIDE: Final = {"merged", "unmerged", "noted", "hold_refused", "extension_refused"}
"""Events that leave the state of the ticket they are told of, or give it back its own."""


class City:
    """A router on a real database, driven from code that is not async."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.desk = self.run(self._open(server))

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(doing)

    async def _open(self, server: EmbeddedPostgres) -> Desk:
        database = await servers.database(server)
        pool = await create_pool(database.dsn("chuishao_router"), PASSWORD, "router", size=2)
        self._stack.push_async_callback(pool.close)
        limits = dict.fromkeys(Urgency, Limits(extension="7d"))
        tables = small.tables() | {"limits": [Profile(name="standard", title="-", limits=limits)]}
        return await self._stack.enter_async_context(opened(pool, database.dsn(), tables))

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._runner.close()


class Lives(RuleBasedStateMachine):
    """Three matters, two of which may become one."""

    city: ClassVar[City]

    @initialize()
    def file(self) -> None:
        desk = self.city.desk
        self.ids = [self.city.run(desk.file(**what)) for what in (GARBAGE, LIFT, LAMP)]
        self.seen: dict[str, list[dict[str, Any]]] = {}

    @rule(
        which=st.integers(0, 2),
        action=st.sampled_from(list(Action)),
        who=st.sampled_from(ROLES),
        unit=st.sampled_from(UNITS),
        code=st.sampled_from(REASONS),
        other=st.integers(0, 2),
        refuse=st.booleans(),
    )
    def act(self, which: int, action: Action, **drawn: Any) -> None:
        data = self._data(action, drawn)
        self._try(self.ids[which], action.value, drawn["who"], data)

    @rule(which=st.integers(0, 2), unit=st.sampled_from(UNITS), solved=st.booleans())
    def go_on(self, which: int, unit: str, *, solved: bool) -> None:
        """The next step, by the one who may take it: without these few lives would get far."""
        ticket = self._ticket(which)
        status, one = ticket["status"], self.ids[which]
        if status in NEXT:
            action, who = NEXT[status]
            drawn = {"unit": unit, "code": None, "other": 0, "refuse": solved}
            asked = (one, action.value, who.format(**ticket), self._data(action, drawn))
            self._try(*asked)
        elif status == "callback":
            about = {"contacted": True, "solved": solved, "ticket_round": ticket["round"]}
            self.city.run(self.city.desk.fact(one, "callback_recorded", **about))

    @rule(which=st.integers(0, 2), unit=st.sampled_from(UNITS))
    def give_back(self, which: int, unit: str) -> None:
        """The holder says it is another's, as soon as it may and as often as it likes."""
        ticket = self._ticket(which)
        data = {"unit": unit, "reason_code": "not_our_duty"}
        self._try(self.ids[which], "return", f"unit:{ticket['unit']}", data)

    def _try(self, one: str, action: str, who: str, data: dict[str, Any]) -> None:
        answer = self.city.run(self.city.desk.act(one, action, who=who, data=data))
        assert answer.status_code in {200, 403, 404, 409, 422}, answer.text

    @rule(
        which=st.integers(0, 2),
        name=st.sampled_from(("callback_recorded", "withdrawn", "reopened")),
        reached=st.booleans(),
        solved=st.booleans(),
        lag=st.integers(0, 1),
    )
    def fact(self, which: int, name: str, *, reached: bool, solved: bool, lag: int) -> None:
        if name == "withdrawn" and not (reached and solved and lag):
            return
        about: dict[str, Any] = {"ticket_round": max(1, self._ticket(which)["round"] - lag)}
        if name == "callback_recorded":
            about |= {"contacted": reached, "solved": solved if reached else None}
        self.city.run(self.city.desk.fact(self.ids[which], name, **about))

    @rule(which=st.integers(0, 2), kind=st.sampled_from(list(ClockKind)))
    def limit_passed(self, which: int, kind: ClockKind) -> None:
        self.city.run(self.city.desk.breached(self.ids[which], kind))

    @invariant()
    def what_must_hold(self) -> None:
        for which in range(len(getattr(self, "ids", ()))):
            self._check(self._ticket(which))

    def _check(self, ticket: dict[str, Any]) -> None:
        history = ticket["history"]
        assert ticket["unit"]
        assert ticket["unit"] not in ticket["assists"]
        assert [line["version"] for line in history] == list(range(1, ticket["version"] + 1))
        assert history[: len(before := self.seen.get(ticket["ticket_id"], []))] == before
        self.seen[ticket["ticket_id"]] = history
        last = history[-1]
        assert (last["status"], last["round"]) == (ticket["status"], ticket["round"])
        times = [datetime.fromisoformat(line["at"]) for line in history]
        assert times == sorted(times)
        rounds = [line["round"] for line in history]
        assert all(0 <= b - a <= 1 for a, b in itertools.pairwise(rounds))
        assert all(_explained(a, b) for a, b in itertools.pairwise(history)), history
        self._check_outside(ticket)

    def _check_outside(self, ticket: dict[str, Any]) -> None:
        """What went out is what the history says, and each unit returned it once a round at most."""
        said = self.city.run(
            self.city.desk.pool.fetch(
                "select body from outbox where convert_from(body, 'utf8') like $1 order by tx, position",
                f'%"ticket_id":"{ticket["ticket_id"]}"%',
            )
        )
        events = [orjson.loads(row["body"]) for row in said]
        told = [(e["data"]["version"], e["type"].split(".")[3]) for e in events]
        assert told == [(line["version"], line["event"]) for line in ticket["history"]]
        returned = [
            (line["round"], line["unit"])
            for line in ticket["history"]
            if line["event"] == "returned" and line["unit"] != "DESK"
        ]
        assert len(returned) == len(set(returned))
        if ticket["status"] != "merged":
            assert ticket["merged_into"] is None

    def _ticket(self, which: int) -> dict[str, Any]:
        return self.city.run(self.city.desk.ticket(self.ids[which]))

    def _data(self, action: Action, drawn: dict[str, Any]) -> dict[str, Any]:
        review = (small.MONDAY + timedelta(days=3)).isoformat()
        said: dict[Action, dict[str, Any]] = {
            Action.RETURN: {"unit": drawn["unit"], "reason_code": drawn["code"]},
            Action.HOLD: {"reason_code": drawn["code"], "review_at": review},
            Action.APPROVE_HOLD: {"approved": not drawn["refuse"]},
            Action.APPROVE_EXTENSION: {"approved": not drawn["refuse"]},
            Action.HANDLE: {"result": "solved", "note": "-", "no_proof": "-"},
            Action.RECATEGORISE: {"category": "SZ-LD" if drawn["refuse"] else "LJ-DF"},
            Action.SET_URGENCY: {"urgency": "urgent" if drawn["refuse"] else "normal"},
            Action.DECLINE: {"reason_code": drawn["code"], "door": "-"},
            Action.MERGE: {"into": self.ids[drawn["other"]]},
        }
        to_unit = {Action.DISPATCH, Action.REASSIGN, Action.RULE, Action.ASSIST}
        named = {"unit": drawn["unit"]} if action in to_unit else {}
        return {k: v for k, v in said.get(action, named).items() if v is not None} | {"reason": "-"}


def _explained(before: dict[str, Any], line: dict[str, Any]) -> bool:
    """A line follows from the state before it by a row of the tables, or leaves it as it was."""
    if line["event"] in ASIDE or line["status"] == before["status"]:
        return True
    known = (TicketStatus(before["status"]), line["event"])
    if known not in LEADS_TO:
        return line["event"] in SIDE and line["status"] in {"dispatched", "triage", "arbitration"}
    to = LEADS_TO[known]
    second = line["event"] == "returned" and line["status"] == "arbitration"
    return to is None or to.value == line["status"] or second


@pytest.fixture
def city(postgres_server: EmbeddedPostgres) -> Iterator[City]:
    city = City(postgres_server)
    yield city
    city.close()


def test_whatever_is_tried_histories_stay_whole(city: City) -> None:
    Lives.city = city
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
