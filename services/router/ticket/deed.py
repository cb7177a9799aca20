"""What an allowed action leads to: the events it says and the lines it leaves in the history. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from contracts.command import Command
from contracts.ticket import Since, TicketDispatched, TicketEvent, TicketMerged, TicketTriaged
from kit.masking import mask
from kit.outbox import Outgoing
from services.router.ticket.routing import say
from services.router.ticket.seeing import Actor
from services.router.ticket.standing import Standing
from services.router.ticket.ticket import Step

WORDS: Final = frozenset({"reason", "note", "no_proof", "door"})
"""Members of a command in which somebody writes freely."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An action somebody may take: the ticket as it is, the step, and what was said with it."""

    row: Record
    step: Step
    command: Command
    actor: Actor
    at: datetime
    seen: bool
    """The version was given which the person saw."""

    @property
    def before(self) -> Standing:
        """How the ticket stands."""
        return Standing.of(self.row)


@dataclass(frozen=True, slots=True)
class Tie:
    """What a merger says beside the ticket's own state (contracts.ticket.TicketMerged)."""

    into: str | None = None
    followers: tuple[str, ...] = ()
    since: tuple[Since, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """One action taken on one ticket, judged and allowed."""

    asked: Asked
    after: Standing
    told: tuple[tuple[str, str], ...]
    """(event, addressee) in order; each is one version of the ticket."""
    row: Record
    """The ticket as it was; of a merger's other side, not the one that was asked about."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Codes for the history and the audit, beside what the command carried."""
    tie: Tie | None = None
    reason: str | None = None
    """Why, without phones and numbers: it leaves the router in events."""

    @property
    def announcements(self) -> list[tuple[str, str, int]]:
        """(event, addressee, version)."""
        return [(event, to, n) for n, (event, to) in enumerate(self.told, self.row["version"] + 1)]

    @property
    def version(self) -> int:
        """The ticket's version afterwards."""
        return int(self.row["version"]) + len(self.told)

    def events(self) -> list[Outgoing]:
        """What goes out, in order."""
        return [
            say(event, self._data(event, to, n), self.asked.at)
            for event, to, n in self.announcements
        ]

    def lines(self) -> list[tuple[Any, ...]]:
        """Rows of the append-only history, in the order of its columns."""
        return [
            (
                self.row["ticket_id"],
                version,
                event,
                self.after.status.value,
                to,
                self.after.round,
                self.asked.actor.person,
                self.reason,
                self.asked.command.command_id,
                _said(self.asked.command) | dict(self.detail) | self.asked.actor.how(),
                self.asked.at,
            )
            for event, to, version in self.announcements
        ]

    def _data(self, event: str, to: str, version: int) -> TicketEvent:
        row, after = self.row, self.after
        common: dict[str, Any] = {
            "ticket_id": str(row["ticket_id"]),
            "number": row["number"],
            "complaint_id": str(row["ticket_id"]),
            "version": version,
            "round": after.round,
            "status": after.status,
            "unit": to,
            "holder": after.unit,
            "area": after.area or "",
            "category": after.category,
            "urgency": after.urgency,
            "actor": self.asked.actor.person,
            "reason": None if row["confidential"] else self.reason,
            "rule_version": after.rule_version,
            "receipt_id": str(after.receipt_id),
            "coordinator": after.coordinator,
            "cause": self.asked.command.command_id,
            "reason_code": self.detail.get("reason_code") or self.asked.command.data.reason_code,
            "result": self.detail.get("result") or self.asked.command.data.result,
            "review_at": self.detail.get("review_at"),
            "profile": after.profile if event == "recategorised" else None,
        }
        if self.tie is not None:
            tie = self.tie
            return TicketMerged(**common, into=tie.into, followers=tie.followers, since=tie.since)
        if event == "triaged":
            return TicketTriaged(
                **common | {"profile": after.profile}, received_at=row["received_at"]
            )
        if event not in {"dispatched", "assisted"}:
            return TicketEvent(**common)
        words = {"title": row["title"], "text": row["body"], "address": row["address"]}
        return TicketDispatched(
            **common | {"profile": after.profile},
            **({} if row["confidential"] else words),
            channel=row["channel"],
            kind=row["kind"],
            confidential=row["confidential"],
            assists=after.assists,
            post=after.post,
            received_at=row["received_at"],
            dispatched_at=self.asked.at,
        )


def dispatched(asked: Asked, after: Standing, reason: str | None, detail: dict[str, Any]) -> Deed:
    """A unit became responsible: on a move the old one is told first, then the new one, then who helps."""
    before = asked.before
    told = [("dispatched", after.unit)]
    told += [("assisted", unit) for unit in after.assists if unit not in before.assists]
    if before.unit != after.unit and before.status != "triage":
        told.insert(0, ("reassigned", before.unit))
    return Deed(asked, after, tuple(told), asked.row, detail, reason=masked(reason))


def masked(words: str | None) -> str | None:
    """A reason without phones and numbers; names are known to intake alone."""
    return mask(words) if words else None


def _said(command: Command) -> dict[str, Any]:
    """What the action carried, words masked by shape; names are known to intake alone."""
    data = command.data.model_dump(mode="json", exclude_none=True)
    return {k: mask(v) if k in WORDS else v for k, v in data.items()}
