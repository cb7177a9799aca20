"""What may be filed: the body of a complaint, checked field by field (product.md sections 4 and 8)."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
)

from contracts.complaint import Channel, Kind, Point, Urgency
from kit.validation import wrong_field

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
SKEW: Final = timedelta(minutes=5)
MAX_MARKS: Final = 4
_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_MARKS: Final = re.compile(rf"[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]{{{MAX_MARKS + 1},}}")
_LON: Final = (73.0, 135.5)
_LAT: Final = (3.5, 54.0)


def clean(text: str) -> str:
    """NFC, trimmed. Refuses control and invisible characters, surrogates, piles of accents."""
    if _FORBIDDEN.search(text):
        raise ValueError(
            "含有控制字符或不可见字符，请删去后重发"
            " | has control or invisible characters; remove them"
        )
    if _MARKS.search(text):
        raise ValueError("叠加符号过多，请删去 | has too many combining marks; remove them")
    return unicodedata.normalize("NFC", text).strip()


def written_out(value: object) -> object:
    """Refuses a number: a reader could not tell whether it counts seconds or spells a date."""
    if not isinstance(value, str) or value.strip().lstrip("+-").replace(".", "", 1).isdecimal():
        raise ValueError(
            "应为带时区的时间，如 2026-03-02T09:00:00+08:00 | must be an RFC 3339 time with offset"
        )
    return value


Words = Annotated[str, AfterValidator(clean)]
Short = Annotated[Words, Field(max_length=200)]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 -]{4,18}[0-9]$")]
AttachmentId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class Strict(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Requester(Strict):
    """Who speaks. Goes into the vault and never into an event."""

    name: Annotated[Words, Field(max_length=50)] | None = None
    phone: Phone | None = None
    anonymous: StrictBool = False
    on_behalf_of: Annotated[Words, Field(max_length=50)] | None = None
    """The resident whose matter it is, where somebody else files it (代填)."""
    resident_phone: Phone | None = None
    """That resident's own phone; the call-back goes there."""
    spoken_with: Annotated[Words, Field(min_length=1, max_length=50)] | None = None
    """Who was asked whether it may be filed: the resident, or somebody who may answer for them."""
    consent: StrictBool = False
    """They agreed; nothing is filed on behalf of somebody who was not asked."""

    @property
    def reach(self) -> str | None:
        """The phone under which the resident is called back, looked for, and opens the page."""
        return self.resident_phone or self.phone

    @property
    def known(self) -> tuple[str, ...]:
        """What identifies people here: never to leave intake inside somebody's words."""
        said = (self.name, self.on_behalf_of, self.spoken_with, self.phone, self.resident_phone)
        return tuple(one for one in said if one)


class Decline(Strict):
    """Not accepted at filing: why, and where the right door is."""

    reason: Annotated[Words, Field(min_length=1, max_length=200)]
    door: Annotated[Words, Field(min_length=1, max_length=200)]


class OnTheSpot(Strict):
    """即办件: what whoever found it has dealt with already (domain.md C40: desks and grids settle most)."""

    unit: Annotated[str, Field(max_length=32)]
    """The filer's own unit."""
    result: Literal["solved", "partly", "explained", "unable"]
    note: Annotated[Words, Field(min_length=1, max_length=2_000)]
    """What was done."""
    no_proof: Annotated[Words, Field(min_length=1, max_length=500)] | None = None
    """Why there is no photo, where no `attachments` show it."""


