"""The day lived through: complaints filed at their times, then nobody does anything and time goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx

from chuishao.bars import Tell
from chuishao.drill import store
from chuishao.drill.day import Filed
from chuishao.runfile import RunInfo

if TYPE_CHECKING:
    from kit.db import Conn

TICK_S: Final = 0.3
"""The services look at what is due about so often, in real seconds."""
IN_FLIGHT: Final = 8
SETTLE_S: Final = 20.0
POLL_S: Final = 0.1
REFUSED_CHARS: Final = 200
LAP: Final = timedelta(minutes=10)
"""Longer than the watchdog's walk, so that the next one begins now."""
WATCHED_S: Final = 90.0


class DrillError(RuntimeError):
    """The scratch installation's watchdog did not look."""

    def __init__(self) -> None:
        super().__init__("看门狗没有巡查未结工单 / the watchdog did not walk over the open tickets")


@dataclass(slots=True)
class Course:
    """How the day is gone through."""

    info: RunInfo
    conn: Conn
    client: httpx.AsyncClient
    speed: float
    """Business seconds that a real second covers at the most."""
    tell: Tell

    async def live(self, day: Sequence[Filed], end: datetime) -> list[dict[str, Any]]:
        """File everything at its time and go on until `end`; what was refused, with the reason."""
        refused: list[dict[str, Any]] = []
        todo = list(day)
        begin = todo[0].at
        now = begin
        while now < end:
            now = await self._next(now, todo, end)
            await self._set(now)
            due = [one for one in todo if one.at <= now]
            todo = todo[len(due) :]
            refused += await self._file(due)
            self.tell("file", len(day) - len(todo), len(day))
            await self._quiet(now)
            self.tell("clock", round((now - begin).total_seconds()), _seconds(begin, end))
        await self._watched(end)
        return refused

    async def _watched(self, end: datetime) -> None:
        """Wait for a walk of the watchdog over all open tickets. Raises DrillError where it does not come."""
        since = end + LAP
        await self._set(since)
        for _ in range(round(WATCHED_S / POLL_S)):
            if await store.watched(self.conn, since):
                return
            await asyncio.sleep(POLL_S)
        raise DrillError

    async def _next(self, now: datetime, todo: Sequence[Filed], end: datetime) -> datetime:
        """The next moment at which anything happens, in steps the speed allows; idle time is left out."""
        step = now + timedelta(seconds=self.speed * TICK_S)
        due = await store.next_due(self.conn)
        times = [at for at in (due, todo[0].at if todo else None) if at is not None]
        return min(end, max(step, min(times))) if times else end

    async def _set(self, at: datetime) -> None:
        from kit.clock import set_business_clock

        await set_business_clock(self.conn, at)

    async def _file(self, due: Sequence[Filed]) -> list[dict[str, Any]]:
        turn = asyncio.Semaphore(IN_FLIGHT)

        async def file(one: Filed) -> dict[str, Any] | None:
            async with turn:
                answer = await self.client.post(
                    f"{self.info.intake}/v1/complaints",
                    json=one.body,
                    headers={
                        "Authorization": f"Bearer {self.info.tokens['operator']}",
                        "Idempotency-Key": one.key,
                    },
                )
            if answer.status_code in {200, 201}:
                return None
            return {"at": one.at.isoformat(), "answer": answer.text[:REFUSED_CHARS]}

        answers = await asyncio.gather(*map(file, due))
        return [one for one in answers if one is not None]

    async def _quiet(self, now: datetime) -> None:
        """Wait until the services have done what is due by now."""
        for _ in range(round(SETTLE_S / POLL_S)):
            await asyncio.sleep(POLL_S)
            due = await store.next_due(self.conn)
            if due is None or due > now:
                return


def _seconds(begin: datetime, end: datetime) -> int:
    return round((end - begin).total_seconds())
