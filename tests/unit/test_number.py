"""The number a caller is told: readable aloud, and safe against slips of the tongue."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.number import DayFullError, check_digit, is_number, number

DAY = date(2026, 11, 21)
MILLION = 1_000_000


def right(text: str) -> bool:
    return check_digit(text[:-1]) == text[-1]


def every_short_number() -> list[str]:
    """All bodies of three digits: every state of the check times every pair of neighbours."""
    return [f"{n:03d}" + check_digit(f"{n:03d}") for n in range(1_000)]


@given(day=st.dates(date(2020, 1, 1), date(2099, 12, 31)), counter=st.integers(0, MILLION - 1))
def test_a_number_is_12_digits_of_which_the_last_checks_the_others(day: date, counter: int) -> None:
    told = number(day, counter)
    assert len(told) == 12
    assert told.isascii()
    assert told.isdigit()
    assert is_number(told)


def test_the_first_hundred_thousand_of_a_day_begin_with_its_date() -> None:
    assert {number(DAY, counter)[:6] for counter in range(0, 100_000, 997)} == {"261121"}


def test_every_single_wrong_digit_is_found() -> None:
    for told in every_short_number():
        for place, digit in enumerate(told):
            for other in set("0123456789") - {digit}:
                assert not right(told[:place] + other + told[place + 1 :])


def test_every_exchange_of_two_neighbours_is_found() -> None:
    for told in every_short_number():
        for place in range(len(told) - 1):
            swapped = told[:place] + told[place + 1] + told[place] + told[place + 2 :]
            assert swapped == told or not right(swapped), (told, swapped)


def test_slips_in_whole_numbers_are_found() -> None:
    for counter in range(0, MILLION, 4_001):
        told = number(DAY, counter)
        for place in range(11):
            swapped = told[:place] + told[place + 1] + told[place] + told[place + 2 :]
            assert swapped == told or not is_number(swapped)
            assert not is_number(
                told[:place] + str((int(told[place]) + 1) % 10) + told[place + 1 :]
            )


def test_no_two_complaints_of_a_day_get_the_same_number() -> None:
    counters = {*range(0, MILLION, 13), *range(99_000, 101_000), *range(998_000, MILLION)}
    assert len({number(DAY, counter) for counter in counters}) == len(counters)


def test_five_digits_of_a_block_are_each_used_once() -> None:
    assert len({number(DAY, counter)[6:11] for counter in range(100_000)}) == 100_000


def test_dates_never_meet_over_a_year_and_all_ten_blocks() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    heads = [number(day, block * 100_000)[:6] for day in days for block in range(10)]
    assert len(set(heads)) == len(heads)


def test_two_calls_in_a_row_do_not_get_two_numbers_in_a_row() -> None:
    told = [int(number(DAY, counter)[6:11]) for counter in range(20_000)]
    assert min(abs(one - other) for one, other in pairwise(told)) > 1_000


def test_a_day_has_a_million_numbers_and_then_says_so() -> None:
    assert is_number(number(DAY, MILLION - 1))
    with pytest.raises(DayFullError):
        number(DAY, MILLION)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "26112112345",
        "2611211234567",
        "\uff12\uff16\uff11\uff11\uff12\uff11\uff11\uff12\uff13\uff14\uff15\uff16",
        "26112a123456",
        "²" * 12,
    ],
)
def test_what_is_not_twelve_plain_digits_is_no_number(text: str) -> None:
    assert not is_number(text)
