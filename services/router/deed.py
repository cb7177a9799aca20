"""What an allowed action leads to: the events it says and the lines it leaves in the history. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Record

from contracts.command import Command
from contracts.ticket import TicketDispatched, TicketEvent
from kit.masking import mask
from kit.outbox import Outgoing
from services.router.routing import say
from services.router.ticket import Step


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, the units that person stands for, and whether for the desk."""

    person: str
    units: frozenset[str]
    desk: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """One action taken on one ticket, judged and allowed."""

    row: Record
    """The ticket as it was."""
    step: Step
    command: Command
    actor: Actor
    unit: str
    """Lead unit after the step."""
    post: str | None
    at: datetime

    @property
    def announcements(self) -> list[tuple[str, str, int]]:
        """(event, addressee, version): on a move the old unit is told first, then the new one."""
        told = [(self.step.event, self.unit)]
        moved = self.row["unit"] != self.unit and self.row["status"] != "triage"
        if self.step.event == "dispatched" and moved:
            told.insert(0, ("reassigned", self.row["unit"]))
        return [(event, to, n) for n, (event, to) in enumerate(told, self.row["version"] + 1)]

    @property
    def version(self) -> int:
        """The ticket's version afterwards."""
        return int(self.row["version"]) + len(self.announcements)

    @property
    def coordinator(self) -> str | None:
        """The unit first made responsible: this one, if nobody was before."""
        first = self.unit if self.step.event == "dispatched" else None
        return self.row["coordinator"] or first

    def events(self) -> list[Outgoing]:
        """What goes out, in order."""
        return [
            say(event, self._data(event, to, n), self.at) for event, to, n in self.announcements
        ]

    def lines(self) -> list[tuple[Any, ...]]:
        """Rows of the append-only history, in the order of its columns."""
        return [
            (
                self.row["ticket_id"],
                version,
                event,
                self.step.to.value,
                to,
                self.row["round"],
                self.actor.person,
                self.reason,
                self.command.command_id,
                self._said(),
                self.at,
            )
            for event, to, version in self.announcements
        ]

    @property
    def reason(self) -> str | None:
        """Why, without phones and numbers: it leaves the router in events."""
        return mask(self.command.data.reason) if self.command.data.reason else None

    def _said(self) -> dict[str, Any]:
        """What the action carried, words masked by shape; names are known to intake alone."""
        data = self.command.data.model_dump(mode="json", exclude_none=True)
        return {k: mask(v) if k in ("reason", "note") else v for k, v in data.items()}

    def _data(self, event: str, to: str, version: int) -> TicketEvent:
        row = self.row
        common: dict[str, Any] = {
            "ticket_id": str(row["ticket_id"]),
            "number": row["number"],
            "complaint_id": str(row["ticket_id"]),
            "version": version,
            "round": row["round"],
            "status": self.step.to,
            "unit": to,
            "holder": self.unit,
            "area": row["area"] or "",
            "category": row["category"],
            "urgency": row["urgency"],
            "actor": self.actor.person,
            "reason": self.reason,
            "rule_version": row["rule_version"],
            "receipt_id": str(row["receipt_id"]),
            "coordinator": self.coordinator,
            "cause": self.command.command_id,
        }
        if event != "dispatched":
            return TicketEvent(**common)
        words = {"title": row["title"], "text": row["body"], "address": row["address"]}
        return TicketDispatched(
            **common,
            **({} if row["confidential"] else words),
            channel=row["channel"],
            kind=row["kind"],
            confidential=row["confidential"],
            assists=tuple(row["assists"]),
            post=self.post,
            profile=row["profile"],
            received_at=row["received_at"],
            dispatched_at=self.at,
        )
