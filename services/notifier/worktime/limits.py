"""Limits as the city wrote them, and the due times that follow: when, why, and in one plain sentence.

Durations: `15m`, `24h`, `7d` run by the clock on the wall; `4wh` and `1wd` run while the unit's work
calendar does, `1wd` standing for one standard day's working seconds; `3bd` counts workdays by date
(`by_date.py`); `none` is no limit. Moments of the ladder: `80%` of a limit, `due`, `due+1wd`, `start+1h`.
Source of the numbers: domain.md D4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from contracts.clock import ClockKind, Trace
from contracts.complaint import Urgency
from contracts.whistle import WhistleKind
from kit.city_time import CITY_TIME
from kit.errors import DomainError, Kind
from services.notifier.worktime.by_date import add_workdays
from services.notifier.worktime.calendar import WorkCalendar

NONE: Final = "none"
HALF: Final = 0.5
"""Share of the first result limit that a new round gets (domain.md D3 rule 8)."""
_SECONDS: Final = {"m": 60, "h": 3_600, "d": 86_400, "wh": 3_600}
_UNITS_ZH: Final = {
    "m": "分钟",
    "h": "小时",
    "d": "天",
    "wh": "个工作小时",
    "wd": "个工作日",
    "bd": "个工作日（按日数）",
}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,3})(m|h|d|wh|wd|bd)")
_MOMENT: Final = re.compile(r"(start|due)(?:\+(.+))?")
_SHARE: Final = re.compile(r"([1-9][0-9]?)%")
CASE_ZH: Final[dict[Urgency | WhistleKind, str]] = {
    Urgency.CRITICAL: "特急",
    Urgency.URGENT: "紧急",
    Urgency.NORMAL: "一般",
    Urgency.COMPLEX: "复杂",
    WhistleKind.RESIDENT_REQUEST: "群众诉求哨",
    WhistleKind.KEY_TASK: "重点工作哨",
    WhistleKind.JOINT_ENFORCEMENT: "综合执法哨",
    WhistleKind.EMERGENCY: "应急处置哨",
}
DUTY_ZH: Final = {
    ClockKind.RESIDENT: "给来电人答复",
    ClockKind.DISPATCH: "派单",
    ClockKind.SIGN_FOR: "签收",
    ClockKind.CONTACT: "首次联系来电人",
    ClockKind.RESULT: "办结",
    ClockKind.RETURN_ANSWER: "答复退单",
    ClockKind.RULING: "裁定责任",
    ClockKind.HOLD_REVIEW: "复核挂账",
    ClockKind.CALLBACK: "回访",
    ClockKind.CHECK_IN: "报到",
    ClockKind.SIGN_OFF: "签批吹哨",
    ClockKind.RESOLVE: "办结吹哨",
    ClockKind.RATING: "评哨",
    ClockKind.DECISION: "落实接待决定",
    ClockKind.CONFIRMATION: "确认接待决定已落实",
}


class LimitError(DomainError):
    """A duration or moment in limits.toml or ladder.toml that cannot be read."""


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount of wall time (m, h, d), of working time (wh, wd) or of workdays by date (bd)."""

    amount: int
    unit: str

    @property
    def working(self) -> bool:
        """True when it follows the work calendar."""
        return self.unit in ("wh", "wd", "bd")

    @property
    def text(self) -> str:
        """As the city wrote it: `1wd`."""
        return f"{self.amount}{self.unit}"

    @property
    def zh(self) -> str:
        """`1 个工作日`."""
        return f"{self.amount} {_UNITS_ZH[self.unit]}"

    @property
    def wall_s(self) -> int:
        """Seconds of it, where it runs by the clock on the wall."""
        return self.amount * _SECONDS[self.unit]

    def after(self, start: datetime, calendar: WorkCalendar, share: float = 1.0) -> datetime:
        """The instant (UTC) at which `share` of it has run since `start`. Raises CalendarError."""
        if self.unit == "bd":
            return add_workdays(calendar, start, self.amount * share)
        if self.unit == "wd":
            return calendar.add_working(start, self.amount * calendar.working_day_s * share)
        seconds = self.amount * _SECONDS[self.unit] * share
        if self.unit == "wh":
            return calendar.add_working(start, seconds)
        return start.astimezone(UTC) + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point on a running clock: a share of its limit, or an offset from its start or due time."""

    text: str
    base: str
    """`start` or `due`."""
    share: float = 0.0
    offset: Duration | None = None

    def resolve(self, trace: Trace, due_at: datetime, calendar: WorkCalendar) -> datetime:
        """Its instant (UTC) on the clock with that trace and due time. Raises CalendarError."""
        if self.share:
            limit, part = limit_of(trace)
            return limit.after(trace.start, calendar, self.share * part)
        base = due_at if self.base == "due" else trace.start
        return self.offset.after(base, calendar) if self.offset else base


@dataclass(frozen=True, slots=True)
class Due:
    """A due time with its explanation."""

    near_at: datetime
    """When the holder is warned."""
    due_at: datetime
    trace: Trace
    sentence: str


@dataclass(frozen=True, slots=True)
class Basis:
    """What a due time is computed from: a limit of a profile and urgency, on a calendar."""

    kind: ClockKind
    limit: Duration
    profile: str
    title: str
    urgency: Urgency | WhistleKind
    """Which of the profile's limits; of a whistle its kind."""
    calendar: WorkCalendar
    version: int
    """Directory version of profile and calendar."""
    warn: float
    """Share of the limit at which the holder is warned."""

    def due(self, start: datetime, share: float = 1.0) -> Due:
        """Due time for a clock started at `start`; `share` < 1 for later rounds. Raises CalendarError."""
        due_at = self.limit.after(start, self.calendar, share)
        skipped = self.calendar.skipped(start, due_at) if self.limit.working else ()
        trace = Trace(
            start=start,
            limit=self.limit.text if share == 1.0 else f"{self.limit.text}*{share:.0%}",
            profile=self.profile,
            urgency=self.urgency.value,
            calendar=self.calendar.name,
            calendar_version=self.version,
            calendar_digest=self.calendar.digest,
            skipped=skipped,
            warn=self.warn,
        )
        near_at = self.limit.after(start, self.calendar, share * self.warn)
        return Due(near_at, due_at, trace, self._sentence(start, due_at, skipped, share))

    def _sentence(
        self, start: datetime, due_at: datetime, skipped: tuple[str, ...], share: float
    ) -> str:
        part = "" if share == 1.0 else "的一半" if share == HALF else f"的 {share:.0%}"
        pause = f"，其间 {len(skipped)} 天不上班不计" if skipped else ""
        return (
            f"应于 {moment_zh(due_at)} 前{DUTY_ZH[self.kind]}：自 {moment_zh(start)} 起，"
            f"按《{self.title}》（{CASE_ZH[self.urgency]}）{self.limit.zh}{part}计{pause}。"
        )


