"""Reception sessions: which day, whose table, what is on the agenda (domain.md D7). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from contracts.escalation import ReceptionLevel
from kit.errors import DomainError, Kind

CAP: Final = 15
"""Most matters of one session (domain.md D7; seed 1: about 13 each)."""


class SessionKind(StrEnum):
    """书记接待日, 居民接待日."""

    SECRETARY = "secretary_reception_day"
    RESIDENT = "resident_reception_day"


class SessionState(StrEnum):
    """A session is open from the first matter that is heard until it is closed."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class Form(StrEnum):
    """听汇报, 看现场, 座谈会."""

    REPORT = "report"
    SITE_VISIT = "site_visit"
    FORUM = "forum"


class Outcome(StrEnum):
    """What became of a line of the agenda; none while it is open, or when its matter left by itself."""

    DECIDED = "decided"
    CARRIED_OVER = "carried_over"
    TAKEN_OFF = "taken_off"


@dataclass(frozen=True, slots=True)
class Session:
    """A row of table `reception_session`, its fields in the order of the columns."""

    session_id: UUID
    org: str
    """Unit code of the office."""
    level: ReceptionLevel
    kind: SessionKind
    starts_at: datetime
    place: str
    chair: str
    """Post that presides."""
    participants: Sequence[str]
    """Posts or units."""
    cap: int
    """Most matters on the agenda, 15 at most."""
    state: SessionState
    version: int
    created_by: str
    created_at: datetime
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    minutes: str | None = None
    """What the clerk wrote, masked."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From its row."""
        values = {field.name: row[field.name] for field in fields(cls)}
        values["level"] = ReceptionLevel(row["level"])
        values["kind"], values["state"] = SessionKind(row["kind"]), SessionState(row["state"])
        return cls(**values)

    def row(self) -> tuple[Any, ...]:
        """Its columns in order."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def show(self) -> dict[str, Any]:
        """As listed in the calendar."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        told["session_id"], told["participants"] = str(self.session_id), list(self.participants)
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in told.items()
            if value is not None
        }

    def still_open(self) -> None:
        """Raises DomainError 409 once it is closed."""
        if self.state is SessionState.CLOSED:
            raise DomainError(
                "session-closed",
                Kind.CONFLICT,
                field="session",
                zh="本次接待已结束；请排入下一次接待。",
                en="This session is closed; take it to the next one.",
            )


def fits(session: Session, on_agenda: int, more: int) -> None:
    """Raises DomainError 422 when the agenda would grow over its cap."""
    free = max(0, session.cap - on_agenda)
    if more > free:
        raise DomainError(
            "agenda-full",
            Kind.INVALID,
            field="items",
            zh=f"一次接待最多 {session.cap} 件，还可排 {free} 件；其余请排入下一次。",
            en=f"A session takes {session.cap} matters at most, {free} more fit;"
            " leave the others to the next one.",
            extra={"cap": session.cap, "free": free},
        )
