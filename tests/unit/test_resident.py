"""What residents are told, and how often anybody may guess."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.directory import UnitKind
from contracts.ticket import TicketStatus as S
from services.intake import resident_page as page
from services.intake.number import number
from services.intake.resident import (
    SENTENCES,
    TRIES,
    WITHIN,
    View,
    digits_of,
    household,
    recent_of,
    too_many,
    wait,
)

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
NUMBER = number(date(2026, 11, 21), 7)
MOMENTS = st.lists(st.timedeltas(timedelta(0), timedelta(hours=3)), max_size=12)


def test_every_state_has_a_sentence_for_the_resident() -> None:
    assert SENTENCES.keys() == set(S)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("status", S)
def test_no_word_of_the_office_is_in_it(status: S, lang: str) -> None:
    told = View(NUMBER, status, together=True, since=NOW).tell("en" if lang == "en" else "zh")
    codes = {one.value for one in S if "_" in one.value} | {kind.value for kind in UnitKind}
    said = f"{told['state']} {told['next']}"
    assert not any(re.search(rf"\b{code}\b", said) for code in codes)
    assert not re.search("工单|挂账|裁定|退单|分拨|网格员", said)
    assert bool(re.search("[一-鿿]", said)) is (lang == "zh")
    assert told["since"] == "2026-11-16T10:00+08:00"


@pytest.mark.parametrize("status", S)
def test_how_far_it_has_come_is_shown_where_it_goes_on(status: S) -> None:
    view = View(NUMBER, status, together=False, since=NOW)
    html = page.answer(view.tell("zh"), "zh", view.step)
    assert html.count('aria-current="step"') == (view.step is not None)
    assert (view.step is None) is (status in {S.DECLINED, S.WITHDRAWN})
    if view.step is not None:
        before = html.partition('aria-current="step"')[0]
        assert before.count('class="past"') == view.step


@given(MOMENTS)
def test_five_wrong_tries_an_hour_and_not_one_more(ages: list[timedelta]) -> None:
    tries = [NOW - age for age in ages]
    recent = sum(age < WITHIN for age in ages)
    left = wait(tries, NOW)
    assert (left is None) is (recent < TRIES)
    if left is not None:
        assert timedelta(0) < left <= WITHIN
        assert wait(tries, NOW + left) is None
        assert too_many(left).retry_after_s


def test_a_try_an_hour_ago_counts_no_more() -> None:
    assert recent_of([NOW - WITHIN, NOW], NOW) == [NOW]


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("4321", "4321"),
        (" \uff14\uff13\uff12\uff11 ", "4321"),
        ("432", None),
        ("43211", None),
        ("四三二一", None),
        ("43²1", "4321"),
        ("٤٣٢١", None),
        ("", None),
    ],
)
def test_digits_are_read_however_a_keyboard_writes_them(said: str, digits: str | None) -> None:
    assert digits_of(said) == digits


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_is_one_address(address: str, counted: str) -> None:
    assert household(address) == counted


def test_the_page_needs_nothing_from_elsewhere_and_shows_no_markup_of_others() -> None:
    html = page.form("<script>alert(1)</script>", "zh", "<b>wrong</b>")
    assert "<script" not in html
    assert "&lt;b&gt;wrong" in html
    told = View(NUMBER, S.CLOSED, together=False, since=NOW).tell("zh")
    assert NUMBER in page.answer(told, "zh", 4)
    assert not re.search(r"(src|href|action)=\"(?!\?lang=)", html)
    assert page.HEADERS["Content-Security-Policy"].startswith("default-src 'self'")
