"""The last day shown again on every wall: what was ordered, and how things stood at each quarter of an hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kit.city_time import CITY_TIME
from kit.clock import business_now
from kit.db import Pool, reading
from kit.errors import DomainError, Kind
from services.console.hall import store
from services.console.hall.history import DAY, FLOWS, LEVELS, QUARTER_MIN

LONGEST: Final = timedelta(minutes=15)
"""A replay nobody ends is over by then, one that stands still, too."""
FASTEST: Final = 1_440
BACK: Final = DAY + timedelta(minutes=QUARTER_MIN)
"""Somewhat more than is shown: who chooses the oldest moment needs some time to do so."""
CATEGORY: Final = "category."

Counts = Mapping[str, int]


class Order(BaseModel):
    """What the control page sends: from when on, and how fast."""

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime
    pace: Annotated[int, Field(ge=0, le=FASTEST)] = 360
    """Seconds of that day for each second now; 0: the moment stands."""


def begun(order: Order, now: datetime) -> dict[str, Any]:
    """What walls are told: where the replay begins, when it began, and when it is over. Raises DomainError."""
    if not now - BACK <= order.at <= now:
        raise DomainError(
            "replay-out-of-reach",
            Kind.INVALID,
            field="at",
            zh="只能回放最近 24 小时内的时间，请另选一个时间。",
            en="Only the last 24 hours can be shown again; choose a time within them.",
        )
    return {
        "at": order.at.isoformat(),
        "pace": order.pace,
        "since": now.isoformat(),
        "until": (now + lasts(now - order.at, order.pace)).isoformat(),
    }


def lasts(behind: timedelta, pace: int) -> timedelta:
    """How long it takes until the replay has caught up with the present."""
    return min(behind / (pace - 1), LONGEST) if pace > 1 else LONGEST


async def moments(pool: Pool, area: str) -> dict[str, Any]:
    """How a wall stood at each quarter of an hour of the last day, oldest first."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        rows = await store.moments(conn, area, now - DAY)
    found: dict[datetime, dict[str, Any]] = {}
    below: dict[datetime, dict[str, Counts]] = {}
    for row in rows:
        if row["area"] == area:
            found[row["at"]] = moment(row["at"], row["counts"])
        elif own := {name: n for name, n in row["counts"].items() if n and name in LEVELS}:
            below.setdefault(row["at"], {})[row["area"]] = own
    told = [one | {"areas": below.get(at, {})} for at, one in sorted(found.items())]
    return {"area": area, "now": now.isoformat(), "moments": told}


def moment(at: datetime, counts: Counts) -> dict[str, Any]:
    """The counters of a wall as they stood; a sum nobody had yet is 0."""
    day = at.astimezone(CITY_TIME).date().isoformat()
    return {
        "at": at.isoformat(),
        **{name: counts.get(name, 0) for name in LEVELS},
        "today": {name: counts.get(f"{name}.{day}", 0) for name in FLOWS},
        "category": {
            name.removeprefix(CATEGORY): n
            for name, n in sorted(counts.items())
            if name.startswith(CATEGORY)
        },
    }
