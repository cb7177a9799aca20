"""吹哨报到: a community calls departments, each of which checks in by itself (domain.md D6)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime

from contracts.base import EventData


class WhistleKind(StrEnum):
    """The four kinds; sources differ between three and four, the code keeps four (domain.md G)."""

    RESIDENT_REQUEST = "resident_request"
    KEY_TASK = "key_task"
    JOINT_ENFORCEMENT = "joint_enforcement"
    EMERGENCY = "emergency"


class WhistleEvent(EventData):
    """One step of a whistle. Until `issued` the addressee is the blower, from then on one called unit."""

    noun: ClassVar[str] = "whistle"

    whistle_id: str
    ticket_id: str | None = None
    version: int
    kind: WhistleKind
    unit: str
    blower: str
    area: str
    actor: str | None = None
    reason: str | None = None
    at: AwareDatetime
