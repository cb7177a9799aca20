"""How the plain files write durations, moments, shifts, days and stretches of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

_DURATION: Final = "[1-9][0-9]{0,3}(m|h|d|wh|wd|bd)"
Limit = Annotated[str, StringConstraints(pattern=rf"^(none|{_DURATION})$")]
"""`15m`, `24h`, `7d` by the clock on the wall; `4wh`, `1wd` by the work calendar's hours, `3bd` by its days; `none`."""

Amount = Annotated[str, StringConstraints(pattern=rf"^{_DURATION}$")]
"""A limit that must be one: never `none`."""

Moment = Annotated[str, StringConstraints(pattern=rf"^([1-9][0-9]?%|(start|due)(\+{_DURATION})?)$")]
"""`80%` of a clock's limit, `due`, `due+1wd`, `start+1h`."""

AfterDue = Annotated[str, StringConstraints(pattern=rf"^due(\+{_DURATION})?$")]
"""`due`, `due+1wd`."""

Share = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?%$")]
Shift = Annotated[str, StringConstraints(pattern=r"^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$")]
Minute = Annotated[str, StringConstraints(pattern=r"^[0-2][0-9]:[0-5][0-9]$")]
Day = Annotated[
    str,
    StringConstraints(
        pattern=r"^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])|mon|tue|wed|thu|fri|sat|sun)$"
    ),
]
Stretch = Annotated[str, StringConstraints(pattern=r"^((odd|even):)?[0-9]{1,4}-[0-9]{1,4}$")]
_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _in_order(absence: str) -> str:
    """Both ends are days of the calendar, the first not after the last. Raises ValueError."""
    first, _, last = absence.partition("..")
    if date.fromisoformat(first) > date.fromisoformat(last or first):
        raise ValueError("起止日期颠倒 | the first day comes after the last")
    return absence


def covers(absences: Iterable[str], day: date) -> bool:
    """True when `day`, a day of the city, lies in one of the absences, both ends included."""
    today = day.isoformat()
    stretches = (absence.partition("..") for absence in absences)
    return any(first <= today <= (last or first) for first, _, last in stretches)


Absence = Annotated[
    str,
    StringConstraints(pattern=rf"^{_DATE}(\.\.{_DATE})?$"),
    AfterValidator(_in_order),
]
"""Days on which nobody can be reached at a post: `2026-11-20`, `2026-11-20..2026-11-27`, both included."""
