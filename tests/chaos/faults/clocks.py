"""Clocks that jump: of the business, and of the machine the database runs on (A.1 row 35)."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.chaos import timefile
from tests.chaos.faults.fault import Fault, FaultMissedError
from tests.chaos.faults.processes import running
from tests.chaos.mending import superuser

if TYPE_CHECKING:
    from tests.chaos.lab import Lab

SQL_NOW: Final = "select chuishao.business_now()"
SQL_SET: Final = "select chuishao.set_business_clock(chuishao.business_now() + $1)"
SQL_MACHINE: Final = "select clock_timestamp()"
JUMPS: Final = (timedelta(days=3), timedelta(days=-2))


class BusinessClock(Fault):
    """The business clock of the simulated database jumps, and jumps back when it heals."""

    kind = "clock_jump_business"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Three days ahead or two back."""
        running(lab, "postgres")
        jump = rng.choice(JUMPS)
        async with superuser(lab.postgres_dsn) as conn:
            before = await conn.fetchval(SQL_NOW)
            after = await conn.fetchval(SQL_SET, jump)
        lab.struck[self.kind] = jump
        _jumped(after - before, jump)
        return {"days": jump.days, "from": before.isoformat(), "to": after.isoformat()}

    async def heal(self, lab: Lab) -> None:
        """Jump back the same way."""
        if self.kind in lab.struck:
            async with superuser(lab.postgres_dsn) as conn:
                await conn.execute(SQL_SET, -lab.struck[self.kind])
            del lab.struck[self.kind]


class MachineClock(Fault):
    """The wall clock under PostgreSQL jumps while it runs, and jumps back when it heals."""

    kind = "clock_jump_machine"

    def needs(self) -> str | None:
        """Libfaketime under PostgreSQL."""
        if timefile.library() is None:
            return "libfaketime is not installed (development dependency)"
        return None if os.uname().sysname == "Linux" else "libfaketime is used on Linux only"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Three days ahead or two back, seen by every process of the server within a second."""
        running(lab, "postgres")
        jump = rng.choice(JUMPS)
        timefile.write(lab.files.clock, int(jump.total_seconds()))
        await asyncio.sleep(2 * timefile.CACHED_S)
        async with superuser(lab.postgres_dsn) as conn:
            _jumped(await conn.fetchval(SQL_MACHINE) - datetime.now(UTC), jump)
        return {"days": jump.days}

    async def heal(self, lab: Lab) -> None:
        """Back to the real time."""
        timefile.write(lab.files.clock, 0)
        await asyncio.sleep(2 * timefile.CACHED_S)


def _jumped(seen: timedelta, wanted: timedelta) -> None:
    """Raises FaultMissedError for less than half of the jump; the business's days pass quickly besides."""
    if abs(seen - wanted) > abs(wanted) / 2:
        raise FaultMissedError(f"the clock went by {seen} and not by {wanted}")
