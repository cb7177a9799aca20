"""The work calendar: when working time runs, and the instant at which an amount of it is used up.

Lunch breaks, several shifts, holidays and make-up workdays are ordinary intervals (domain.md D3 rule 7).
Intervals of all loaded years lie in one sorted list with running sums, so an answer costs two binary
searches however long the span is. Asia/Shanghai has had no daylight saving since 1991: local time is
UTC+8, and all arithmetic is on whole microseconds since 1970.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

from kit.city_time import CITY_TIME
from kit.errors import DomainError, Kind

ALWAYS: Final = "always"
STANDARD: Final = "standard"
DAY_S: Final = 86_400
SECOND: Final = 1_000_000
"""In microseconds, as are DAY and OFFSET."""
DAY: Final = DAY_S * SECOND
OFFSET: Final = 8 * 3_600 * SECOND
FIRST_DAY: Final = date(1970, 1, 1).toordinal()
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


class CalendarError(DomainError):
    """The city's calendar cannot answer: a year is not loaded, or its rows make no sense."""


class WorkCalendar(Protocol):
    """What limits need of a calendar."""

    @property
    def name(self) -> str:
        """Its name in the `calendar` column of units.csv."""
        ...

    @property
    def working_day_s(self) -> int:
        """Working seconds of one standard day: what `1wd` stands for."""
        ...

    @property
    def digest(self) -> str:
        """Of its working time: calendars with the same one give the same due times."""
        ...

    def add_working(self, start: datetime, seconds: float) -> datetime:
        """The earliest instant (UTC) by which `seconds` of working time have run since `start`."""
        ...

    def working_s(self, start: datetime, end: datetime) -> float:
        """Seconds of working time from `start` to `end`."""
        ...

    def skipped(self, start: datetime, end: datetime) -> tuple[str, ...]:
        """Local dates from `start` to `end` on which no working time runs, `YYYY-MM-DD`."""
        ...

    def is_working(self, at: datetime) -> bool:
        """True while working time runs; False outside it and in years that are not loaded."""
        ...


@dataclass(frozen=True, slots=True)
class Always:
    """The calendar of those who are always on duty: working time is time."""

    name: str = ALWAYS
    working_day_s: int = DAY_S
    digest: str = ALWAYS

    def add_working(self, start: datetime, seconds: float) -> datetime:
        """`start` plus `seconds`."""
        return start.astimezone(UTC) + timedelta(seconds=seconds)

    def working_s(self, start: datetime, end: datetime) -> float:
        """The seconds between them; zero when `end` is not later."""
        return max(0.0, (end - start).total_seconds())

    def skipped(self, start: datetime, end: datetime) -> tuple[str, ...]:  # noqa: ARG002 - protocol
        """None."""
        return ()

    def is_working(self, at: datetime) -> bool:  # noqa: ARG002 - protocol
        """Always."""
        return True


@dataclass(frozen=True, slots=True)
class Span:
    """Working intervals of consecutive loaded years, microseconds since 1970."""

    first_year: int
    last_year: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    """Working time before each interval, counted from the start of `first_year`."""
    workdays: frozenset[int]
    """Day numbers (days since 1970, local) with working time."""

    def used(self, at: int) -> int:
        """Working time from the start of `first_year` to `at`."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return 0
        return self.before[index] + min(at, self.ends[index]) - self.starts[index]

    def reached(self, amount: int) -> int | None:
        """The earliest instant at which `amount` (> 0) is used up; None beyond the last year."""
        index = bisect_left(self.before, amount) - 1
        at = self.starts[index] + amount - self.before[index]
        return at if at <= self.ends[index] else None


@dataclass(frozen=True, slots=True)
class Shifts:
    """A calendar of working intervals."""

    name: str
    working_day_s: int
    spans: tuple[Span, ...]
    digest: str
    _dates: dict[tuple[int, int], tuple[str, ...]] = field(default_factory=dict, compare=False)

    def add_working(self, start: datetime, seconds: float) -> datetime:
        """The earliest instant by which `seconds` have run; `start` itself for zero.

        Raises CalendarError when a year on the way is not loaded.
        """
        amount = round(seconds * SECOND)
        if amount <= 0:
            return start.astimezone(UTC)
        at = (start - _EPOCH) // _TICK
        span = self._span(_local_year(at))
        reached = span.reached(span.used(at) + amount)
        if reached is None:
            raise year_missing(self.name, span.last_year + 1)
        return _EPOCH + timedelta(microseconds=reached)

    def working_s(self, start: datetime, end: datetime) -> float:
        """Seconds of working time from `start` to `end`; zero when `end` is not later.

        Raises CalendarError when a year on the way is not loaded.
        """
        first, last = ((at - _EPOCH) // _TICK for at in (start, end))
        span = self._span(_local_year(first))
        if _local_year(last) > span.last_year:
            raise year_missing(self.name, span.last_year + 1)
        return max(0, span.used(last) - span.used(first)) / SECOND

    def skipped(self, start: datetime, end: datetime) -> tuple[str, ...]:
        """Local dates from `start` to `end`, both included, without working time."""
        first, last = _local_day((start - _EPOCH) // _TICK), _local_day((end - _EPOCH) // _TICK)
        found = self._dates.get((first, last))
        if found is None:
            worked = self._span(year_of(first)).workdays
            free = (day for day in range(first, last + 1) if day not in worked)
            found = tuple(date.fromordinal(FIRST_DAY + day).isoformat() for day in free)
            self._dates[first, last] = found
        return found

    def is_working(self, at: datetime) -> bool:
        """True inside an interval."""
        moment = (at - _EPOCH) // _TICK
        for span in self.spans:
            index = bisect_right(span.starts, moment) - 1
            if index >= 0 and moment < span.ends[index]:
                return True
        return False

    def loaded_until(self, at: datetime) -> datetime | None:
        """End of the loaded years that follow `at` without a gap; None when that year is missing."""
        year = _local_year((at - _EPOCH) // _TICK)
        for span in self.spans:
            if span.first_year <= year <= span.last_year:
                return datetime(span.last_year + 1, 1, 1, tzinfo=CITY_TIME)
        return None

    def _span(self, year: int) -> Span:
        for span in self.spans:
            if span.first_year <= year <= span.last_year:
                return span
        raise year_missing(self.name, year)


def year_missing(calendar: str, year: int) -> CalendarError:
    """A due time needs a year nobody has loaded (domain.md D3 rule 6)."""
    return CalendarError(
        "calendar-year-missing",
        Kind.UNAVAILABLE,
        field="calendar",
        zh=f"工作历 {calendar} 没有 {year} 年; 请补上 calendar/{year}.csv 并重新发布目录。",
        en=f"Work calendar {calendar} has no year {year}; add calendar/{year}.csv and publish again.",
        extra={"calendar": calendar, "year": year},
    )


def _local_day(at: int) -> int:
    return (at + OFFSET) // DAY


def year_of(day: int) -> int:
    """The year of a local day, counted in days since 1970."""
    return date.fromordinal(FIRST_DAY + day).year


def _local_year(at: int) -> int:
    return year_of(_local_day(at))
