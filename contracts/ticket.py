"""Our duty about a complaint: the ticket, its states (domain.md D1) and the events of its life."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.base import EventData
from contracts.complaint import Channel, Kind, Urgency


class TicketStatus(StrEnum):
    """The states of D1. Escalation is a field beside the state, never a state."""

    RECEIVED = "received"
    TRIAGE = "triage"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    RETURNED = "returned"
    ARBITRATION = "arbitration"
    ON_HOLD = "on_hold"
    HANDLED = "handled"
    CALLBACK = "callback"
    CLOSED = "closed"
    DECLINED = "declined"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class TicketEvent(EventData):
    """What every ticket event carries; enough to order it, address it and show one line about it."""

    noun: ClassVar[str] = "ticket"

    ticket_id: str
    number: str
    complaint_id: str
    version: int
    """Position in this ticket's own history, from 1, without gaps; consumers apply in this order."""
    round: int
    status: TicketStatus
    unit: str
    """Addressee: the unit whose subject this message goes to."""
    holder: str
    """The lead unit that holds the ticket after this event."""
    area: str
    category: str | None = None
    urgency: Urgency
    actor: str | None = None
    reason: str | None = None
    rule_version: int
    """Directory version the decision was made with."""
    receipt_id: str | None = None
    coordinator: str | None = None
    """首接负责: the unit first made responsible goes on coordinating, whoever holds it later."""
    reason_code: str | None = None
    """Of a return, hold or decline: one of contracts.command.REASONS."""
    result: str | None = None
    """Of `contacted` and `handled`: one of contracts.command.RESULTS; of `closed`: how it ended."""
    profile: str | None = None
    """Limit profile, where it changed: the notifier computes due times from it."""
    review_at: AwareDatetime | None = None
    """Of `hold_asked` and `held`: when the hold is looked at again at the latest."""


class TicketDispatched(TicketEvent):
    """One lead unit was made responsible. Carries the masked words, except for confidential matters."""

    channel: Channel
    kind: Kind
    title: str | None = None
    text: str | None = None
    address: str | None = None
    confidential: bool = False
    assists: tuple[str, ...] = ()
    post: str | None = None
    """The post that answers for it inside the unit (the service specialist, the liaison)."""
    profile: str
    """Limit profile the catalogue chose; the notifier computes due times from it."""
    received_at: AwareDatetime
    dispatched_at: AwareDatetime


class TicketTriaged(TicketEvent):
    """A person must look: the router would not decide alone. The reason is a RoutingReason code."""

    profile: str
    received_at: AwareDatetime


class Since(BaseModel):
    """The earliest times of some followers that share what due times are computed from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    urgency: Urgency
    profile: str
    round: int
    joined: int
    """Round of the ticket they follow in which they came to it."""
    received_at: AwareDatetime
    dispatched_at: AwareDatetime | None = None
    """First dispatch of their own round, from which the result clock ran; None: nobody was responsible yet."""


class TicketMerged(TicketEvent):
    """Work goes on under another ticket, or again by itself; said of both tickets (domain.md E18, E19).

    Of the one whose status is `merged`, `into` names where it went. Of the other one, `followers` says
    whose callers wait for it now, and `since` from when: its clocks are due no later than theirs were.
    """

    into: str | None = None
    """Number of the ticket under which the work goes on; after `unmerged`, under which it went on."""
    followers: tuple[str, ...] = ()
    """Numbers of all tickets merged into this one, directly or through others, first received first."""
    since: tuple[Since, ...] = ()
    """Of the followers; empty again when none is left."""
