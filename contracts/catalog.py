"""THE list of events: name, data model, stream; and the only builder of subjects.

Subjects have a fixed number of tokens per noun (product.md section 5). Tokens come from closed lists
or from directory codes, never from what somebody typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from contracts.base import SCHEMA_ROOT, TYPE_PREFIX, Event, EventData
from contracts.clock import ClockEvent
from contracts.complaint import ComplaintChanged, ComplaintDeclined, ComplaintReceived
from contracts.escalation import EscalationEvent, ReceptionEvent
from contracts.publication import DirectoryCoverage, DirectoryPublished, IssueEvent
from contracts.ticket import TicketDispatched, TicketEvent, TicketMerged, TicketTriaged
from contracts.whistle import WhistleEvent

NONE_TOKEN: Final = "_"  # noqa: S105 - a subject token, not a secret
_CODE: Final = re.compile(r"[A-Za-z0-9-]{1,32}")
_AREA: Final = re.compile(r"([0-9]{6})([0-9]{3})?([0-9]{3})?([0-9]{3})?")
_ACTION: Final = re.compile(r"[a-z]+(-[a-z]+)*")

COMPLAINTS: Final = "COMPLAINTS"
TICKETS: Final = "TICKETS"
ESCALATIONS: Final = "ESCALATIONS"
ADVISORIES: Final = "ADVISORIES"

STREAM_OF: Final[Mapping[str, str]] = {
    "complaint": COMPLAINTS,
    "ticket": TICKETS,
    "whistle": TICKETS,
    "clock": TICKETS,
    "issue": TICKETS,
    "directory": TICKETS,
    "escalation": ESCALATIONS,
    "reception": ESCALATIONS,
}
"""Which stream keeps which noun."""

OWNER_OF: Final[Mapping[str, str]] = {
    "complaint": "intake",
    "ticket": "router",
    "whistle": "router",
    "issue": "router",
    "directory": "router",
    "clock": "notifier",
    "escalation": "notifier",
    "reception": "notifier",
}
"""Which service, and nobody else, may publish which noun."""

ADDRESSED: Final[Mapping[str, str]] = {
    "complaint": "",
    "issue": "",
    "ticket": "unit",
    "whistle": "unit",
    "clock": "unit",
    "escalation": "level",
    "reception": "level",
}
"""What stands between event and area: nothing, a unit or a level. `directory` has neither."""


@dataclass(frozen=True, slots=True)
class EventType:
    """One row of the catalogue."""

    noun: str
    event: str
    data: type[EventData]

    @property
    def name(self) -> str:
        """`ticket.dispatched`."""
        return f"{self.noun}.{self.event}"

    @property
    def type(self) -> str:
        """The CloudEvents type, `cn.chuishao.ticket.dispatched.v1`."""
        return f"{TYPE_PREFIX}.{self.noun}.{self.event}.v1"

    @property
    def stream(self) -> str:
        """The stream that keeps it."""
        return STREAM_OF[self.noun]

    @property
    def pattern(self) -> str:
        """Its subject with wildcards."""
        return f"{self.name}{_tail(self.noun)}"

    @property
    def dataschema(self) -> str:
        """Where its JSON Schema is published."""
        return f"{SCHEMA_ROOT}/{self.name}.v1.json"


def _tail(noun: str) -> str:
    if noun == "directory":
        return ""
    return (".*" if ADDRESSED[noun] else "") + ".*.*.*.*"


def _rows(data: type[EventData], *events: str) -> tuple[EventType, ...]:
    return tuple(EventType(data.noun, event, data) for event in events)


_OF_A_TICKET: Final = (
    "accepted", "contacted", "returned", "ruled", "held", "resumed", "extended", "handled",
    "rejected", "closed", "reopened", "declined", "withdrawn", "reassigned", "recategorised",
    "urged", "supervised", "urgency_set", "hold_asked", "hold_refused", "extension_asked",
    "extension_refused", "referred", "noted",
)  # fmt: skip
EVENTS: Final[tuple[EventType, ...]] = (
    *_rows(ComplaintReceived, "received"),
    *_rows(ComplaintDeclined, "declined"),
    *_rows(ComplaintChanged, "callback_recorded", "withdrawn", "reopened", "supplemented"),
    *_rows(TicketTriaged, "triaged"),
    *_rows(TicketDispatched, "dispatched", "assisted"),
    *_rows(TicketEvent, *_OF_A_TICKET),
    *_rows(TicketMerged, "merged", "unmerged"),
    *_rows(
        WhistleEvent,
        "blown",
        "refused",
        "issued",
        "seen",
        "checked_in",
        "arrived",
        "done",
        "declined",
        "no_show",
        "resolved",
        "rated",
        "cancelled",
    ),
    *_rows(ClockEvent, "set", "paused", "resumed", "stopped", "near_due", "breached"),
    *_rows(EscalationEvent, "raised", "acknowledged", "cleared"),
    *_rows(
        ReceptionEvent,
        "queued",
        "scheduled",
        "heard",
        "decided",
        "carried_over",
        "done",
        "withdrawn",
    ),
    *_rows(IssueEvent, "opened", "joined", "closed"),
    *_rows(DirectoryPublished, "published"),
    *_rows(DirectoryCoverage, "uncovered", "covered"),
)

BY_NAME: Final[Mapping[str, EventType]] = {row.name: row for row in EVENTS}
ENVELOPES: Final[Mapping[str, type[Event[Any]]]] = {
    row.name: Event[row.data]  # type: ignore[name-defined]  # built from the table at import
    for row in EVENTS
}


class BadSubjectError(ValueError):
    """A token that is no code, or a subject that is in no catalogue."""


@cache
def area_tokens(area: str | None) -> str:
    """Four tokens for an area code of 0, 6, 9, 12 or 15 digits; `_` for every level below it.

    Raises BadSubjectError when the text is no area code.
    """
    if not area:
        return ".".join([NONE_TOKEN] * 4)
    found = _AREA.fullmatch(area)
    if found is None:
        raise BadSubjectError(area)
    return ".".join(part or NONE_TOKEN for part in found.groups())


def subject(name: str, *, to: str | int | None = None, area: str | None = None) -> str:
    """The NATS subject of event `name` (`ticket.dispatched`) for an addressee and an area.

    `to` is the unit of ticket, whistle and clock events (`_` where there is none) and the level of
    escalation and reception events. Raises BadSubjectError for an unknown event or a bad token.
    """
    row = BY_NAME.get(name)
    if row is None:
        raise BadSubjectError(name)
    if row.noun == "directory":
        return name
    if not ADDRESSED[row.noun]:
        return f"{name}.{area_tokens(area)}"
    return f"{name}.{_code(str(to) if to is not None else NONE_TOKEN)}.{area_tokens(area)}"


@cache
def _code(code: str) -> str:
    if code != NONE_TOKEN and _CODE.fullmatch(code) is None:
        raise BadSubjectError(code)
    return code


def command_subject(action: str, unit: str) -> str:
    """`cmd.<action>.<unit>`: how a unit acts by request-reply without HTTP."""
    if _ACTION.fullmatch(action) is None:
        raise BadSubjectError(action)
    return f"cmd.{action}.{_code(unit)}"


def make(  # noqa: PLR0913 - an envelope has this many attributes
    name: str, data: EventData, *, event_id: str, source: str, about: str, at: datetime
) -> Event[Any]:
    """Wrap `data` as event `name`; `about` is the id of the thing it tells of."""
    row = BY_NAME[name]
    return ENVELOPES[name](
        id=event_id,
        source=f"/chuishao/{source}",
        type=row.type,
        subject=about,
        time=at,
        dataschema=row.dataschema,
        data=data,
    )


def decode(subject_: str, body: bytes) -> Event[Any]:
    """Read the event that arrived on `subject_`.

    Raises BadSubjectError when the subject is in no catalogue row, pydantic.ValidationError when the
    body is not that event, ValueError when its type contradicts its subject.
    """
    name = ".".join(subject_.split(".", 2)[:2])
    envelope = ENVELOPES.get(name)
    if envelope is None:
        raise BadSubjectError(subject_)
    event = envelope.model_validate_json(body)
    if event.type != BY_NAME[name].type:
        message = f"type {event.type} on subject of {name}"
        raise ValueError(message)
    return event
