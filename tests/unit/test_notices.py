"""Who is told, when, together with what, and in which words: rules of notices on time handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.directory import CalendarDay, DutyTurn, Post, Unit, UnitKind
from contracts.notices import Cause, Contact, NoticeRules
from contracts.ticket import TicketStatus
from kit.city_time import CITY_TIME
from services.notifier.notices import wording
from services.notifier.notices.hours import quiet_until
from services.notifier.notices.notice import Due, together
from services.notifier.notices.occasion import CAUSES, Facts, Occasion, why_not
from services.notifier.notices.people import People, Way
from services.notifier.notices.planning import DIGEST, Budget, Matter, Planner, Slot, wait_s
from services.notifier.notices.wording import LONGEST, Names, Told
from services.notifier.roster.roster import Roster
from services.notifier.worktime.calendar_rows import build
from tests.support import city

FRIDAY: Final = datetime(2026, 11, 20, 10, 0, tzinfo=CITY_TIME)
"""A working day of the sample's calendar: 9:00 to 12:00 and 13:30 to 17:30."""
U = Urgency


def on(day: int, clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return datetime(2026, 11, day, int(hours), int(minutes), tzinfo=CITY_TIME)


def _post(post: str, role: Any, **more: Any) -> Post:
    return Post(post=post, unit="SZ", role=role, person=f"P-{post}", name="某", **more)


def people(**changes: Any) -> People:
    rows: dict[str, Any] = {
        "units": (Unit(code="SZ", name="市政", kind=UnitKind.DEPARTMENT),),
        "posts": (
            _post("S1", "specialist", area="370105001008", phone="138", deputy="L"),
            _post("S2", "specialist", area="370105001009", phone="139"),
            _post("L", "leader", phone="137"),
            _post("D", "duty_lead", hours="always"),
        ),
        "duty": (),
        "contacts": (),
    }
    rows |= changes
    roster = Roster(rows["units"], rows["posts"], rows["duty"], _CALENDARS)
    return People(roster, rows["contacts"])


def _calendars() -> Mapping[str, Any]:
    return build([CalendarDay.model_validate(row) for row in city.parts()["calendar"]])


_CALENDARS = _calendars()
RULES: Final = NoticeRules(budget=2)
AREA: Final = "370105001008001"


def test_the_rota_comes_first_then_the_named_post_then_the_area_then_the_deputy() -> None:
    turn = DutyTurn(date=FRIDAY.date(), unit="SZ", post="D", start="09:00", end="11:00")
    assert people().answering("SZ", AREA, None, FRIDAY) == ("S1",)
    assert people().answering("SZ", AREA, "S2", FRIDAY) == ("S2",)
    assert people(duty=(turn,)).answering("SZ", AREA, "S2", FRIDAY) == ("D",)
    later = FRIDAY + timedelta(hours=1)
    assert people(duty=(turn,)).answering("SZ", AREA, "S2", later) == ("S2",)
    away = _post(
        "S1", "specialist", area="370105001008", deputy="L", away=("2026-11-19..2026-11-20",)
    )
    posts = (away, _post("L", "leader"))
    assert people(posts=posts).answering("SZ", AREA, None, FRIDAY) == ("L",)
    assert people(posts=posts).answering("SZ", AREA, None, FRIDAY + timedelta(days=1)) == ("S1",)
    assert people().answering("XX", AREA, None, FRIDAY) == ()


def test_a_post_is_reached_by_its_contacts_in_order_else_by_its_telephone() -> None:
    contacts = (
        Contact(post="S1", channel="chat", address="a"),
        Contact(post="S1", channel="mail", address="b", from_urgency=U.URGENT),
        Contact(post="S1", channel="call", address="c", from_urgency=U.CRITICAL),
    )
    known, usable = people(contacts=contacts), ("call", "mail", "chat", "sms")
    assert known.ways("S1", U.COMPLEX, usable) == [Way("chat", "a")]
    assert [way.channel for way in known.ways("S1", U.URGENT, usable)] == ["chat", "mail"]
    assert [way.channel for way in known.ways("S1", U.CRITICAL, ("call",))] == ["call"]
    assert known.ways("S2", U.NORMAL, usable) == [Way("sms", "139")]
    assert known.ways("D", U.CRITICAL, usable) == []


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        (on(20, "10:00"), on(20, "13:30")),
        (on(20, "12:30"), on(20, "13:30")),
        (on(20, "20:00"), on(23, "09:00")),
        (on(21, "03:00"), on(23, "09:00")),
        (on(23, "02:00"), on(23, "09:00")),
    ],
)
def test_the_next_shift_is_that_of_the_work_calendar(now: datetime, begins: datetime) -> None:
    assert people().next_shift("L", now, "08:30") == begins


