"""Whatever a ticket lived through, its due times are what their traces say, and no edit moves one."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from contracts.clock import ClockKind, Move, MoveKind, Trace
from contracts.complaint import Urgency
from contracts.ticket import TicketStatus
from kit.city_time import CITY_TIME
from kit.due_words import DUTY_EN, english, heard
from services.notifier.clocks.clock import Clock
from services.notifier.clocks.moving import Recounted, recount
from services.notifier.directory import Directory
from services.notifier.worktime.reckoning import reckon
from tests.support import city
from tests.support.case import LIVES, MONDAY, Case, Turn, after

K, S = ClockKind, TicketStatus
MOVES = {"extended", "urgency_set", "merged", "unmerged"}
"""Events that may move a due time; beside them only the end of a hold does."""
PROFILES = st.sampled_from(["standard", "business_1_2_4", "city_parts_standing_water", "bureau"])
URGENCIES = st.sampled_from(list(Urgency))
OFF = st.sets(st.integers(0, 20), max_size=6)
"""Days after Monday that turn out to be holidays."""


@cache
def with_holidays(days: frozenset[int]) -> Directory:
    parts = city.parts()
    free = [(MONDAY + timedelta(days=day)).date().isoformat() for day in days]
    parts["calendar"] += [{"date": day, "kind": "holiday"} for day in free]
    return Directory.of(2, parts)


def lived(life: list[Turn], profile: str, book: Directory | None = None) -> Case:
    """A life with a profile; without changes of urgency, which would compare two due times."""
    case, hours = Case(book=book).received(), 0
    for event, status, unit, later in life:
        hours += later
        if event not in ("urgency_set", "merged", "unmerged"):
            case.hear(event, status, hours, unit, profile=profile)
    return case


def same(clock: Clock, book: Directory) -> bool:
    calendar = book.calendar(clock.trace.calendar)
    return reckon(clock.trace, calendar) == (clock.near_at, clock.due_at)


@given(LIVES, PROFILES, st.lists(URGENCIES, min_size=12, max_size=12))
def test_due_times_reckoned_again_from_history_are_those_that_are_stored(
    life: list[Turn], profile: str, urgencies: list[Urgency]
) -> None:
    case, hours = Case().received(), 0
    for (event, status, unit, later), urgency in zip(life, urgencies, strict=False):
        hours += later
        case.urgency = urgency
        case.hear(event, status, hours, unit, profile=profile)
        assert all(same(clock, case.book) for clock in case.timing.clocks)
        assert all(case.book.calendar(c.trace.calendar) for c in case.timing.clocks)


@given(LIVES, PROFILES, OFF)
def test_a_changed_calendar_leads_to_where_it_would_have_led_from_the_start(
    life: list[Turn], profile: str, days: set[int]
) -> None:
    new = with_holidays(frozenset(days))
    case, other = lived(life, profile), lived(life, profile, new)
    case.timing.recount(MONDAY, new)
    found, wanted = (
        [
            (c.kind, c.round, c.near_at, c.due_at, c.trace.skipped)
            for c in one.timing.clocks
            if c.open
        ]
        for one in (case, other)
    )
    assert found == wanted


@given(LIVES, PROFILES, OFF)
def test_recounting_twice_changes_nothing_more_and_the_old_calendar_brings_the_old_times_back(
    life: list[Turn], profile: str, days: set[int]
) -> None:
    case, new = lived(life, profile), with_holidays(frozenset(days))
    before = [(c.clock_id, c.near_at, c.due_at) for c in case.timing.clocks]
    stopped = {c.clock_id for c in case.timing.clocks if not c.open}
    case.timing.recount(MONDAY, new)
    after = [(c.clock_id, c.near_at, c.due_at) for c in case.timing.clocks]
    assert {row for row in after if row[0] in stopped} <= set(before)
    said = len(case.timing.said)
    case.timing.recount(MONDAY, new)
    assert len(case.timing.said) == said
    case.timing.recount(MONDAY, case.book)
    assert [(c.clock_id, c.near_at, c.due_at) for c in case.timing.clocks] == before


@given(LIVES, st.lists(URGENCIES, min_size=12, max_size=12))
def test_no_edit_move_or_return_moves_a_due_time(
    life: list[Turn], urgencies: list[Urgency]
) -> None:
    case, hours = Case().received(), 0
    for (event, status, unit, later), urgency in zip(life, urgencies, strict=False):
        hours += later
        case.urgency = urgency
        known = {c.clock_id: (c.due_at, c.paused_at) for c in case.timing.clocks}
        case.hear(event, status, hours, unit, profile="bureau" if unit == "GD" else "standard")
        for clock in case.timing.clocks:
            due_at, paused_at = known.get(clock.clock_id, (clock.due_at, None))
            moved = clock.due_at != due_at
            assert not moved or event in MOVES or paused_at is not None
            if moved and event == "extended" and paused_at is None:
                assert clock.kind is K.RESULT


def test_a_stopped_clock_that_comes_back_is_due_by_the_calendar_in_force() -> None:
    case = Case().received().dispatched().hear("accepted", S.ACCEPTED, 1)
    case.hear("returned", S.RETURNED, 3)
    assert case.clock(K.CONTACT).due_at == after(24)
    case.book = with_holidays(frozenset({1}))
    case.dispatched(20)
    assert case.clock(K.CONTACT).due_at == after(48)
    assert "工作历有变更" in case.clock(K.CONTACT).sentence


def test_what_a_move_says_is_what_it_does() -> None:
    start = datetime(2026, 11, 20, 16, 30, tzinfo=CITY_TIME)  # Friday, an hour before the end
    calendar = city.directory().calendar("standard")
    trace = Trace(
        start=start, limit="1wd", profile="standard", urgency="normal", calendar="standard",
        calendar_version=1, warn=0.5,
    )  # fmt: skip

    def due(*moves: Move) -> str:
        at = reckon(trace.model_copy(update={"moves": moves}), calendar).due_at
        return at.astimezone(CITY_TIME).strftime("%m-%d %H:%M")

    hold = Move(
        what=MoveKind.HOLD, since=start + timedelta(minutes=30), until=start + timedelta(days=3)
    )
    extension = Move(what=MoveKind.EXTENSION, by="1wd")
    review = Move(what=MoveKind.REVIEW, until=start + timedelta(hours=2))
    assert due() == "11-23 16:30"
    assert (
        due(hold) == "11-24 16:00"
    )  # held with 6.5 h left: 1 h on Monday from 16:30, 5.5 on Tuesday
    assert due(extension) == "11-24 16:30"
    assert due(hold, extension) == "11-25 16:00"
    assert due(review, extension) == "11-23 17:30"  # from Friday 18:30: all of Monday


def test_a_clock_of_before_moves_were_kept_stays_only_if_it_was_moved() -> None:
    case, new = Case().received().dispatched(), with_holidays(frozenset({1}))
    clock = case.clock(K.CONTACT)
    clock.trace = clock.trace.model_copy(update={"warn": None, "calendar_digest": ""})
    warned_before = clock.due_at - clock.near_at
    assert recount(clock, new) is Recounted.MOVED
    assert (clock.due_at, clock.due_at - clock.near_at) == (after(48), warned_before)
    assert recount(clock, with_holidays(frozenset({2}))) is Recounted.LEFT


def test_the_english_sentence_says_when_why_and_from_when() -> None:
    case = Case().received().dispatched().hear("contacted", S.IN_PROGRESS, 1)
    contact = case.clock(K.CONTACT)
    assert english(contact.kind, contact.due_at, contact.trace) == (
        "Due 2026-11-24 10:00: first contact with the caller, 1 working day from 2026-11-23 10:00"
        " by profile standard (normal)."
    )
    case.hear("held", S.ON_HOLD, 10).hear("resumed", S.IN_PROGRESS, 34)
    result = case.hear("extended", S.IN_PROGRESS, 35).clock(K.RESULT)
    assert english(result.kind, result.due_at, result.trace, result.earlier_due) == (
        "Due 2026-12-08 10:00: the result, 7 days from 2026-11-23 10:00 by profile standard (normal);"
        " held from 2026-11-23 20:00 to 2026-11-24 20:00; extended by 7d; due 2026-12-01 10:00 before."
    )
    again = case.hear("handled", S.CALLBACK, 36).hear("reopened", S.IN_PROGRESS, 40, round=2)
    half = again.clock(K.RESULT)
    assert "half of 7 days" in english(half.kind, half.due_at, half.trace)
    odd = half.trace.model_copy(update={"limit": "by sunset"})
    assert ": the result, by sunset from " in english(half.kind, half.due_at, odd)
    assert set(DUTY_EN) == set(ClockKind)


def test_a_clock_heard_of_is_told_in_english_where_its_trace_was() -> None:
    clock = Case().received().dispatched().clock(K.CONTACT)
    kept = clock.trace.model_dump(mode="json")
    told = heard("contact", clock.due_at, kept, clock.sentence)
    assert told == english(clock.kind, clock.due_at, clock.trace)
    assert heard("contact", clock.due_at, None, clock.sentence) == clock.sentence
