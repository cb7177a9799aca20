"""How people are told (domain.md E5, E11, E24): their channels, quiet hours, budget, digests, waits."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from contracts.base import Code
from contracts.complaint import Urgency
from contracts.limits import Row
from contracts.notation import Minute

Address = Annotated[str, StringConstraints(pattern=r"^\S{1,200}$")]
"""A telephone number, an account of a work chat, a mail address, a path: what the channel makes of it."""
Quiet = Annotated[
    str, StringConstraints(pattern=r"^(none|off_duty|[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9])$")
]
"""`none`: told at any time. `off_duty`: told on duty only. `22:00-07:00`: not then, unless on duty."""
_QUIET: Final = {
    Urgency.CRITICAL: "none",
    Urgency.URGENT: "22:00-07:00",
    Urgency.NORMAL: "off_duty",
    Urgency.COMPLEX: "off_duty",
}


class Cause(StrEnum):
    """What people are told about."""

    DISPATCHED = "dispatched"
    ASSISTED = "assisted"
    REOPENED = "reopened"
    URGED = "urged"
    SUPERVISED = "supervised"
    NEAR_DUE = "near_due"
    BREACHED = "breached"
    """A limit has run out; of a hold's review: the hold is over."""
    RAISED = "raised"
    """A rung of the ladder, and its repetitions."""
    CALLED = "called"
    """A department is called by a whistle."""
    NO_SHOW = "no_show"
    QUEUED = "queued"
    """It lies on a secretary's table."""
    SCHEDULED = "scheduled"
    DECIDED = "decided"


class Contact(Row):
    """One way to reach a post (contacts.csv); the first line of a post is tried first."""

    post: Code
    channel: Code
    """Name of a channel of the deployment, never its address or its password."""
    address: Address
    from_urgency: Urgency = Urgency.NORMAL
    """Only for matters of this urgency or above; `normal` and `complex` are one."""


class NoticeRules(Row):
    """Numbers of notices.toml, `[rules.standard]`; every default is `choice`."""

    name: str = "standard"
    quiet: dict[Urgency, Quiet] = Field(default_factory=lambda: dict(_QUIET))
    """When people off duty are left alone; who is on duty, by shift or rota, never is."""
    budget: int = Field(default=20, ge=1, le=1_000)
    """Notices a person gets in a day one by one; what is more waits for the digest. Critical matters and
    rungs of the ladder do not count."""
    group_wait_s: int = Field(default=30, ge=0, le=3_600)
    """How long a notice waits for others about the same unit or hot issue; critical ones do not."""
    digest: tuple[Cause, ...] = (Cause.BREACHED, Cause.QUEUED, Cause.SCHEDULED, Cause.NO_SHOW)
    """Causes told in the digest at the start of the shift: a rung or a reception day says the rest."""
    digest_at: Minute = "08:30"
    """When people without shifts get their digest."""
    nats_is_enough: tuple[Cause, ...] = (Cause.DISPATCHED, Cause.ASSISTED, Cause.REOPENED)
    """Causes not told to the people of a unit that has a NATS account, unless critical."""
    retry_s: tuple[int, ...] = (5, 30, 120, 600, 1_800, 7_200)
    """Waits between tries; after the last one the notice is dead and the next channel is tried."""
    source: str = "choice"