def test_a_turn_of_the_rota_is_a_shift_and_who_has_none_begins_at_the_digest() -> None:
    turn = DutyTurn(date=on(21, "00:00").date(), unit="SZ", post="L", start="20:00", end="24:00")
    known = people(duty=(turn,))
    assert known.next_shift("L", on(20, "20:00"), "08:30") == on(21, "20:00")
    assert known.on_duty("L", on(21, "20:30"))
    assert not known.on_duty("L", on(21, "19:30"))
    assert known.next_shift("D", on(20, "09:00"), "08:30") == on(21, "08:30")


def test_quiet_hours_over_midnight() -> None:
    assert quiet_until("22:00-07:00", on(20, "23:00")) == on(21, "07:00")
    assert quiet_until("22:00-07:00", on(21, "06:59")) == on(21, "07:00")
    assert quiet_until("22:00-07:00", on(21, "07:00")) is None
    assert quiet_until("12:00-13:30", on(21, "12:00")) == on(21, "13:30")


def _slot(cause: Cause, urgency: Urgency, now: datetime, left: float = 2, post: str = "L") -> Slot:
    budget = Budget("P", left, now, RULES.budget)
    return Planner(RULES, people(), now).slot(Matter(cause, urgency, "SZ"), post, budget)


@pytest.mark.parametrize(
    ("cause", "urgency", "now", "left", "slot"),
    [
        (Cause.DISPATCHED, U.NORMAL, on(20, "10:00"), 2, Slot(on(20, "10:00") + timedelta(seconds=30), "SZ")),
        (Cause.DISPATCHED, U.NORMAL, on(20, "20:00"), 2, Slot(on(23, "09:00"), DIGEST, "quiet")),
        (Cause.DISPATCHED, U.URGENT, on(20, "20:00"), 2, Slot(on(20, "20:00") + timedelta(seconds=30), "SZ")),
        (Cause.DISPATCHED, U.URGENT, on(20, "23:00"), 2, Slot(on(21, "07:00"), DIGEST, "quiet")),
        (Cause.DISPATCHED, U.CRITICAL, on(21, "03:00"), 0, Slot(on(21, "03:00"), "")),
        (Cause.BREACHED, U.CRITICAL, on(21, "03:00"), 0, Slot(on(21, "03:00"), "")),
        (Cause.BREACHED, U.NORMAL, on(20, "10:00"), 2, Slot(on(20, "13:30"), DIGEST, "digest")),
        (Cause.NEAR_DUE, U.NORMAL, on(20, "10:00"), 0.9, Slot(on(20, "13:30"), DIGEST, "budget")),
        (Cause.RAISED, U.NORMAL, on(20, "10:00"), 0, Slot(on(20, "10:00") + timedelta(seconds=30), "SZ")),
        (Cause.RAISED, U.NORMAL, on(21, "10:00"), 2, Slot(on(23, "09:00"), DIGEST, "quiet")),
    ],
)  # fmt: skip
def test_when_somebody_is_told(
    cause: Cause, urgency: Urgency, now: datetime, left: float, slot: Slot
) -> None:
    assert _slot(cause, urgency, now, left) == slot


def test_a_rung_said_again_waits_for_the_digest_unless_it_is_critical() -> None:
    budget = Budget("P", 2, FRIDAY, 2)
    planner = Planner(RULES, people(), FRIDAY)
    again = planner.slot(Matter(Cause.RAISED, U.URGENT, "SZ", again=True), "L", budget)
    assert again == Slot(on(20, "13:30"), DIGEST, "digest")
    critical = planner.slot(Matter(Cause.RAISED, U.CRITICAL, "SZ", again=True), "L", budget)
    assert critical == Slot(FRIDAY, "")


