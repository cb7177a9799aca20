"""A transaction that sees what somebody may see of complaints (docs/adr/0036; migrations/0009)."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from typing import Final

from kit.auth import Principal
from kit.city_time import CITY_TIME
from kit.db import Conn, Pool
from kit.looking import look
from kit.sight import Sight
from kit.staff import Staff

EVERYWHERE: Final = ("operator", "dispatcher", "admin", "auditor", "service")
"""Roles that see every complaint, masked: the hotline, the desk, who audits."""


def looking(
    people: Pool, staff: Staff, who: Principal
) -> AbstractAsyncContextManager[tuple[Conn, datetime]]:
    """A connection that sees what somebody may see, and business time."""
    return look(people, partial(sight_of, staff, who))


def sight_of(staff: Staff, who: Principal, now: datetime) -> Sight:
    """What the row policies are told of somebody."""
    seat = staff.seat(who.sub, now.astimezone(CITY_TIME).date())
    return Sight(
        person=who.sub,
        everything=who.has(*EVERYWHERE),
        units=seat.units,
        below=seat.below,
        areas=seat.areas,
        kin=seat.kin,
    )
