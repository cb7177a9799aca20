"""How far ahead the work calendars are loaded: the alarm sixty days before a year is missing (domain.md D3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from kit.clock import business_now
from kit.db import Pool, reading
from services.notifier.directory import Directory, Holder

AHEAD: Final = timedelta(days=60)
THIS_YEAR_MISSING: Final = -1


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is loaded, seen from now."""

    now: datetime
    until: datetime | None
    """Until when every calendar is loaded without a gap; None when the present year is missing."""

    @property
    def days(self) -> int:
        """Whole days until the first calendar ends; -1 when this year is missing."""
        return (self.until - self.now).days if self.until else THIS_YEAR_MISSING

    @property
    def alarm(self) -> bool:
        """True from sixty days before a year begins that nobody has loaded."""
        return self.until is None or self.until - self.now < AHEAD

    def view(self) -> dict[str, Any]:
        """For `/readyz`: it says what is wrong, and what to do."""
        shown: dict[str, Any] = {
            "loaded_until": self.until.date().isoformat() if self.until else None,
            "days": self.days,
            "alarm": self.alarm,
        }
        if self.alarm:
            year = self.until.year if self.until else self.now.year
            shown["remedy"] = (
                f"请补上 calendar/{year}.csv 并重新发布名录"
                f" / add calendar/{year}.csv and publish the directory again"
            )
        return shown


async def look(pool: Pool, directory: Directory) -> Outlook:
    """By business time. Raises asyncpg errors while the database is away."""
    async with reading(pool) as conn:
        now = await business_now(conn)
    return Outlook(now, directory.loaded_until(now))


async def detail(pool: Pool, holder: Holder) -> dict[str, Any]:
    """The outlook as `/readyz` shows it. Raises DomainError before the first directory."""
    return (await look(pool, holder.directory)).view()
