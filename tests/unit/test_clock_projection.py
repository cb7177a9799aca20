"""Which word on a clock counts when several come in one batch, late or out of order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.clock import ClockEvent, Trace
from services.router.actions import _replaces

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
TRACE = Trace(
    start=AT, limit="24h", profile="standard", urgency="normal", calendar="standard",
    calendar_version=1,
)  # fmt: skip


def word(clock: str, minutes: int = 0) -> ClockEvent:
    return ClockEvent(
        clock_id=clock, ticket_id="t", number="1", round=1, kind="sign_for", unit="SZ",
        area="370105001", due_at=AT, trace=TRACE, sentence="", at=AT + timedelta(minutes=minutes),
    )  # fmt: skip


def test_newer_word_on_the_same_clock_replaces_and_older_does_not() -> None:
    assert _replaces("clock.stopped", word("a", 1), ("clock.set", word("a")))
    assert not _replaces("clock.set", word("a"), ("clock.stopped", word("a", 1)))


def test_the_end_of_a_clock_that_is_heard_after_its_alarm_replaces_the_alarm() -> None:
    """docs/adr/0044: the alarm is about minute 60; what ended the clock happened in minute 30 and was told later."""
    alarm = word("a", 60).model_copy(update={"said_at": AT + timedelta(minutes=60)})
    end = word("a", 30).model_copy(update={"said_at": AT + timedelta(minutes=90)})
    assert _replaces("clock.stopped", end, ("clock.breached", alarm))
    assert not _replaces("clock.breached", alarm, ("clock.stopped", end))
    assert _replaces("clock.stopped", end, ("clock.breached", word("a", 60)))


def test_a_new_clock_replaces_the_one_that_ended_in_the_same_moment() -> None:
    assert _replaces("clock.set", word("b"), ("clock.stopped", word("a")))


def test_the_end_of_a_replaced_clock_changes_nothing_however_late_it_comes() -> None:
    assert not _replaces("clock.stopped", word("a"), ("clock.set", word("b")))
    assert not _replaces("clock.stopped", word("a"), ("clock.set", word("b", 5)))


def test_the_end_of_a_clock_that_overtakes_its_beginning_stays_the_end() -> None:
    """docs/adr/0044: beside the ticket the clock before it is still shown."""
    assert _replaces("clock.stopped", word("b", 5), ("clock.stopped", word("a")))
    assert not _replaces("clock.set", word("b", 4), ("clock.stopped", word("b", 5)))
