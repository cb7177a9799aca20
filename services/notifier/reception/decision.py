"""What a secretary decided, until when, and the clock it runs on (domain.md D7). Pure.

Two clocks, one after the other: the owner's, to carry it out, and the community secretary's, to confirm.
A refused report lets the owner's clock go on as if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from contracts.clock import ClockEvent, ClockKind, Trace
from contracts.escalation import DecisionKind, DecisionTold, ReceptionLevel
from contracts.limits import ReceptionRule
from kit.errors import Kind
from kit.validation import wrong_field
from services.notifier.worktime.calendar import WorkCalendar
from services.notifier.worktime.limits import (
    DUTY_ZH,
    LimitError,
    duration,
    moment,
    moment_zh,
    share_of,
)

KIND_ZH: Final[Mapping[DecisionKind, str]] = {
    DecisionKind.ASSIGN: "交办",
    DecisionKind.WHISTLE: "吹哨",
    DecisionKind.MONEY_OR_MATERIALS: "资金或物资",
    DecisionKind.SEND_UPWARD: "报上级",
    DecisionKind.DELIBERATE: "议事协商",
    DecisionKind.EXPLAIN: "解释说明",
}
BY_DATE: Final = "until"
"""The limit of a trace whose due time is a date the secretary gave."""
FURTHEST: Final = timedelta(days=366)
RULE: Final = "reception"
"""The profile such a trace names."""


class DecisionState(StrEnum):
    """Given, said to be carried out, confirmed; or another decision has taken its place."""

    OPEN = "open"
    REPORTED = "reported"
    DONE = "done"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Decision:
    """A row of table `reception_decision`, its fields in the order of the columns."""

    decision_id: UUID
    session_id: UUID
    item_id: UUID
    ticket_id: UUID
    number: str
    round: int
    area: str
    level: ReceptionLevel
    """Of the office that decided."""
    org: str
    kind: DecisionKind
    owner: str
    """Unit."""
    post: str | None
    confirmer: str
    """Office whose secretary confirms: the community of the matter's area."""
    text: str
    """Masked."""
    whistle_id: UUID | None
    state: DecisionState
    version: int
    decided_by: str
    decided_at: datetime
    report: str | None = None
    reported_by: str | None = None
    reported_at: datetime | None = None
    refusals: Sequence[Mapping[str, Any]] = ()
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None

    @property
    def upward(self) -> bool:
        """It has no clock: the table above has the matter."""
        return self.kind is DecisionKind.SEND_UPWARD

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From its row."""
        values = {field.name: row[field.name] for field in fields(cls)}
        values["level"], values["kind"] = ReceptionLevel(row["level"]), DecisionKind(row["kind"])
        return cls(**values | {"state": DecisionState(row["state"])})

    def row(self) -> tuple[Any, ...]:
        """Its columns in order."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def told(self, due_at: datetime | None) -> DecisionTold:
        """As events tell of it."""
        return DecisionTold(
            decision_id=str(self.decision_id),
            kind=self.kind,
            owner=self.owner,
            due_at=due_at,
            whistle_id=str(self.whistle_id) if self.whistle_id else None,
        )

    def show(self) -> dict[str, Any]:
        """As pages show it."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {
            name: value.isoformat()
            if isinstance(value, datetime)
            else str(value)
            if isinstance(value, UUID)
            else value
            for name, value in told.items()
            if value is not None
        }
        return plain | {"refusals": list(self.refusals), "kind_zh": KIND_ZH[self.kind]}


@dataclass(frozen=True, slots=True)
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

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From its row."""
        values = {field.name: row[field.name] for field in fields(cls)}
        values["trace"] = Trace.model_validate(row["trace"])
        return cls(**values | {"kind": ClockKind(row["kind"])})

    def row(self) -> tuple[Any, ...]:
        """Its columns in order."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return tuple((values | {"trace": self.trace.model_dump(mode="json")}).values())

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
        lapse_at = moment(self.rule.lapse).resolve(clock.trace, clock.due_at, self.calendar)
        values = {field.name: getattr(clock, field.name) for field in fields(clock)}
        return DecisionClock(**values | {"lapse_at": max(lapse_at, clock.due_at)})

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
            skipped=skipped,
        )
