"""The city's rules in force: limits, calendars, ladder and roster of one directory version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.directory import PARTS as MODELS
from contracts.escalation import ReceptionLevel
from contracts.limits import LadderStep, Limits, Profile, WhistleLimits
from contracts.notices import NoticeRules
from contracts.whistle import WhistleKind
from kit.aside import in_pieces
from kit.errors import DomainError, Kind
from services.notifier.clocks.clock import NOBODY
from services.notifier.ladder import rules
from services.notifier.ladder.orgtree import Org
from services.notifier.notices.people import People
from services.notifier.notices.wording import Names
from services.notifier.reception.rhythm import Rules
from services.notifier.roster.roster import Roster
from services.notifier.whistle.whistle import whistle_limit
from services.notifier.worktime.calendar import STANDARD, CalendarError, Shifts, WorkCalendar
from services.notifier.worktime.calendar_rows import build
from services.notifier.worktime.limits import Basis, Duration, duration, share_of

PARTS: Final = (
    "units", "posts", "limits", "ladder", "calendar", "duty", "reception", "contacts", "notices",
    "categories",
)  # fmt: skip
_LIMIT: Final[Mapping[ClockKind, str]] = {
    ClockKind.RESIDENT: "result",
    ClockKind.DISPATCH: "dispatch",
    ClockKind.SIGN_FOR: "sign_for",
    ClockKind.CONTACT: "contact",
    ClockKind.RESULT: "result",
    ClockKind.RETURN_ANSWER: "return_answer",
    ClockKind.RULING: "ruling",
    ClockKind.HOLD_REVIEW: "hold_review",
    ClockKind.CALLBACK: "callback",
}
"""Which field of the limits times which clock; whistles have limits of their own, decisions dates."""
_WARN: Final = 0.8

BasisKey = tuple[ClockKind, str, Urgency, str]


@dataclass(frozen=True, slots=True)
class Directory:
    """One version. Frozen; the cache only remembers what was looked up."""

    version: int
    roster: Roster
    org: Org
    reception: Rules
    people: People
    notices: NoticeRules
    names: Names
    steps: Mapping[Urgency, tuple[LadderStep, ...]]
    _profiles: Mapping[str, Profile]
    _warn: Mapping[Urgency, float]
    _calendars: Mapping[str, WorkCalendar]
    _known: dict[BasisKey, Basis | None] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, version: int, parts: Mapping[str, Any]) -> Directory:
        """From the parts as the router publishes them.

        Raises pydantic.ValidationError for rows of another form, DomainError for limits, moments or
        calendars without sense, and where a standard profile or calendar is missing.
        """
        rows: dict[str, Any] = {
            name: tuple(map(MODELS[name].model_validate, parts[name])) for name in PARTS
        }
        calendars = build(rows["calendar"])
        profiles: dict[str, Profile] = {row.name: row for row in rows["limits"]}
        standard = profiles.get(STANDARD)
        if STANDARD not in calendars or standard is None or set(standard.limits) != set(Urgency):
            raise _no_standard()
        _check_durations(profiles)
        warn = dict.fromkeys(Urgency, _WARN)
        warn |= {row.urgency: share_of(row.warn) for row in rows["ladder"]}
        roster = Roster(rows["units"], rows["posts"], rows["duty"], calendars)
        categories = {row.code: row.name for row in rows["categories"]}
        return cls(
            version,
            roster,
            Org(roster),
            Rules.of(rows["reception"]),
            People(roster, rows["contacts"]),
            next(iter(rows["notices"]), NoticeRules()),
            Names(roster.place, roster.name, lambda code: categories.get(code or "", "")),
            rules.rules(rows["ladder"]),
            profiles,
            warn,
            calendars,
        )

    def basis(self, kind: ClockKind, profile: str, urgency: Urgency, unit: str) -> Basis | None:
        """What a clock's due time is computed from; None where the profile sets no limit."""
        key = (kind, profile, urgency, self.roster.calendar_of(unit))
        try:
            return self._known[key]
        except KeyError:
            found = self._known[key] = self._basis(*key)
            return found

    def whistle_basis(self, kind: ClockKind, whistle: WhistleKind, unit: str) -> Basis | None:
        """What a whistle's clock is computed from, by the standard profile; None where there is no limit."""
        profile = self._profiles[STANDARD]
        limit = whistle_limit(profile.whistle or WhistleLimits(), kind, whistle)
        if limit is None:
            return None
        return Basis(
            kind=kind,
            limit=limit,
            profile=profile.name,
            title=profile.title,
            urgency=whistle,
            calendar=self.roster.calendar(unit),
            version=self.version,
            warn=_WARN,
        )

    def calendar(self, name: str) -> WorkCalendar:
        """The calendar of that name, the standard one where it is gone."""
        return self._calendars.get(name) or self._calendars[STANDARD]

    @property
    def digests(self) -> dict[str, str]:
        """Calendar to the digest of its working time."""
        return {name: calendar.digest for name, calendar in self._calendars.items()}

    def extension(self, profile: str, urgency: Urgency) -> Duration | None:
        """By how much a granted extension moves the result clock."""
        return duration(self._limits(profile, urgency)[1].extension)

    def return_window(self, profile: str, urgency: Urgency, unit: str, start: datetime) -> datetime:
        """End of the return window (domain.md D4); where there is none it closes as it opens."""
        window = duration(self._limits(profile, urgency)[1].return_window)
        return window.after(start, self.roster.calendar(unit)) if window else start

    def seat(self, kind: ClockKind, holder: str, area: str) -> str:
        """The unit that must act: holder, desk (returns), subdistrict office (rulings), or nobody."""
        match kind:
            case ClockKind.CALLBACK | ClockKind.RESIDENT:
                return NOBODY
            case ClockKind.RETURN_ANSWER:
                return self.roster.desk(area)
            case ClockKind.RULING:
                office = self.roster.office(ReceptionLevel.SUBDISTRICT, area, holder)
                return office or self.roster.desk(area)
            case _:
                return holder

    def pieces(self) -> list[Any]:
        """What there is much of, for `kit.aside.let_go`."""
        return in_pieces([*self.roster.tables(), *self.people.tables()])

    def loaded_until(self, now: datetime) -> datetime | None:
        """Until when every calendar is loaded without a gap; None when the present year is missing."""
        ends = [c.loaded_until(now) for c in self._calendars.values() if isinstance(c, Shifts)]
        known = [end for end in ends if end is not None]
        return min(known) if len(known) == len(ends) else None

    def _basis(
        self, kind: ClockKind, profile: str, urgency: Urgency, calendar: str
    ) -> Basis | None:
        used, limits = self._limits(profile, urgency)
        limit = duration(getattr(limits, _LIMIT[kind])) if kind in _LIMIT else None
        if limit is None:
            return None
        return Basis(
            kind=kind,
            limit=limit,
            profile=used.name,
            title=used.title,
            urgency=urgency,
            calendar=self.calendar(calendar),
            version=self.version,
            warn=self._warn[urgency],
        )

    def _limits(self, profile: str, urgency: Urgency) -> tuple[Profile, Limits]:
        """The profile's limits; the standard ones where a newer version's profile is not known yet."""
        found = self._profiles.get(profile)
        if found is None or urgency not in found.limits:
            found = self._profiles[STANDARD]
        return found, found.limits[urgency]


