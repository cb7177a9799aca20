"""The number a caller is told: 12 digits, YYMMDD, five scrambled, a check digit; readable aloud.

The five digits are a permutation of the day's counter, so that two calls in a row do not get two numbers
in a row. A day holds 100,000 of them; when a day is full the next hundred thousand use the same date with
20, 40, 60 or 80 added to the month, and 40 added to the day: a million a day, never the same number twice.
The check digit is Damm's, which finds every single wrong digit and every exchanged neighbouring pair
(ISO/IEC 7064 MOD 11,10 lets 20 of the 900 exchanges pass).
"""

from __future__ import annotations

from datetime import date
from typing import Final

BLOCK: Final = 100_000
BLOCKS: Final = 10
_FACTOR: Final = 61_803
_LENGTH: Final = 12
_DAMM: Final = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
"""A totally anti-symmetric quasigroup of order 10 (H. M. Damm, 2004)."""


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
    """The digit that takes Damm's table back to zero."""
    interim = 0
    for digit in body:
        interim = _DAMM[interim][int(digit)]
    return str(interim)
