"""Hours of people: quiet spans of the night, when a shift or a turn of the rota begins. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from contracts.directory import DutyTurn
from kit.city_time import CITY_TIME
from services.notifier.worktime.calendar import CalendarError, WorkCalendar

_STEP: Final = timedelta(minutes=15)
_STEPS: Final = 96
_MOMENT: Final = timedelta(seconds=1)


def quiet_until(span: str, now: datetime) -> datetime | None:
    """End of the quiet hours `22:00-07:00` that run now; None outside them."""
    first, _, last = span.partition("-")
    clock_time = f"{now.astimezone(CITY_TIME):%H:%M}"
    over_midnight = first > last
    within = (
        clock_time >= first or clock_time < last if over_midnight else first <= clock_time < last
    )
    return at_clock(last, now) if within else None


def next_start(calendar: WorkCalendar, now: datetime) -> datetime | None:
    """Start of the next working interval after `now`; a pause under a quarter of an hour ends none.

    None where the year is not loaded.
    """
    at = now
    for _ in range(_STEPS):
        if not calendar.is_working(at):
            break
        at += _STEP
    try:
        return calendar.add_working(at, 1.0) - _MOMENT
    except CalendarError:
        return None


def starts(turn: DutyTurn) -> datetime:
    """When a turn of the rota begins."""
    hour, minute = turn.start.split(":")
    return datetime(
        turn.date.year, turn.date.month, turn.date.day, int(hour), int(minute), tzinfo=CITY_TIME
    )


def at_clock(minute: str, now: datetime) -> datetime:
    """The next time, later than now, at which a city clock shows this."""
    hours, _, minutes = minute.partition(":")
    local = now.astimezone(CITY_TIME)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + timedelta(hours=int(hours), minutes=int(minutes))
    return at if at > local else at + timedelta(days=1)
