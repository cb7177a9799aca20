"""How far ahead limits reach on the work calendar: which years must be loaded. Pure.

A due time that needs a year nobody loaded is refused when the directory is published (domain.md D3 rule 6).
Reckoned are the longest things that can start today: a result with its extension, each other limit, and the
ladder's rungs after them. Today's own working time is left out, so nothing that starts today reaches further.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any, Final

from contracts.limits import Limits, WhistleLimits

ALWAYS: Final = "always"
NONE: Final = "none"
WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORKING: Final = frozenset({"workday", "makeup"})
_WALL_D: Final = {"m": 1 / 1_440, "h": 1 / 24, "d": 1.0}
_BY_DATE: Final = "bd"
"""Workdays by date; one more is counted, because what begins after hours begins on the next workday."""
_MOST_DAYS: Final = 4_000
"""Nothing is looked for beyond: a calendar without working time would be walked for ever."""

Chain = tuple[str, ...]
"""Durations one after the other: `("7d", "7d", "6wd")`."""


@dataclass(frozen=True, slots=True)
class Worked:
    """The minutes of working time of a calendar's days."""

    weekly: Mapping[int, int]
    dated: Mapping[date, int]
    years: frozenset[int]
    day_minutes: int
    """Of one standard day: what `1wd` stands for."""

    def minutes(self, day: date) -> int:
        """Working time of a day, whatever year is loaded."""
        own = self.dated.get(day)
        return self.weekly.get(day.weekday(), 0) if own is None else own

    def missing(self, chain: Chain, today: date) -> int | None:
        """The first year that is not loaded on the way through `chain` from `today`; None: it ends before."""
        at = today
        for text in chain:
            amount, unit = int(text.rstrip("mhdwb")), text.lstrip("0123456789")
            if unit in _WALL_D:
                at += timedelta(days=ceil(amount * _WALL_D[unit]))
                continue
            left = amount + 1 if unit == _BY_DATE else amount * self._minutes_of(unit)
            while left > 0 and (at - today).days < _MOST_DAYS:
                at += timedelta(days=1)
                if at.year not in self.years:
                    return at.year
                worked = self.minutes(at)
                left -= min(worked, 1) if unit == _BY_DATE else worked
        return None

    def _minutes_of(self, unit: str) -> int:
        return 60 if unit == "wh" else self.day_minutes


def calendars(rows: Iterable[tuple[str, str, str, Sequence[str]]]) -> dict[str, Worked]:
    """Calendars by name from (calendar, date, kind, shifts); without dated rows: loaded as the others are."""
    found: dict[str, dict[str, int]] = {}
    for calendar, day, kind, shifts in rows:
        if calendar != ALWAYS:
            minutes = sum(map(_minutes, shifts)) if kind in _WORKING else 0
            found.setdefault(calendar, {})[day] = minutes if shifts or kind not in _WORKING else -1
    every = {int(day[:4]) for days in found.values() for day in days if day not in WEEK}
    return {name: _worked(days, every) for name, days in found.items()}


def chains(profiles: Iterable[Any], whistles: Iterable[Any], ladder: Iterable[Any]) -> set[Chain]:
    """What can follow one after the other from today, as the city wrote it."""
    rungs: dict[Any, set[str]] = {}
    for urgency, steps in ladder:
        ends = (step.at.partition("+") for step in steps)
        rungs[urgency] = {later for _, _, later in ends if later}
    found: set[Chain] = set()
    for limits in profiles:
        for urgency, own in limits.items():
            for chain in _of(own):
                found.add(chain)
                found |= {(*chain, later) for later in rungs.get(urgency, ())}
    for own in whistles:
        found |= {(text,) for text in _whistle(own or WhistleLimits())}
    return {real for chain in found if (real := tuple(text for text in chain if text != NONE))}


def _of(limits: Limits) -> Iterator[Chain]:
    yield (limits.result, limits.extension)
    for name in Limits.model_fields:
        if name not in ("sources", "result", "extension"):
            yield (getattr(limits, name),)


def _whistle(own: WhistleLimits) -> Iterator[str]:
    yield from (own.sign_off, own.rating, *own.check_in.values(), *own.resolve.values())


def _worked(days: Mapping[str, int], every: set[int]) -> Worked:
    weekly = {WEEK.index(day): max(0, n) for day, n in days.items() if day in WEEK}
    standard = next((weekly[n] for n in sorted(weekly) if weekly[n]), 0)
    dated = {
        date.fromisoformat(day): standard if n < 0 else n
        for day, n in days.items()
        if day not in WEEK and _exists(day)
    }
    years = frozenset({day.year for day in dated} or every)
    return Worked(weekly, dated, years, standard)


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _minutes(shift: str) -> int:
    start, end = (
        int(hours) * 60 + int(minutes)
        for hours, minutes in (clock.split(":") for clock in shift.split("-"))
    )
    return max(0, end - start)