class Filing(Strict):
    """The body of `POST /v1/complaints`."""

    channel: Channel
    kind: Kind
    title: Short | None = None
    text: Annotated[Words, Field(min_length=1, max_length=10_000)]
    address: Annotated[Words, Field(max_length=300)] | None = None
    point: Point | None = None
    grid_code: Annotated[str, Field(max_length=15)] | None = None
    category: Annotated[str, Field(max_length=32)] | None = None
    urgency: Urgency | None = None
    occurred_at: Annotated[AwareDatetime, BeforeValidator(written_out)] | None = None
    requester: Requester | None = None
    accused: Annotated[Words, Field(max_length=100)] | None = None
    confidential: StrictBool = False
    attachments: Annotated[tuple[AttachmentId, ...], Field(max_length=20)] = ()
    """Ids of `POST /v1/attachments`, uploaded by who files."""
    external_id: Short | None = None
    repeat_of: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = None
    """Number of a complaint about the same matter: who files heard that it is one; the desk may merge them."""
    decline: Decline | None = None
    settled: OnTheSpot | None = None
    """Of a patrol or a visit: dealt with on the spot, filed and closed in one call, and still counted."""


def check_settled(filing: Filing) -> None:
    """On the spot is where somebody went, and something shows it. Raises DomainError 422."""
    settled = filing.settled
    if settled is None:
        return
    if filing.channel not in {Channel.PATROL, Channel.VISIT} or filing.decline is not None:
        raise wrong_field(
            "settled",
            zh="只有巡查 (patrol) 和走访 (visit) 中当场办结的事项可填，且不能同时不予受理",
            en="is for what was dealt with on a patrol or a visit, and not declined",
        )
    if not filing.attachments and settled.no_proof is None:
        raise wrong_field(
            "attachments",
            zh="请附上办理照片，或在 settled.no_proof 写明没有照片的原因",
            en="attach what shows it, or say in settled.no_proof why there is no photo",
        )


def check_consent(requester: Requester | None) -> None:
    """Filed for somebody else only with who was spoken to and their consent. Raises DomainError 422."""
    if requester is None:
        return
    if requester.on_behalf_of is None:
        for name in ("resident_phone", "spoken_with", "consent"):
            if getattr(requester, name):
                raise wrong_field(
                    f"requester.{name}",
                    zh="没有填写 on_behalf_of 时请删去此项",
                    en="needs on_behalf_of; remove it",
                )
        return
    if requester.spoken_with is None:
        raise wrong_field(
            "requester.spoken_with",
            zh="代他人填报时请写明与谁确认过",
            en="say who was spoken to before filing for somebody else",
        )
    if not requester.consent:
        raise wrong_field(
            "requester.consent",
            zh="代他人填报须先征得同意；同意后填 true",
            en="filing for somebody else needs their consent; ask, then say true",
        )


def check_time(occurred_at: datetime | None, now: datetime) -> None:
    """Refuse a day before 2000 or a moment still to come (5 minutes of clock difference are forgiven)."""
    if occurred_at is None:
        return
    if occurred_at > now + SKEW:
        raise wrong_field(
            "occurred_at", zh="不能晚于现在，请核对日期", en="lies in the future; check the date"
        )
    if occurred_at < EARLIEST:
        raise wrong_field(
            "occurred_at", zh="早于 2000 年，请核对年份", en="lies before 2000; check the year"
        )


def check_point(point: Point | None, box: tuple[float, float, float, float] | None = None) -> None:
    """Refuse a point outside the city's box (or the country, where the city has no coordinates).

    Says so when longitude and latitude look exchanged.
    """
    if point is None:
        return
    west, south, east, north = box or (*_LON[:1], *_LAT[:1], *_LON[1:], *_LAT[1:])
    if _inside(point.lon, (west, east)) and _inside(point.lat, (south, north)):
        return
    if _inside(point.lat, (west, east)) and _inside(point.lon, (south, north)):
        raise wrong_field(
            "point",
            zh="经纬度写反了：lon 是经度 (约 117)，lat 是纬度 (约 36)",
            en="lon and lat are exchanged: lon is the longitude",
        )
    raise wrong_field(
        "point", zh="不在本市范围内，请核对坐标", en="lies outside the city; check the coordinates"
    )


def _inside(value: float, span: tuple[float, float]) -> bool:
    return span[0] <= value <= span[1]
