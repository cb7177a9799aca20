"""What a secretary decided, who carries it out, and who confirms that it was (domain.md D7). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from contracts.escalation import DecisionKind, DecisionTold, ReceptionLevel

KIND_ZH: Final[Mapping[DecisionKind, str]] = {
    DecisionKind.ASSIGN: "交办",
    DecisionKind.WHISTLE: "吹哨",
    DecisionKind.MONEY_OR_MATERIALS: "资金或物资",
    DecisionKind.SEND_UPWARD: "报上级",
    DecisionKind.DELIBERATE: "议事协商",
    DecisionKind.EXPLAIN: "解释说明",
}


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
