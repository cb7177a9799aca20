"""The number a caller is told: 12 digits, YYMMDD, five scrambled, a check digit; readable aloud.

The five digits are a permutation of the day's counter, so that two calls in a row do not get two numbers
in a row. A day holds 100,000 of them; when a day is full the next hundred thousand use the same date with
20, 40, 60 or 80 added to the month, and 40 added to the day: a million a day, never the same number twice.
The check digit is ISO/IEC 7064 MOD 11,10, which finds every wrong digit and every exchanged pair.
"""

from __future__ import annotations

from datetime import date
from typing import Final

BLOCK: Final = 100_000
BLOCKS: Final = 10
_FACTOR: Final = 61_803
_LENGTH: Final = 12


class DayFullError(Exception):
    """More complaints on one day than numbers: a million."""


def number(day: date, counter: int) -> str:
    """The number of the day's `counter`-th complaint, from 0. Raises DayFullError."""
    block, rest = divmod(counter, BLOCK)
    if block >= BLOCKS:
        raise DayFullError(str(day))
    extra_day, extra_month = divmod(block, 5)
    scrambled = (rest * _FACTOR + day.toordinal() * 7_919) % BLOCK
    month, day_of_month = day.month + 20 * extra_month, day.day + 40 * extra_day
    body = f"{day.year % 100:02d}{month:02d}{day_of_month:02d}{scrambled:05d}"
    return body + check_digit(body)


def is_number(text: str) -> bool:
    """True for 12 digits whose last is the right check digit."""
    return (
        len(text) == _LENGTH
        and text.isascii()
        and text.isdigit()
        and check_digit(text[:-1]) == text[-1]
    )


def check_digit(body: str) -> str:
    """ISO/IEC 7064 MOD 11,10."""
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = (total * 2) % 11
    return str((11 - product) % 10)
