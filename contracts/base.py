"""The envelope every message wears: CloudEvents 1.0 in structured JSON mode.

One JSON document holds attributes and data, so any NATS client in any language can read it without
looking at headers. Source of the rule: product.md section 5; CloudEvents 1.0 core specification.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

CONTENT_TYPE: Final = "application/cloudevents+json"
TYPE_PREFIX: Final = "cn.chuishao"
SCHEMA_ROOT: Final = "https://chuishao.cn/schemas"

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,32}$")]
"""A code from the city's directory: the only kind of text that may become a subject token."""

AreaCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}([0-9]{3}){0,3}$")]
"""6 + 3 + 3 + 3 digits: district, subdistrict, community, grid (GB/T 30428.1)."""


class EventData(BaseModel):
    """Data of one event. Consumers ignore fields they do not know (events only grow)."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")

    noun: ClassVar[str]

    cause: str | None = None
    """Id of the event, command or request that led to this one."""


Data = TypeVar("Data", bound=EventData)


class Event(BaseModel, Generic[Data]):
    """A CloudEvent. `id` is repeated as the `Nats-Msg-Id` header and never reused for a second fact."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    """`/chuishao/<service>`."""
    type: str
    """`cn.chuishao.<noun>.<event>.v1`."""
    subject: str
    """Id of the thing the event is about (complaint or ticket id), not the NATS subject."""
    time: AwareDatetime
    """Business time at which the fact became true."""
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    data: Data

    def encode(self) -> bytes:
        """The structured-mode JSON document as it goes over the wire."""
        return self.model_dump_json(exclude_none=True).encode()
