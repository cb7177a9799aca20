"""The city's calendar day of a moment: directories are dated by days, and days begin in Shanghai."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

CITY: Final = ZoneInfo("Asia/Shanghai")


class Dated(Protocol):
    """Something in force from a day until before another."""

    @property
    def valid_from(self) -> date | None:
        """First day; None: always was."""
        ...

    @property
    def valid_to(self) -> date | None:
        """First day on which it is no longer in force; None: no end known."""
        ...


def day_of(at: datetime) -> date:
    """The day in the city."""
    return at.astimezone(CITY).date()


def in_force(thing: Dated, day: date) -> bool:
    """True on the days from `valid_from` until before `valid_to`."""
    begun = thing.valid_from is None or thing.valid_from <= day
    return begun and (thing.valid_to is None or day < thing.valid_to)
