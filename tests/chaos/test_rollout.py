"""An older router leaves a field out that the notifier reads: it goes on with what it knew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from contracts import ticket as ours
from services.notifier.reception.entry import Counted, counted
from tests.chaos.faults.rollout import FIELD, VERSIONS, changed
from tests.chaos.specs import ROOT

AT = "2026-11-22T09:00:00+08:00"
TOLD: dict[str, Any] = {
    "ticket_id": str(uuid4()), "number": "T-1", "complaint_id": str(uuid4()), "version": 1,
    "round": 1, "status": "dispatched", "unit": "SZ", "holder": "SZ", "area": "330109",
    "urgency": "normal", "rule_version": 1, "channel": "hotline", "kind": "complaint",
    "profile": "standard", "received_at": AT, "dispatched_at": AT, FIELD: "01",
}  # fmt: skip


@pytest.fixture(params=VERSIONS)
def theirs(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """Ticket events as the replica that is rolled out has them."""
    name = f"contracts.{request.param}"
    module = sys.modules[name] = ModuleType(name)
    text = (ROOT / "contracts" / "ticket.py").read_text("utf-8")
    exec(compile(changed(text, request.param), name, "exec"), module.__dict__)  # noqa: S102 - our own
    yield module
    del sys.modules[name]


def test_a_reader_takes_events_of_both_versions_for_what_they_say(theirs: ModuleType) -> None:
    older = theirs.__name__.endswith("older")
    sent = theirs.TicketDispatched(**TOLD).model_dump_json(exclude_none=True)
    assert (FIELD in sent) is not older
    assert ("added_later" in sent) is not older
    read = ours.TicketDispatched.model_validate_json(sent)
    found = counted([("ticket.dispatched", read, read.dispatched_at)], {})
    assert list(found.values()) == [Counted(category=None if older else "01")]


def test_an_older_reader_takes_ours(theirs: ModuleType) -> None:
    sent = ours.TicketDispatched(**TOLD).model_dump_json(exclude_none=True)
    older = theirs.__name__.endswith("older")
    assert theirs.TicketDispatched.model_validate_json(sent).category == (None if older else "01")
