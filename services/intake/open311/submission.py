"""What partners send: a new request, or a later word about one; forms and JSON alike. Pure.

Names are GeoReport v2's. Fields nobody here knows are left aside, as that specification wants: an
endpoint of another city may ask for more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from contracts.complaint import Channel, Datum, Kind, Point
from kit import strict_json
from kit.errors import DomainError
from kit.errors import Kind as Failure
from kit.validation import from_errors, wrong_field
from services.intake.complaint import Filing, Phone, Requester, Words

MOST_FIELDS: Final = 100
FORM: Final = "application/x-www-form-urlencoded"
_UNUSED: Final = (
    ("media_url", "照片地址未取用，请走附件接口", "media_url was not fetched; send photos as attachments"),
    ("email", "电子邮箱未保存，回访用电话", "email is not kept; residents are called by phone"),
)  # fmt: skip
_OPEN: Final = frozenset(
    {"open", "reopen", "in_progress", "investigating", "action_scheduled", "for_triage"}
)
_ENDED: Final = frozenset(
    {
        "closed",
        "fixed",
        "duplicate",
        "not_councils_responsibility",
        "no_further_action",
        "internal_referral",
    }
)


def _written(value: object) -> object:
    """Numbers as text, whatever a JSON client makes of a phone or a code."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _degrees(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        raise ValueError("应为以度计的数字 | must be a number of degrees") from None


Text = Annotated[Words, BeforeValidator(_written)]
Name = Annotated[Text, Field(max_length=24)]
Degrees = Annotated[float, BeforeValidator(_degrees), Field(allow_inf_nan=False)]


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Submission(_Sent):
    """The body of `POST requests`."""

    service_code: Annotated[Text, Field(min_length=1, max_length=32)]
    description: Annotated[Text, Field(min_length=1, max_length=4_000)]
    lat: Degrees | None = None
    long: Degrees | None = None
    address_string: Annotated[Text, Field(max_length=300)] | None = None
    address_id: Annotated[Text, Field(max_length=15)] | None = None
    """A code of our areas: the only addressing system we share."""
    first_name: Name | None = None
    last_name: Name | None = None
    phone: Annotated[Phone, BeforeValidator(_written)] | None = None

    @property
    def point(self) -> Point | None:
        """Where, WGS-84 as the specification says. Raises DomainError 422 for half a point."""
        if self.lat is None and self.long is None:
            return None
        if self.lat is None or self.long is None:
            missing = "lat" if self.lat is None else "long"
            raise wrong_field(missing, zh="lat 与 long 须一起给出", en="give lat and long together")
        return Point(lon=self.long, lat=self.lat, datum=Datum.WGS84)

    @property
    def requester(self) -> Requester | None:
        """Who asks, for the vault; None when nothing was said."""
        name = full_name(self.first_name, self.last_name)
        if not name and not self.phone:
            return None
        return Requester(name=name or None, phone=self.phone)

    def filing(self) -> Filing:
        """The same as a complaint. Raises DomainError 422 when no place is named at all."""
        point = self.point
        if point is None and self.address_string is None and self.address_id is None:
            raise wrong_field(
                "address_string",
                zh="请给出 lat 与 long、address_string 或 address_id 之一",
                en="give lat and long, address_string or address_id",
            )
        return Filing(
            channel=Channel.OPEN311,
            kind=Kind.REPORT,
            text=self.description,
            address=self.address_string,
            point=point,
            grid_code=self.address_id,
            category=self.service_code,
            requester=self.requester,
        )


class Update(_Sent):
    """The body of `POST servicerequestupdates`: a later word from outside."""

    service_request_id: Annotated[Text, Field(min_length=1, max_length=40)]
    update_id: Annotated[Text, Field(min_length=1, max_length=64)]
    status: Annotated[Text, Field(min_length=1, max_length=40)]
    description: Annotated[Text, Field(min_length=1, max_length=4_000)]

    @property
    def reopens(self) -> bool:
        """True for the words of mySociety's extension that mean there is work. Raises DomainError 422."""
        said = self.status.lower()
        if said not in _OPEN | _ENDED:
            known = ", ".join(sorted(_OPEN | _ENDED))
            raise wrong_field("status", zh=f"应为其中之一：{known}", en=f"must be one of: {known}")
        return said in _OPEN

    @property
    def words(self) -> str:
        """What whoever holds the matter reads; that the other side is done is said, never done here."""
        if self.reopens:
            return self.description
        return f"{self.description}\n（来文系统标注状态：{self.status.lower()}）"


def full_name(first: str | None, last: str | None) -> str:
    """Family name first where the name is written in characters; else as it is spoken."""
    first, last = first or "", last or ""
    if (first + last).isascii():
        return f"{first} {last}".strip()
    return last + first


def fields_of(content_type: str, body: bytes) -> dict[str, Any]:
    """What was sent, empty fields left out: "optional" means the same either way.

    Raises DomainError 400 for what is neither a form nor JSON, or is broken.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        sent = strict_json.loads(body)
        if not isinstance(sent, dict):
            raise _unreadable()
    elif kind in {FORM, ""}:
        sent = _form(body)
    else:
        raise _unreadable()
    return {name: value for name, value in sent.items() if value not in (None, "")}


def read(model: type[BaseModel], fields: Mapping[str, Any]) -> Any:
    """The fields as `model`. Raises DomainError 422."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise from_errors(error.errors(include_url=False, include_input=False)) from None


def digest(fields: Mapping[str, Any]) -> bytes:
    """Equal for the same body of the same partner, whatever the key: a double submit is one request."""
    said = {name: value for name, value in fields.items() if name != "api_key"}
    # Fields nobody reads may hold half a surrogate pair: escapes can say it, UTF-8 cannot.
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def notes(fields: Mapping[str, Any], lang: str) -> list[str]:
    """What was sent and not used, in words for whoever connects the systems."""
    return [en if lang == "en" else zh for name, zh, en in _UNUSED if fields.get(name)]


def _form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(body.decode(), errors="strict", max_num_fields=MOST_FIELDS, separator="&")
    except ValueError:
        raise _unreadable() from None
    sent = dict(pairs)
    for name, _ in pairs:
        if name in Submission.model_fields and sum(name == other for other, _ in pairs) > 1:
            raise wrong_field(name, zh="给出了两次", en="was given twice")
    return sent


def _unreadable() -> DomainError:
    return DomainError(
        "malformed",
        Failure.MALFORMED,
        field="Content-Type",
        zh=f"请以 UTF-8 的表单 ({FORM}) 或 JSON 对象发送，字段不超过 {MOST_FIELDS} 个。",
        en=f"Send a UTF-8 form ({FORM}) or a JSON object, with at most {MOST_FIELDS} fields.",
    )
