"""How a ticket stands: everything a person's step may change about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.ticket import TicketStatus


@dataclass(frozen=True, slots=True)
class Standing:
    """State, who holds it and who helps, what it is about and where, and the decision behind that."""

    status: TicketStatus
    unit: str
    post: str | None
    assists: tuple[str, ...]
    category: str | None
    area: str | None
    profile: str
    rule_version: int
    receipt_id: UUID
    dispatched_at: datetime | None
    """When the unit that holds it became responsible."""
    coordinator: str | None
    """首接负责: the unit first made responsible goes on coordinating, so it is set once."""
    urgency: str
    round: int
    """From 1; another one begins when a resident says the matter is not solved."""
    pending: Mapping[str, Any] | None = None
    """What the holder asked for and nobody has answered yet: `kind` hold or extension, who, why, until when."""
    extended: int = 0
    """The round in which an extension was granted: one a round (domain.md D4)."""
    ruled: int = 0
    """The round in which a ruling was given: it is final in that round (domain.md D2)."""
    outcome: str | None = None
    """What the handler said the result is, then what the call-back found."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Standing:
        """As the ticket's row says."""
        return cls(
            TicketStatus(row["status"]),
            row["unit"],
            row["post"],
            tuple(row["assists"]),
            row["category"],
            row["area"],
            row["profile"],
            row["rule_version"],
            row["receipt_id"],
            row["dispatched_at"],
            row["coordinator"],
            row["urgency"],
            row["round"],
            row["pending"],
            row["extended"],
            row["ruled"],
            row["outcome"],
        )

    def moved(self, to: TicketStatus) -> Standing:
        """The same in another state."""
        return replace(self, status=to)
