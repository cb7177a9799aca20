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
        )

    def moved(self, to: TicketStatus) -> Standing:
        """The same in another state."""
        return replace(self, status=to)
