"""From when until when something is counted: days and weeks of the city's calendar. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Self

from kit.city_time import CITY_TIME
from kit.errors import DomainError
from kit.validation import wrong_field

USUAL: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=400)
YEARS: Final = range(2000, 2100)
_WEEK: Final = re.compile(r"(\d{4})-W(\d{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """`since` is part of it, `until` is not."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, since: str | None, until: str | None, now: datetime) -> Self:
        """As asked; by itself the 30 days before now. Raises DomainError 422."""
        end = _moment("to", until) if until else now
        start = _moment("from", since) if since else end - USUAL
        if not start < end <= start + LONGEST:
            raise wrong_field(
                "to",
                zh=f"应晚于 from，且相隔不超过 {LONGEST.days} 天",
                en=f"must come after `from`, by {LONGEST.days} days at most",
            )
        return cls(start, end)

    @classmethod
    def week(cls, text: str) -> Self:
        """A week as ISO 8601 counts it, Monday to Sunday: `2026-W47`. Raises DomainError 422."""
        found = _WEEK.fullmatch(text)
        try:
            if found is None or int(found[1]) not in YEARS:
                raise _no_week()
            first = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError:
            raise _no_week() from None
        return cls.days(first, first + timedelta(days=6))

    @classmethod
    def days(cls, first: date, last: date) -> Self:
        """Whole days, the last one included."""
        return cls(_midnight(first), _midnight(last + timedelta(days=1)))


def _moment(field: str, text: str) -> datetime:
    """A day is its first instant in the city; a time needs its offset."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _no_moment(field) from None
    if len(text) == len("2026-11-22"):
        at = at.replace(tzinfo=CITY_TIME)
    if at.tzinfo is None or at.year not in YEARS:
        raise _no_moment(field)
    return at


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=CITY_TIME)


def _no_moment(field: str) -> DomainError:
    return wrong_field(
        field,
        zh="应为日期（2026-11-22）或带时区的时间（2026-11-22T09:00:00+08:00）",
        en="must be a day (2026-11-22) or a time with its offset (2026-11-22T09:00:00+08:00)",
    )


def _no_week() -> DomainError:
    return wrong_field("week", zh="应为 ISO 周，如 2026-W47", en="must be an ISO week, as 2026-W47")
