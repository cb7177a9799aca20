"""When an office receives: the city's rules, and the dates they propose (domain.md D7, C32). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from contracts.escalation import ReceptionLevel
from contracts.limits import ReceptionRule
from kit.city_time import CITY_TIME
from services.notifier.worktime.calendar import WorkCalendar
from services.notifier.worktime.limits import duration, moment, share_of

DEFAULT: Final = "default"
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AHEAD: Final = 21
"""Days within which a date that falls on a holiday finds a working day; the longest holidays have 9."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one directory version: the office's own, else its level's, else the usual one."""

    _by_office: Mapping[str, ReceptionRule] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[ReceptionRule]) -> Rules:
        """From the rows of reception.toml. Raises LimitError for a time that cannot be read."""
        found = {row.office: row for row in rows}
        for row in found.values():
            duration(row.decision), duration(row.confirm)
            moment(row.lapse), share_of(row.warn)
        return cls(found)

    def rule(self, org: str, level: ReceptionLevel) -> ReceptionRule:
        """What an office goes by."""
        for name in (org, level.value, DEFAULT):
            if name in self._by_office:
                return self._by_office[name]
        return ReceptionRule()


def proposed(
    rule: ReceptionRule, calendar: WorkCalendar, first: datetime, last: datetime
) -> list[dict[str, Any]]:
    """Dates of a rhythm from `first` until before `last`, in order.

    A date without working time at that hour moves to the next day that has it, and says from where; one
    for which no such day is loaded is proposed as it falls, and says so.
    """
    found = []
    for day in _days(rule, first.astimezone(CITY_TIME).date(), last.astimezone(CITY_TIME).date()):
        planned = datetime.combine(day, time.fromisoformat(rule.time), CITY_TIME)
        working = next((at for at in _following(planned) if calendar.is_working(at)), None)
        at = working or planned
        if first <= at < last:
            moved = planned.isoformat() if at != planned else None
            one = {"starts_at": at.isoformat(), "kind": rule.kind, "moved_from": moved}
            found.append(one | {"calendar_loaded": working is not None})
    return found


def _days(rule: ReceptionRule, first: date, last: date) -> Iterator[date]:
    """The chosen weekday of each month, one month before `first` as well: it may have moved past it."""
    month = (first.replace(day=1) - timedelta(days=1)).replace(day=1)
    while month <= last:
        offset = (_WEEKDAYS.index(rule.weekday) - month.weekday()) % 7
        yield month + timedelta(days=offset + 7 * (rule.week - 1))
        month = (month + timedelta(days=32)).replace(day=1)


def _following(planned: datetime) -> Iterator[datetime]:
    for days in range(_LOOK_AHEAD):
        yield planned + timedelta(days=days)