def test_who_is_on_the_rota_in_the_night_is_told_in_the_night() -> None:
    turn = DutyTurn(date=on(21, "00:00").date(), unit="SZ", post="L", start="00:00", end="08:00")
    planner = Planner(RULES, people(duty=(turn,)), on(21, "03:00"))
    slot = planner.slot(Matter(Cause.DISPATCHED, U.NORMAL, "SZ"), "L", Budget("P", 2, FRIDAY, 2))
    assert (slot.bundle, slot.reason) == ("SZ", None)


@given(
    st.lists(st.integers(0, 40_000), min_size=1, max_size=200),
    st.integers(1, 50),
)
def test_nobody_gets_more_in_any_day_than_a_full_budget_and_its_refill(
    gaps: list[int], a_day: int
) -> None:
    budget = Budget("P", float(a_day), FRIDAY, a_day)
    now, taken = FRIDAY, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        if budget.take(now):
            taken.append(now)
    for start in taken:
        within = [at for at in taken if start <= at < start + timedelta(days=1)]
        assert len(within) <= 2 * a_day


CAUSE = st.sampled_from(list(Cause))
MOMENT = st.integers(0, 60 * 24 * 30).map(lambda m: on(1, "00:00") + timedelta(minutes=m))


@given(CAUSE, st.sampled_from([U.NORMAL, U.COMPLEX]), MOMENT, st.sampled_from(["L", "S1", "D"]))
def test_no_ordinary_notice_comes_to_somebody_off_duty(
    cause: Cause, urgency: Urgency, now: datetime, post: str
) -> None:
    known = people()
    planner = Planner(RULES.model_copy(update={"group_wait_s": 0}), known, now)
    slot = planner.slot(Matter(cause, urgency, "SZ"), post, Budget("P", 1, now, 1))
    assert slot.not_before >= now
    assert known.on_duty(post, slot.not_before)


@given(CAUSE, MOMENT, st.floats(0, 3))
def test_a_critical_notice_never_waits(cause: Cause, now: datetime, left: float) -> None:
    assert _slot(cause, U.CRITICAL, now, left) == Slot(now, "")


def test_waits_grow_and_end_and_a_receiver_that_asks_for_more_gets_it() -> None:
    rules = NoticeRules(retry_s=(5, 30))
    assert [wait_s(rules, n, None) for n in (1, 2, 3)] == [5, 30, None]
    assert wait_s(rules, 1, 60.0) == 60
    assert wait_s(rules, 2, 1.0) == 30


def _due(n: int, person: str, bundle: str, at: datetime) -> Due:
    return Due(UUID(int=n), person, "chat", bundle, "L", "SZ", U.NORMAL, at)


def test_what_waits_together_becomes_one_message_and_a_digest_takes_only_what_is_due() -> None:
    later = FRIDAY + timedelta(hours=5)
    waiting = [
        _due(1, "A", "SZ", FRIDAY), _due(2, "A", "SZ", later), _due(3, "B", "SZ", FRIDAY),
        _due(4, "A", DIGEST, FRIDAY), _due(5, "A", DIGEST, later), _due(6, "A", "", FRIDAY),
        _due(7, "A", "", FRIDAY),
    ]  # fmt: skip
    alone, joined = together(waiting, FRIDAY)
    assert {one.int for one in alone} == {3, 4, 6, 7}
    assert [[m.notice_id.int for m in one.members] for one in joined] == [[1, 2]]


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["", "SZ", DIGEST]), st.booleans()))
)
def test_everything_due_goes_out_exactly_once(rows: list[tuple[str, str, bool]]) -> None:
    later = FRIDAY + timedelta(hours=1)
    waiting = [_due(n, p, b, FRIDAY if due else later) for n, (p, b, due) in enumerate(rows)]
    alone, joined = together(waiting, FRIDAY)
    out = [*alone, *(m.notice_id for one in joined for m in one.members)]
    assert len(out) == len(set(out))
    assert {one.notice_id for one in waiting if one.not_before <= FRIDAY} <= set(out)
    assert len({(m.person, m.bundle) for one in joined for m in one.members}) == len(joined)


def _occasion(cause: Cause, **more: Any) -> Occasion:
    usual: dict[str, Any] = {
        "ticket_id": uuid4(), "number": "261123000001", "clock": ClockKind.RESULT, "level": 3,
        "category": "LD",
    }  # fmt: skip
    return Occasion(uuid4(), cause, "SZ", AREA, FRIDAY, **(usual | more))


