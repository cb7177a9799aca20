"""A ticket that follows its area or its place's unit: what is stored and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.ticket import TicketDispatched, TicketEvent, TicketStatus, TicketTriaged
from kit.audit import Entry
from kit.outbox import Outgoing
from services.router.decision import receipt
from services.router.succession.succession import Settled
from services.router.ticket.routing import BY_ROUTER, say
from services.router.ticket.standing import Standing

REASON: Final = "directory_changed"


@dataclass(frozen=True, slots=True)
class Move:
    """One ticket on its way."""

    row: Mapping[str, Any]
    """The ticket as it was."""
    to: Settled
    receipt_id: UUID
    """Of the new receipt, where a new decision was taken."""
    version: int
    """Of the directory that made it move."""
    at: datetime
    against: frozenset[str] = frozenset()
    """Parties complained about, who do not help either."""

    @property
    def handed_over(self) -> bool:
        """Another unit holds it from now on."""
        return bool(self.to.unit != self.row["unit"])

    @property
    def assists(self) -> tuple[str, ...]:
        """Who helps from now on."""
        decision = self.to.decision
        if decision is None or not self.handed_over:
            return tuple(self.row["assists"])
        return tuple(unit for unit in decision.assists if unit not in self.against)

    @property
    def announcements(self) -> list[tuple[str, str, int]]:
        """(event, addressee, version), as a reassignment by hand is announced."""
        if not self.handed_over:
            told = [("recategorised", self.to.unit)]
        elif self.to.status is TicketStatus.TRIAGE:
            told = [("triaged", self.to.unit)]
        else:
            new = [unit for unit in self.assists if unit not in self.row["assists"]]
            told = [("reassigned", self.row["unit"]), ("dispatched", self.to.unit)]
            told += [("assisted", unit) for unit in new]
        return [(event, to, n) for n, (event, to) in enumerate(told, self.row["version"] + 1)]

    def events(self) -> list[Outgoing]:
        """What goes out, in order."""
        return [say(e, self._data(e, to, n), self.at) for e, to, n in self.announcements]

    def lines(self) -> list[tuple[Any, ...]]:
        """Rows of the append-only history."""
        detail = {"area": [self.row["area"], self.to.area], "directory_version": self.version}
        return [
            (
                self.row["ticket_id"], version, event, self.to.status.value, to, self.row["round"],
                BY_ROUTER, REASON, self._cause, detail, self.at,
            )
            for event, to, version in self.announcements
        ]  # fmt: skip

    @property
    def after(self) -> Standing:
        """How the ticket stands from now on."""
        before, decision = Standing.of(self.row), self.to.decision
        moved = replace(before, status=self.to.status, unit=self.to.unit, area=self.to.area)
        if decision is not None:
            moved = replace(moved, rule_version=self.version, receipt_id=self.receipt_id)
        if not self.handed_over:
            return moved
        anew = self.to.status is TicketStatus.DISPATCHED
        return replace(
            moved,
            post=decision.post if decision else None,
            assists=self.assists,
            profile=self._profile,
            dispatched_at=self.at if anew else before.dispatched_at,
        )

    def receipt(self) -> tuple[UUID, UUID, str] | None:
        """(receipt id, ticket id, text) of the new decision."""
        if self.to.decision is None:
            return None
        return self.receipt_id, self.row["ticket_id"], receipt.dump(self.to.decision.receipt)

    def entry(self) -> Entry:
        """Its audit row."""
        detail = {
            "area": [self.row["area"], self.to.area],
            "unit": [self.row["unit"], self.to.unit],
            "directory_version": self.version,
        }
        return Entry(self.at, BY_ROUTER, "ticket.follow", str(self.row["ticket_id"]), detail)

    @property
    def _cause(self) -> str:
        return f"directory:{self.version}"

    @property
    def _profile(self) -> str:
        decision = self.to.decision
        return decision.profile if decision and self.handed_over else str(self.row["profile"])

    def _data(self, event: str, to: str, version: int) -> TicketEvent:
        row, decision = self.row, self.to.decision
        common: dict[str, Any] = {
            "ticket_id": str(row["ticket_id"]),
            "number": row["number"],
            "complaint_id": str(row["ticket_id"]),
            "version": version,
            "round": row["round"],
            "status": self.to.status,
            "unit": to,
            "holder": self.to.unit,
            "area": self.to.area or "",
            "category": row["category"],
            "urgency": row["urgency"],
            "actor": BY_ROUTER,
            "reason": REASON,
            "rule_version": self.version if decision else row["rule_version"],
            "receipt_id": str(self.receipt_id if decision else row["receipt_id"]),
            "coordinator": row["coordinator"],
            "cause": self._cause,
        }
        if event == "triaged":
            return TicketTriaged(**common, profile=self._profile, received_at=row["received_at"])
        if event not in ("dispatched", "assisted"):
            return TicketEvent(**common)
        words = {"title": row["title"], "text": row["body"], "address": row["address"]}
        return TicketDispatched(
            **common,
            **({} if row["confidential"] else words),
            channel=row["channel"],
            kind=row["kind"],
            confidential=row["confidential"],
            assists=self.assists,
            post=decision.post if decision else None,
            profile=self._profile,
            received_at=row["received_at"],
            dispatched_at=self.at,
        )
