"""How a unit acts without HTTP: request and reply of `cmd.<action>.<unit>` on core NATS.

The same body, without ticket and actor, is what `POST /v1/tickets/{id}/{action}` takes
(product.md sections 4 and 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from contracts.base import Code
from contracts.complaint import Channel, Kind, Urgency
from contracts.ticket import TicketStatus

QUEUE: Final = "router"
"""Queue group in which the router's replicas share the requests."""

TICKET_ACTIONS: Final = (
    "dispatch", "reassign", "accept", "contact", "return", "rule", "hold", "approve-hold",
    "resume", "extend", "approve-extension", "handle", "reject", "urge", "supervise", "assist",
    "recategorise", "set-urgency", "decline", "merge", "unmerge",
)  # fmt: skip
WHISTLE_ACTIONS: Final = (
    "whistle-seen", "whistle-check-in", "whistle-arrive", "whistle-done", "whistle-decline",
)  # fmt: skip
ACTIONS: Final = (*TICKET_ACTIONS, *WHISTLE_ACTIONS, "show")
"""Every word that may stand for `<action>`; one the router cannot do yet answers a 404 problem."""

Plain = Annotated[
    str, StringConstraints(pattern=r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$")
]
"""Text for people: line breaks and tabs, but no other control characters."""


TicketName = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]
"""A ticket by id or by its 12-digit number."""


class CommandData(BaseModel):
    """What an action may carry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Code | None = None
    """New lead of `dispatch`, `reassign` and `rule`; the right owner as `return` suggests; who helps by
    `assist`. Beside `choice`, what the chooser saw."""
    category: Code | None = None
    """Of `dispatch`, `rule` and `recategorise`: the category it is; left out, the ticket's own."""
    area: Code | None = None
    """Of `dispatch`, `rule` and `recategorise`: the area it lies in; left out, the ticket's own."""
    choice: Annotated[int, Field(strict=True, ge=1, le=3)] | None = None
    """Of `dispatch`: the number of one of the suggestions shown with the ticket in `version`."""
    into: TicketName | None = None
    """Of `merge`: the ticket under which the work goes on, by id or number."""
    reason_code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")] | None = None
    """Of `return`, `hold` and `decline`: one of REASONS."""
    reason: Annotated[Plain, Field(max_length=500)] | None = None
    note: Annotated[Plain, Field(max_length=2_000)] | None = None
    """What was said or done; kept in the history, shown to who holds the ticket."""
    result: Annotated[Plain, Field(max_length=50)] | None = None
    """Of `handle` and `contact`: one of RESULTS."""
    proof: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=20)] = ()
    """Of `handle`, `hold` and `contact`: ids of attachments."""
    no_proof: Annotated[Plain, Field(max_length=500)] | None = None
    """Of `handle`: why there is no photo."""
    urgency: Urgency | None = None
    """Of `set-urgency`."""
    approved: bool | None = None
    """Of `approve-hold` and `approve-extension`: false refuses what was asked; left out, true."""
    review_at: AwareDatetime | None = None
    """Of `hold` and `approve-hold`: when the hold is looked at again at the latest."""
    door: Annotated[Plain, Field(max_length=200)] | None = None
    """Of `decline`: who is in charge of such matters."""


REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "return": ("not_our_duty", "not_our_area", "wrong_category", "special_owner", "duplicate"),
    "hold": ("conditions", "season", "funds", "deliberation", "legacy"),
    "decline": ("not_public", "court_or_petition", "other_authority", "known_answer", "abuse"),
}
"""Codes of `reason_code` by action. Holds: domain.md D1; returns and declines are our own choice."""
RESULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "handle": ("solved", "partly", "explained", "unable"),
    "contact": ("phone", "visit", "site", "not_reached"),
}
"""Codes of `result` by action. Being unable to act is a result of its own, with a reason (domain.md E6)."""


CommandId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
"""Chosen by the sender, visible ASCII; the same id gives the same answer."""


class Command(BaseModel):
    """The body of an action over HTTP; over NATS it is a CommandRequest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command_id: CommandId | None = None
    ticket: TicketName | None = None
    version: int | None = None
    """The version the sender saw; another one now is answered 409. Left out: any."""
    actor: Code | None = None
    data: CommandData = CommandData()


class CommandRequest(Command):
    """The body of `cmd.<action>.<unit>`; `actor` is a person who holds a post in that unit."""

    command_id: CommandId
    ticket: TicketName
    actor: Code


REPLY_ACTIONS: Final = ("accept", "contact", "return", "handle")
"""What a person may do by a short reply: `POST /v1/replies/{action}` of the router, for the notifier alone."""


class ReplyRequest(CommandRequest):
    """A person's short reply, as the notifier passes it on: the command, and the unit acted for."""

    unit: Code


class TicketState(BaseModel):
    """The reply to a command that was done: the ticket's new state as the unit may see it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ticket_id: str
    number: str
    complaint_id: str
    status: TicketStatus
    unit: str
    post: str | None = None
    coordinator: str | None = None
    """The unit first made responsible, which goes on coordinating."""
    assists: tuple[str, ...] = ()
    grid: str | None = None
    category: str | None = None
    urgency: Urgency
    round: int
    version: int
    escalation_level: int
    pending: dict[str, Any] | None = None
    """What the holder asked for and nobody has answered: `kind` hold or extension, `by`, `at`, `reason`."""
    outcome: str | None = None
    """The result as handed in, then what the call-back found."""
    channel: Channel
    kind: Kind
    title: str | None = None
    address: str | None = None
    text: str | None = None
    attachments: tuple[str, ...] = ()
    """Ids of the resident's files: `GET /v1/attachments/{id}` at intake."""
    received_at: AwareDatetime


class Finding(BaseModel):
    """One wrong field of a refused body, with the remedy in both languages."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    field: str
    zh: str
    en: str


class Problem(BaseModel):
    """The reply to a command that was refused: an RFC 9457 document, members may be added."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    """`https://chuishao.cn/problems/<slug>`."""
    title: str
    """The slug."""
    status: int
    """What the same refusal is over HTTP."""
    detail: str
    detail_en: str | None = None
    field: str | None = None
    errors: tuple[Finding, ...] = ()
    version_now: int | None = None
    status_now: TicketStatus | None = None
    allowed: tuple[str, ...] | None = None
