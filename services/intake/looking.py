"""A transaction that sees what somebody may see of complaints (docs/adr/0036; migrations/0009)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from kit.auth import Principal
from kit.clock import CITY_TIME, business_now
from kit.db import Conn, Pool, show, transaction
from kit.sight import Sight
from services.intake.staff import Staff

EVERYWHERE: Final = ("operator", "dispatcher", "admin", "auditor", "service")
"""Roles that see every complaint, masked: the hotline, the desk, who audits."""


@asynccontextmanager
async def looking(
    people: Pool, staff: Staff, who: Principal
) -> AsyncIterator[tuple[Conn, datetime]]:
    """A connection that sees what somebody may see, and business time."""
    async with transaction(people) as conn:
        now = await business_now(conn)
        await show(conn, sight_of(staff, who, now))
        yield conn, now


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
