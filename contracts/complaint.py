"""What a resident says: the complaint, before and apart from our duty about it (the ticket)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, StrictFloat

from contracts.base import EventData


class Channel(StrEnum):
    """How the matter reached us (product.md section 4)."""

    HOTLINE = "hotline"
    VISIT = "visit"
    PATROL = "patrol"
    WECHAT = "wechat"
    WEB = "web"
    RECEPTION = "reception"
    MAIL = "mail"
    OPEN311 = "open311"
    IMPORT = "import"


class Kind(StrEnum):
    """The six kinds of a resident's matter (glossary: 投诉 举报 求助 咨询 建议 表扬)."""

    COMPLAINT = "complaint"
    REPORT = "report"
    HELP = "help"
    ENQUIRY = "enquiry"
    SUGGESTION = "suggestion"
    PRAISE = "praise"


class Urgency(StrEnum):
    """特急, 紧急, 一般, and `complex`, which is about effort, not speed (domain.md D4)."""

    CRITICAL = "critical"
    URGENT = "urgent"
    NORMAL = "normal"
    COMPLEX = "complex"


class Datum(StrEnum):
    """Reference frame of a coordinate pair; GCJ-02 is the offset system of Chinese map providers."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    CGCS2000 = "cgcs2000"


class Point(BaseModel):
    """A place on the map: degrees east and north in the named datum."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    lon: StrictFloat
    lat: StrictFloat
    datum: Datum = Datum.WGS84


class ComplaintEvent(EventData):
    """Fields every complaint event carries."""

    noun: ClassVar[str] = "complaint"

    complaint_id: str
    number: str
    area: str | None = None
    """Deepest area code intake was told (a grid code given by the filer); the router decides the rest."""


class Settled(BaseModel):
    """即办件: whoever found it on a patrol dealt with it on the spot; filed, and still counted."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit: str
    """The filer's unit, which the router checks against the directory."""
    person: str
    result: str
    """One of contracts.command.RESULTS of `handle`."""
    note: str
    """What was done, masked; attachments of the complaint show it."""
    no_proof: str | None = None
    """Why there is no photo."""


class ComplaintReceived(ComplaintEvent):
    """A complaint was accepted and stored. Title, text and address are masked by intake."""

    channel: Channel
    kind: Kind
    title: str | None = None
    text: str
    address: str | None = None
    point: Point | None = None
    grid_code: str | None = None
    category: str | None = None
    urgency: Urgency | None = None
    accused: str | None = None
    """Unit code of the party complained about; a name that is no unit stays in intake."""
    confidential: bool = False
    repeat_of: str | None = None
    """Number of an earlier complaint that this one takes up again (domain.md E7)."""
    repeats: int = 0
    """How many complaints of the same requester about the same matter came before this one, as far as
    intake can tell from the blind index of the phone; says nothing about who that is (domain.md E31)."""
    attachments: tuple[str, ...] = ()
    """Ids of files at intake, handed out there by right of the ticket."""
    settled: Settled | None = None
    received_at: AwareDatetime


class ComplaintDeclined(ComplaintEvent):
    """Not accepted at filing: the reason and the right door were given (domain.md D2)."""

    reason: str
    door: str
    received_at: AwareDatetime


class CallbackOutcome(StrEnum):
    """What one call-back led to (domain.md D2, A7 row 75)."""

    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    NOT_REACHED = "not_reached"
    """Nobody answered; a try. Never counted as solved (domain.md D8)."""
    NO_CONTACT_POSSIBLE = "no_contact_possible"
    """The caller left no way to be reached, so nobody can be asked."""


class ComplaintChanged(ComplaintEvent):
    """A later statement of fact about a complaint: call-back recorded, withdrawn, reopened, supplemented.

    A statement, no command: what it does to the ticket is the router's to judge. Of a caller whose
    ticket was merged, `complaint_id` and `number` are that caller's own.
    """

    reason: str | None = None
    """What the resident said, or why; masked. Of `supplemented` and `reopened`: the later words (domain.md E7)."""
    contacted: bool | None = None
    solved: bool | None = None
    satisfied: bool | None = None
    outcome: CallbackOutcome | None = None
    """Of a call-back: what it led to, in one word."""
    attempts: int | None = None
    """Calls of this round so far, this one included."""
    final: bool | None = None
    """Of a call-back: nobody is asked again in this round. Not reached and final closes the matter, never
    counted as solved (domain.md D8)."""
    ticket_round: int | None = None
    """The ticket's round the fact is about, as intake knew it; of a merged caller's call-back, the round of
    the ticket under which the work went on."""
    handed_in: int | None = None
    """Of a call-back: version of the ticket's `handled` it is about, of the ticket under which the work went
    on; an answer about work that was refused since leads nowhere."""
    actor: str | None = None
    """Of a call-back: staff id of who asked, never the resident's; whoever counts answers needs to see many by one."""
    confirmed_by: str | None = None
    """Of a withdrawal: who confirmed it, as a code (`requester`, `resident`, `representative`)."""
    confirmed_how: str | None = None
    """Of a withdrawal: how (`phone`, `visit`, `in_writing`)."""