def limit_of(trace: Trace) -> tuple[Duration, float]:
    """The limit a trace names and the share of it that was given. Raises LimitError."""
    text, _, part = trace.limit.partition("*")
    limit = duration(text)
    if limit is None:
        raise _unreadable(trace.limit)
    return limit, share_of(part) if part else 1.0


def moment_zh(at: datetime) -> str:
    """`2026年3月2日 09:00`, local time."""
    local = at.astimezone(CITY_TIME)
    return f"{local.year}年{local.month}月{local.day}日 {local.hour:02}:{local.minute:02}"


@cache
def duration(text: str) -> Duration | None:
    """Read `15m`, `24h`, `7d`, `4wh`, `1wd`; None for `none`. Raises LimitError."""
    if text == NONE:
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        raise _unreadable(text)
    return Duration(int(found[1]), found[2])


@cache
def moment(text: str) -> Moment:
    """Read `80%`, `due`, `due+1wd`, `start+1h`. Raises LimitError."""
    if share := _SHARE.fullmatch(text):
        return Moment(text, "start", share=int(share[1]) / 100)
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise _unreadable(text)
    offset = duration(found[2]) if found[2] else None
    if found[2] and offset is None:
        raise _unreadable(text)
    return Moment(text, found[1], offset=offset)


def share_of(text: str) -> float:
    """Read `80%` as 0.8. Raises LimitError."""
    found = _SHARE.fullmatch(text)
    if found is None:
        raise _unreadable(text)
    return int(found[1]) / 100


def _unreadable(text: str) -> LimitError:
    return LimitError(
        "limit-unreadable",
        Kind.INVALID,
        field="limits",
        zh=f"时限“{text}”无法识别；请写作 15m, 24h, 7d, 4wh, 1wd, 3bd, none, 80%, due, due+1wd 或 start+1h。",
        en=f"Cannot read limit {text!r}; write 15m, 24h, 7d, 4wh, 1wd, 3bd, none, 80%, due, due+1wd"
        " or start+1h.",
    )