STOPS: Final[list[tuple[Cause, dict[str, Any], str | None]]] = [
    (Cause.DISPATCHED, {"status": "dispatched", "holder": "SZ"}, None),
    (Cause.DISPATCHED, {"status": "accepted", "holder": "SZ"}, "signed"),
    (Cause.DISPATCHED, {"status": "dispatched", "holder": "DX"}, "moved"),
    (Cause.URGED, {"status": "callback", "holder": "SZ"}, "handled"),
    (Cause.SUPERVISED, {"status": "in_progress", "holder": "SZ"}, None),
    (Cause.NEAR_DUE, {"running": True, "due_at": FRIDAY + timedelta(hours=1)}, None),
    (Cause.NEAR_DUE, {"running": True, "due_at": FRIDAY}, "breached"),
    (Cause.NEAR_DUE, {"running": False}, "done"),
    (Cause.BREACHED, {"running": True, "due_at": FRIDAY}, None),
    (Cause.BREACHED, {"running": True, "due_at": FRIDAY + timedelta(hours=1)}, "extended"),
    (Cause.RAISED, {"running": True}, None),
    (Cause.RAISED, {"running": False}, "done"),
    (Cause.RAISED, {"running": True, "cleared": True}, "cleared"),
    (Cause.CALLED, {"running": True}, None),
    (Cause.CALLED, {"running": False}, "answered"),
    (Cause.QUEUED, {"on_table": False}, "off_the_table"),
    (Cause.DECIDED, {"status": "in_progress"}, None),
]


@pytest.mark.parametrize(("cause", "facts", "why"), STOPS)
def test_what_stops_a_notice(cause: Cause, facts: dict[str, Any], why: str | None) -> None:
    assert why_not(_occasion(cause), Facts(**facts), FRIDAY) == why


@pytest.mark.parametrize("cause", list(Cause))
def test_nothing_is_told_of_a_ticket_that_ended(cause: Cause) -> None:
    facts = Facts(status=TicketStatus.CLOSED, holder="SZ", running=True, on_table=True)
    assert why_not(_occasion(cause), facts, FRIDAY) == "ended"


def test_a_decisions_rung_outlives_the_ticket() -> None:
    rung = _occasion(Cause.RAISED, standing=True)
    assert why_not(rung, Facts(status=TicketStatus.CLOSED), FRIDAY) is None


def test_every_cause_has_an_event_and_words() -> None:
    assert set(CAUSES.values()) == set(Cause) == set(wording.CAUSE_NAMES)


NAME = st.text(alphabet="市政工程服务中心无影潭社区路灯", max_size=60)


@given(CAUSE, NAME, NAME, NAME, st.none() | MOMENT, st.sampled_from(list(ClockKind)))
def test_a_notice_about_one_matter_fits_a_short_message(  # noqa: PLR0913, PLR0917 - names and times
    cause: Cause, place: str, unit: str, category: str, due_at: datetime | None, clock: ClockKind
) -> None:
    names = Names(lambda _: place, lambda _: unit, lambda _: category)
    told = Told(_occasion(cause, clock=clock, due_at=due_at), Facts())
    text = wording.body([told], names)
    assert len(text) <= LONGEST
    assert text.startswith("【吹哨】")
    assert "261123000001" in text
    assert "{" not in text
    assert due_at is None or wording.subject([told])


@given(st.lists(CAUSE, min_size=2, max_size=60))
def test_a_digest_counts_and_names_the_most_urgent(causes: list[Cause]) -> None:
    names = Names(lambda _: "", lambda _: "", lambda _: "")
    told = [Told(_occasion(cause, urgency=U.NORMAL), Facts()) for cause in causes]
    told.append(Told(_occasion(Cause.NEAR_DUE, urgency=U.URGENT, number="999"), Facts()))
    text = wording.body(told, names)
    assert len(text) <= LONGEST
    assert f"待办{len(told)}件" in text
    assert text.endswith("最急 999")
    data = wording.data(told)
    items = data["items"]
    assert data["count"] == len(told)
    assert len(items) == min(len(told), wording.MOST_ITEMS)
    assert items[0]["urgency"] == "urgent"