class Holder:
    """The directory in use; empty until the first version arrives."""

    def __init__(self) -> None:
        self._directory: Directory | None = None
        self._first = asyncio.Event()

    def use(self, directory: Directory) -> None:
        """Switch to a version that is built."""
        self._directory = directory
        self._first.set()

    async def first(self) -> Directory:
        """The directory in use; waits for the first version."""
        await self._first.wait()
        return self.directory

    @property
    def directory(self) -> Directory:
        """Raises DomainError 503 before the first version."""
        if self._directory is None:
            raise DomainError(
                "no-directory",
                Kind.UNAVAILABLE,
                zh="区划目录尚未加载, 请稍后重试。",
                en="The directory is not loaded yet; try again shortly.",
                retry_after_s=1,
            )
        return self._directory


def _check_durations(profiles: Mapping[str, Profile]) -> None:
    for profile in profiles.values():
        for limits in profile.limits.values():
            for name in Limits.model_fields:
                if name != "sources":
                    duration(getattr(limits, name))


def _no_standard() -> DomainError:
    return CalendarError(
        "no-standard",
        Kind.INVALID,
        field="limits",
        zh="目录缺少 standard 工作历, 或 standard 时限档没有写全四种紧急程度; 请补全后重新发布。",
        en="The directory lacks a standard calendar, or a standard profile with all four urgencies;"
        " complete it and publish again.",
    )
