"""Intake's view of a ticket: the newest state, and everybody who was ever responsible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.ticket import TicketDispatched, TicketEvent, TicketMerged
from services.intake.projecting import Told, handings, view_row

BEGUN = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
ABOUT = "019ab0c4-7d3e-7c52-9d5a-3f1f6f0f8a11"
STATUS, HOLDER, ROUND, VERSION, SINCE, PROFILE, INTO, HELD, HANDLER = 1, 2, 3, 4, 7, 9, 10, 11, 12
HANDED_IN = 13


def told(name: str, version: int, status: str, holder: str, **more: Any) -> Told:
    common: dict[str, Any] = {
        "ticket_id": ABOUT, "complaint_id": ABOUT, "number": "261116000000", "version": version,
        "round": 1, "status": status, "unit": holder, "holder": holder, "area": "370105",
        "urgency": "normal", "rule_version": 1,
    } | more  # fmt: skip
    model: type[TicketEvent] = TicketEvent
    if name == "dispatched":
        model = TicketDispatched
        common |= {"channel": "hotline", "kind": "complaint", "profile": "standard"}
        common |= {"received_at": BEGUN, "dispatched_at": BEGUN}
    if name in {"merged", "unmerged"}:
        model = TicketMerged
    at = BEGUN + timedelta(hours=version)
    return Told(f"ticket.{name}", at, model.model_validate(common))


LIFE = [
    told("urged", 1, "triage", "DESK"),
    told("dispatched", 2, "dispatched", "WY-1"),
    told("reassigned", 3, "dispatched", "SZ"),
    told("accepted", 4, "accepted", "SZ"),
    told("contacted", 5, "in_progress", "SZ"),
    told("handled", 6, "callback", "SZ", actor="P-SZ-L"),
    told("urged", 7, "callback", "SZ"),
]


@given(st.permutations(LIFE))
def test_the_order_in_a_batch_means_nothing(events: list[Told]) -> None:
    row = view_row(events)
    assert row[0] == UUID(ABOUT)
    assert (row[STATUS], row[HOLDER], row[ROUND], row[VERSION]) == ("callback", "SZ", 1, 7)
    assert row[SINCE] == BEGUN + timedelta(hours=6)
    assert (row[PROFILE], row[INTO], row[HANDLER]) == ("standard", None, "P-SZ-L")
    assert row[HANDED_IN] == 6


def test_each_handing_in_is_told_and_the_newest_is_in_the_view() -> None:
    refused = told("rejected", 8, "in_progress", "SZ")
    again = told("handled", 9, "callback", "SZ", actor="P-SZ-L")
    assert handings([*LIFE, refused, again]) == [(UUID(ABOUT), 1, 6), (UUID(ABOUT), 1, 9)]
    assert view_row([again, refused, *LIFE])[HANDED_IN] == 9
    assert view_row(LIFE[:5])[HANDED_IN] == 0


def test_a_desk_that_only_decides_is_not_responsible_for_the_matter() -> None:
    assert view_row(LIFE)[HELD] == '{"SZ","WY-1"}'
    assert view_row(LIFE[:1])[HELD] == "{}"


def test_a_merger_names_where_the_work_goes_on_and_an_end_of_it_does_not() -> None:
    merged = told("merged", 8, "merged", "SZ", into="261116000001")
    apart = told("unmerged", 9, "accepted", "SZ", into="261116000001")
    assert view_row([*LIFE, merged])[INTO] == "261116000001"
    assert view_row([*LIFE, merged, apart])[INTO] is None
    target = told("merged", 8, "accepted", "SZ", followers=("261116000002",))
    assert view_row([target])[INTO] is None


def test_a_new_round_begins_anew() -> None:
    again = told("reopened", 8, "in_progress", "SZ", round=2)
    assert view_row([LIFE[4], again])[SINCE] == BEGUN + timedelta(hours=8)
