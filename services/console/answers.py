"""What the views answer: said here for the OpenAPI document, and for the types of the front end."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel


class Due(BaseModel):
    """The clock that runs out first."""

    kind: str
    due_at: AwareDatetime


class ClockLine(BaseModel):
    """A clock that was not stopped: running, near_due, paused or breached."""

    kind: str
    due_at: AwareDatetime
    state: str
    unit: str | None = None
    """Of a whistle's clock: whose it is."""


class CallLine(BaseModel):
    """A department that is called for a ticket."""

    whistle_id: str
    unit: str
    state: str
    required: bool
    late: bool


class OnTable(BaseModel):
    """On whose table it lies."""

    org: str
    level: str
    state: str


class TicketRow(BaseModel):
    """A ticket as lists show it; title, text and address in inboxes alone."""

    ticket_id: str
    number: str
    complaint_id: str
    status: str
    unit: str | None
    coordinator: str | None
    assists: list[str]
    calls: list[CallLine]
    area: str
    category: str | None
    urgency: str | None
    kind: str | None
    channel: str | None
    round: int
    version: int
    level: int
    """The highest rung of the ladder that stands."""
    confidential: bool
    received_at: AwareDatetime | None
    dispatched_at: AwareDatetime | None
    due: Due | None
    clocks: list[ClockLine]
    reason_code: str | None
    """Of the last return, hold or decline."""
    result: str | None
    asked: str | None
    """`hold` or `extension`, while nobody has answered."""
    attempts: int
    """Calls to the resident in this round."""
    queue: OnTable | None
    changed_at: AwareDatetime | None
    title: str | None = None
    text: str | None = None
    address: str | None = None


class CalledLine(BaseModel):
    """A department called by a whistle."""

    unit: str
    required: bool
    state: str
    late: bool


class WhistleRow(BaseModel):
    """A whistle as lists show it; its words in inboxes alone."""

    whistle_id: str
    ticket_id: str | None
    number: str | None
    kind: str
    status: str | None
    version: int
    round: int | None
    blower: str
    office: str | None
    area: str
    called: list[CalledLine]
    clocks: list[ClockLine]
    at: AwareDatetime
    text: str | None = None
    place: str | None = None
    meet_at: AwareDatetime | None = None


class QueueRow(BaseModel):
    """A matter on a secretary's table."""

    item_id: str
    ticket_id: str
    number: str
    round: int
    level: str
    org: str
    rule: str
    score: int
    score_parts: dict[str, int]
    unit: str
    area: str
    state: str
    carried: int
    session_id: str | None
    reason: str | None
    at: AwareDatetime
    status: str | None
    category: str | None
    urgency: str | None


class EscalationRow(BaseModel):
    """A rung of the ladder; a list shows it until it is cleared, the stream tells of that as well."""

    escalation_id: str
    ticket_id: str
    number: str
    round: int
    level: int
    clock: str
    reason: str
    unit: str
    area: str
    urgency: str
    due_at: AwareDatetime
    repeat: int
    state: Literal["raised", "acknowledged", "cleared"]
    at: AwareDatetime


class AreaSums(BaseModel):
    """What the map shows of an area."""

    open: int
    overdue: int
    near_due: int
    queue: int


class Counters(AreaSums):
    """The counters of a wall."""

    area: str
    day: str
    """The city's day that `today` counts."""
    today: dict[str, int]
    """received, closed, declined, withdrawn, merged."""
    status: dict[str, int]
    urgency: dict[str, int]
    category: dict[str, int]
    level: dict[str, int]


class Snapshot(BaseModel):
    """As of frame `seq`."""

    seq: int
    now: AwareDatetime
    topic: str
    rebuilding: bool = False


class TicketsView(Snapshot):
    """Tickets, and whistles beside them."""

    rows: list[TicketRow]
    whistles: list[WhistleRow]
    more: bool
    """There are other open rows."""


class QueueView(Snapshot):
    """What lies on a table."""

    rows: list[QueueRow]
    whistles: list[WhistleRow]
    more: bool


class WallView(Snapshot):
    """Figures of an area, and the escalations that stand."""

    rows: list[EscalationRow]
    counters: Counters
    areas: dict[str, AreaSums]
    """Every area below, by code."""


class Colleague(BaseModel):
    """Somebody who has a ticket open: for a unit, or in a role."""

    person: str
    unit: str | None
    role: str | None
    doing: str | None
    """The action whose form is open."""


class PresenceView(BaseModel):
    """Who else has a ticket open now, as far as the asker may know of them."""

    people: list[Colleague]


class StatusView(BaseModel):
    """How far the console has come."""

    seq: int
    now: AwareDatetime
    floor: int
    """Frames up to this number are not kept any more."""
    rebuilding: str
    untold: int
    """Changes that wait to be shown."""
