"""Taking old decisions again: which tickets a changed directory would have sent elsewhere, and why (domain.md F4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.complaint import ComplaintReceived
from services.router.directory import Directory
from services.router.matching import decide
from services.router.why import why


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A ticket that two directories send to two units."""

    number: str
    old: str
    new: str
    old_why: str
    new_why: str

    def view(self) -> dict[str, str]:
        """As JSON."""
        return {
            "number": self.number,
            "from": self.old,
            "to": self.new,
            "why": self.new_why,
            "was_why": self.old_why,
        }


def complaint_of(row: Mapping[str, Any]) -> ComplaintReceived:
    """The complaint as the router received it, from what the ticket keeps: masked words, given inputs."""
    given: dict[str, Any] = row["given"]
    return ComplaintReceived(
        complaint_id=str(row["ticket_id"]),
        number=row["number"],
        channel=row["channel"],
        kind=row["kind"],
        title=row["title"],
        text=row["body"],
        address=row["address"],
        accused=row["accused"],
        confidential=row["confidential"],
        received_at=row["received_at"],
        **given,
    )


def compare(
    row: Mapping[str, Any], old: Directory, new: Directory, at: datetime
) -> Elsewhere | None:
    """Decide a ticket's complaint under both directories as if it came at `at`; None where they agree."""
    complaint = complaint_of(row)
    was, becomes = decide(complaint, old, at), decide(complaint, new, at)
    if was.unit == becomes.unit:
        return None
    return Elsewhere(row["number"], was.unit, becomes.unit, why(was), why(becomes))
