"""A whistle and its called departments as the router keeps them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from contracts.whistle import Called, CallState, WhistleKind, WhistleStatus


@dataclass(frozen=True, slots=True)
class Call:
    """One called department: a row of table `whistle_call`, its fields in the order of the columns."""

    unit: str
    required: bool
    state: CallState = CallState.PENDING
    late: bool = False
    person: str | None = None
    """Staff id of who came."""
    seen_at: datetime | None = None
    checked_in_at: datetime | None = None
    arrived_at: datetime | None = None
    done_at: datetime | None = None
    declined_at: datetime | None = None
    no_show_at: datetime | None = None
    excused_at: datetime | None = None
    point: Mapping[str, Any] | None = None
    proof: Sequence[str] = ()
    """Attachment ids of all its steps."""
    result: str | None = None
    reason: str | None = None
    """Why it refused, or why it was let go; masked."""
    speed: int | None = None
    quality: int | None = None
    note: str | None = None
    rated_at: datetime | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From its row."""
        values = {field.name: row[field.name] for field in fields(cls)}
        return cls(**values | {"state": CallState(row["state"])})

    def row(self) -> tuple[Any, ...]:
        """Its columns in order."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values |= {"state": self.state.value, "proof": list(self.proof)}
        return tuple(values.values())

    def told(self) -> Called:
        """As events show it."""
        return Called(
            unit=self.unit,
            required=self.required,
            state=self.state,
            late=self.late,
            rated=self.rated_at is not None,
        )


@dataclass(frozen=True, slots=True)
class Whistle:
    """A row of table `whistle`, its fields in the order of the columns, and its departments."""

    whistle_id: UUID
    kind: WhistleKind
    status: WhistleStatus
    version: int
    blower: str
    """The grid team or community whose whistle it is."""
    person: str
    """Staff id of who blew it."""
    office: str
    """Whose duty leader signs."""
    area: str
    ticket_id: UUID | None
    number: str | None
    round: int | None
    confidential: bool
    reason: str
    """A WhistleReason code."""
    text: str
    place: str | None
    meet_at: datetime | None
    blown_at: datetime
    changed_at: datetime
    signer: str | None = None
    issued_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    """When it reached a state without a way out."""
    outcome: str | None = None
    """How it ended: the blower's words on `resolve`, the reason of `refuse` and `cancel`; masked."""
    accused: Sequence[str] = ()
    """Parties complained about when it was blown, merged tickets' too."""
    calls: tuple[Call, ...] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any], calls: Sequence[Mapping[str, Any]]) -> Self:
        """From its row and those of its departments."""
        values = {field.name: row[field.name] for field in fields(cls) if field.name != "calls"}
        values |= {"kind": WhistleKind(row["kind"]), "status": WhistleStatus(row["status"])}
        return cls(**values, calls=tuple(Call.of(call) for call in calls))

    def row(self) -> tuple[Any, ...]:
        """Its columns in order."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "calls"}
        values |= {"kind": self.kind.value, "status": self.status.value}
        return tuple((values | {"accused": list(self.accused)}).values())

    @property
    def units(self) -> frozenset[str]:
        """The called departments."""
        return frozenset(call.unit for call in self.calls)

    def call(self, unit: str) -> Call | None:
        """One called department."""
        return next((call for call in self.calls if call.unit == unit), None)

    def known_to(self, units: frozenset[str], kin: frozenset[str]) -> bool:
        """True when one of these units may know of it: who blew, who signs, and from `issued` who is called.

        Never who is tied to a party complained about: `kin` are those whose matters a person must not
        see (services/router/ticket/seeing.py; domain.md C30, E23).
        """
        if not kin.isdisjoint(self.accused):
            return False
        called = self.units if self.issued_at is not None else frozenset()
        return bool(units & {self.blower, self.office, *called})
