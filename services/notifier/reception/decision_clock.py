"""The clocks of a reception decision (domain.md D7). Pure.

Two, one after the other: the owner's, to carry it out, and the community secretary's, to confirm.
A refused report lets the owner's clock go on as if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

from contracts.clock import BY_DATE, ClockEvent, ClockKind, Trace
from contracts.limits import ReceptionRule
from kit.errors import Kind
from kit.validation import wrong_field
from services.notifier.clocks import moving
from services.notifier.clocks.moving import Calendars, Recounted
from services.notifier.reception.decision import Decision
from services.notifier.worktime.calendar import WorkCalendar
from services.notifier.worktime.limits import (
    DUTY_ZH,
    LimitError,
    duration,
    moment,
    moment_zh,
    share_of,
)

FURTHEST: Final = timedelta(days=366)
RULE: Final = "reception"
"""The profile such a trace names."""


@dataclass(slots=True, eq=False)
class DecisionClock:
    """A row of table `decision_clock`; the tick's own columns are not part of it."""

    clock_id: UUID
    decision_id: UUID
    kind: ClockKind
    """DECISION or CONFIRMATION."""
    unit: str
    """Who has to act before it runs out."""
    started_at: datetime
    near_at: datetime
    due_at: datetime
    lapse_at: datetime | None
    trace: Trace
    sentence: str
    lapse: str | None = None
    """What `lapse_at` is reckoned from, as the city wrote it when the clock started: `due+1wd`."""
    earlier_due: list[datetime] = field(default_factory=list)
    """Due times it had before a calendar was changed, oldest first (D3 rule 5)."""
    roles: Sequence[str] | None = None
    """Of the owner's people that are told when it is overdue, as the rule said when the clock started."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From its row."""
        values = {own.name: row[own.name] for own in fields(cls)}
        values["trace"] = Trace.model_validate(row["trace"])
        return cls(**values | {"kind": ClockKind(row["kind"])})

    def row(self) -> tuple[Any, ...]:
        """Its columns in order."""
        values = {own.name: getattr(self, own.name) for own in fields(self)}
        return tuple((values | {"trace": self.trace.model_dump(mode="json")}).values())

    def recount(self, book: Calendars) -> Recounted:
        """Reckon it again on its calendar as it is now; a date given at the table stays, what lapses follows.

        Raises CalendarError where a year on the way is not loaded any more.
        """
        calendar = book.calendar(self.trace.calendar)
        if self.trace.limit != BY_DATE:
            done = moving.recount(self, book)
        elif self.trace.calendar_digest == calendar.digest:
            done = Recounted.CURRENT
        else:
            now = {"calendar_version": book.version, "calendar_digest": calendar.digest}
            self.trace, done = self.trace.model_copy(update=now), Recounted.SAME
        if self.lapse_at is not None and done in moving.RECKONED:
            self.lapses(self.lapse, calendar)
        return done

    def lapses(self, text: str | None, calendar: WorkCalendar) -> None:
        """When the matter goes back on a table; rows of before its text was kept lapse no sooner than due."""
        known = self.lapse_at or self.due_at
        at = moment(text).resolve(self.trace, self.due_at, calendar) if text else known
        self.lapse, self.lapse_at = text, max(at, self.due_at)

    def event(self, decision: Decision, at: datetime, cause: str | None = None) -> ClockEvent:
        """Its state as published."""
        return ClockEvent(
            cause=cause,
            clock_id=str(self.clock_id),
            ticket_id=str(decision.ticket_id),
            number=decision.number,
            round=decision.round,
            kind=self.kind,
            unit=self.unit,
            area=decision.area,
            due_at=self.due_at,
            trace=self.trace,
            sentence=self.sentence,
            at=at,
            decision_id=str(decision.decision_id),
        )


@dataclass(frozen=True, slots=True)
class Term:
    """What a due time is computed from: either a limit or a date, on the calendar of who has to act."""

    rule: ReceptionRule
    calendar: WorkCalendar
    version: int
    """Of the directory."""
    start: datetime

    def carry_out(
        self, ids: tuple[UUID, UUID], unit: str, limit: str | None, due_at: datetime | None
    ) -> DecisionClock:
        """The owner's clock; `ids` are its own and the decision's. Raises CalendarError, DomainError 422."""
        if due_at is None:
            clock = self._by_limit(ids, unit, ClockKind.DECISION, limit or self.rule.decision)
        else:
            clock = self._by_date(ids, unit, due_at)
        clock.lapses(self.rule.lapse, self.calendar)
        clock.roles = list(self.rule.told)
        return clock

    def confirm(self, ids: tuple[UUID, UUID], unit: str) -> DecisionClock:
        """The community secretary's clock. Raises CalendarError."""
        return self._by_limit(ids, unit, ClockKind.CONFIRMATION, self.rule.confirm)

    def _by_limit(
        self, ids: tuple[UUID, UUID], unit: str, kind: ClockKind, text: str
    ) -> DecisionClock:
        limit = duration(text)
        if limit is None:
            raise LimitError(
                "no-limit",
                Kind.INVALID,
                field="limit",
                zh="每项接待决定都要有期限。",
                en="Every decision of a reception needs a limit.",
            )
        due_at = limit.after(self.start, self.calendar)
        near_at = limit.after(self.start, self.calendar, share_of(self.rule.warn))
        skipped = self.calendar.skipped(self.start, due_at) if limit.working else ()
        pause = f"，其间 {len(skipped)} 天不上班不计" if skipped else ""
        sentence = (
            f"应于 {moment_zh(due_at)} 前{DUTY_ZH[kind]}："
            f"自 {moment_zh(self.start)} 起，按 {limit.zh}计{pause}。"
        )
        trace = self._trace(limit.text, skipped)
        return DecisionClock(*ids, kind, unit, self.start, near_at, due_at, None, trace, sentence)

    def _by_date(self, ids: tuple[UUID, UUID], unit: str, due_at: datetime) -> DecisionClock:
        if not self.start < due_at <= self.start + FURTHEST:
            raise wrong_field(
                "decisions.due_at",
                zh="期限须在此刻之后、一年之内",
                en="must lie in the future, and within a year",
            )
        due_at = due_at.astimezone(UTC)
        near_at = self.start + (due_at - self.start) * share_of(self.rule.warn)
        duty = DUTY_ZH[ClockKind.DECISION]
        sentence = f"应于 {moment_zh(due_at)} 前{duty}：接待时定下的日期。"
        trace = self._trace(BY_DATE, ())
        return DecisionClock(
            *ids, ClockKind.DECISION, unit, self.start, near_at, due_at, None, trace, sentence
        )

    def _trace(self, limit: str, skipped: tuple[str, ...]) -> Trace:
        return Trace(
            start=self.start,
            limit=limit,
            profile=RULE,
            urgency="",
            calendar=self.calendar.name,
            calendar_version=self.version,
            calendar_digest=self.calendar.digest,
            skipped=skipped,
            warn=share_of(self.rule.warn),
        )
