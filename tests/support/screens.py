"""The console in this process, on a real database, told events without a broker in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final

import httpx
import orjson

from chuishao.tokens import issue
from contracts.clock import ClockEvent, ClockKind, Trace
from contracts.complaint import ComplaintReceived
from contracts.escalation import EntryRule, EscalationEvent, ReceptionEvent, ReceptionLevel
from contracts.whistle import Called, WhistleEvent
from kit.auth import TokenVerifier
from kit.db import Pool, create_pool, reading
from kit.delivery import Received
from kit.edge import Edge
from kit.http import Shared
from services.console import hearing, projecting
from services.console.api import make_app
from services.console.api_views import Sight
from services.console.directory import PARTS, Directory, Holder
from services.console.forwarding import Forwarder
from services.console.stream import Hub
from services.console.web import Front
from tests.support import city
from tests.support.desk import PRIVATE, PUBLIC
from tests.support.heard import AREA, MONDAY, received
from tests.support.lives import Life
from tests.support.servers import PASSWORD, Database

SUB: Final = AREA[:9]
SHOWN: Final = ("shown", "tally", "told")


@cache
def directory() -> Directory:
    """The sample district as the console knows it."""
    return Directory.of(1, {name: city.parts().get(name, ()) for name in PARTS})


@dataclass(frozen=True, slots=True)
class Screens:
    """One replica of the console."""

    pool: Pool
    hub: Hub
    http: httpx.AsyncClient
    sight: Sight

    async def tell(self, *told: Received) -> None:
        """Deliver a batch and let the projector turn until nothing waits."""
        async with reading(self.pool) as conn:
            await hearing.hear(conn, told)
        await self.project()

    async def project(self) -> None:
        while await projecting.turn(self.pool):
            pass

    async def empty(self) -> None:
        """Forget everything that was told and shown."""
        for statement in ("delete from told", "delete from shown", "delete from tally"):
            await self.pool.execute(statement)

    async def get(self, path: str, person: str = "P9", *roles: str) -> httpx.Response:
        return await self.http.get(f"/api/v1/{path}", headers=headers(person, *roles))

    async def inbox(self, unit: str, person: str) -> dict[str, Any]:
        """Rows of a unit's inbox by ticket id."""
        answer = await self.get(f"inbox?unit={unit}", person, "unit")
        return {row["ticket_id"]: row for row in answer.raise_for_status().json()["rows"]}

    async def frames(self, *topics: str, since: int = 0, kin: Collection[str] = ()) -> list[Any]:
        """What a stream from `since` says at once, decoded; the reset as its bare event."""
        over = self.hub.follow(topics, frozenset(kin), since, until=0)  # ends with what there is
        return [one async for chunk in over for one in decoded(chunk)]

    async def table(self, name: str) -> list[dict[str, Any]]:
        """All rows of a table, in one order."""
        rows = [dict(row) for row in await self.pool.fetch(f"table {name}")]
        return sorted(rows, key=repr)


def headers(person: str, *roles: str, lifetime_s: int = 60) -> dict[str, str]:
    token = issue(PRIVATE, person, list(roles), lifetime_s=lifetime_s)
    return {"Authorization": f"Bearer {token}"}


def decoded(chunk: bytes) -> list[Any]:
    """Frames of a piece of a stream."""
    found = []
    for part in chunk.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in part.splitlines() if ": " in line)
        if "data" in lines:
            found.append(orjson.loads(lines["data"]) | {"event": lines.get("event", "message")})
    return found


@asynccontextmanager
async def screens(database: Database) -> AsyncIterator[Screens]:
    """A replica with a hub that follows the table."""
    pool = await create_pool(database.dsn("chuishao_console"), PASSWORD, "console", size=6)
    hub, holder = Hub(pool), Holder()
    holder.use(directory())
    sight = Sight(pool, hub, holder, lambda: None)
    shared = Shared("console", pool, TokenVerifier(PUBLIC), {})
    app = make_app(shared, sight=sight, forwarder=Forwarder({}), front=Front())
    transport = httpx.ASGITransport(Edge(app))
    following = asyncio.create_task(hub.run())
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as http:
        yield Screens(pool, hub, http, sight)
    following.cancel()
    await pool.close()


def filed(life: Life, **more: Any) -> Received:
    """The complaint a life begins with."""
    one = life.filed[0]
    assert isinstance(one.event.data, ComplaintReceived)
    return received(one.name, one.event.data.model_copy(update=more), one.event.time)


def clock(life: Life, event: str, hours: float, *, due: float = 24, **more: Any) -> Received:
    """A word on a clock of a ticket, so many hours after Monday 10:00."""
    at = MONDAY + timedelta(hours=hours)
    values: dict[str, Any] = {
        "clock_id": f"{life.ticket_id}-{more.get('kind', 'result')}", "ticket_id": str(life.ticket_id),
        "number": life.number, "round": life.round, "kind": ClockKind.RESULT, "unit": life.unit,
        "area": life.area, "due_at": MONDAY + timedelta(hours=due), "sentence": "周二到期",
        "trace": Trace(start=at, limit="24h", profile="standard", urgency="normal",
                       calendar="standard", calendar_version=1),
        "at": at,
    }  # fmt: skip
    return received(f"clock.{event}", ClockEvent(**values | more), at)


def rung(life: Life, event: str, hours: float, level: int = 3, **more: Any) -> Received:
    """A rung of a ticket's ladder."""
    at = MONDAY + timedelta(hours=hours)
    values: dict[str, Any] = {
        "escalation_id": f"{life.ticket_id}-{level}", "ticket_id": str(life.ticket_id),
        "number": life.number, "round": life.round, "level": level, "clock": ClockKind.RESULT,
        "reason": "overdue", "unit": life.unit, "recipients": ("P-1",), "area": life.area,
        "urgency": "normal", "due_at": at, "at": at,
    }  # fmt: skip
    return received(f"escalation.{event}", EscalationEvent(**values | more), at)


def item(life: Life, event: str, hours: float, org: str, **more: Any) -> Received:
    """A step on a secretary's table."""
    at = MONDAY + timedelta(hours=hours)
    values: dict[str, Any] = {
        "item_id": str(life.ticket_id), "ticket_id": str(life.ticket_id), "number": life.number,
        "round": life.round, "level": ReceptionLevel.SUBDISTRICT, "org": org,
        "rule": EntryRule.OVERDUE_L4, "score": 30, "score_parts": {"overdue": 30},
        "unit": life.unit, "area": life.area, "at": at,
    }  # fmt: skip
    return received(f"reception.{event}", ReceptionEvent(**values | more), at)


def whistle(life: Life, event: str, version: int, status: str, **calls: str) -> Received:
    """A step of a whistle about a ticket; `calls` are departments and how they stand."""
    at = MONDAY + timedelta(hours=version)
    data = WhistleEvent(
        whistle_id=str(life.ticket_id).replace("-", "")[:24], ticket_id=str(life.ticket_id),
        version=version, kind="resident_request", unit="SQ-001", blower="SQ-001", area=life.area,
        at=at, status=status, number=life.number, round=1,
        called=tuple(Called(unit=unit.replace("_", "-"), state=state) for unit, state in calls.items()),
        text="请到场", place="金桂苑门口",
    )  # fmt: skip
    return received(f"whistle.{event}", data, at)


def full_life() -> list[Received]:
    """Assisted, returned, reassigned, whistled for, escalated, on a table, handled, called back, reopened."""
    life = Life("261123000007")
    told = [filed(life, accused="GT-002")]
    life.on(
        "dispatched",
        0,
        "GT-001",
        title="路灯",
        text="路灯不亮",
        address="阳光花园",
        assists=("SZ",),
    )
    told += [clock(life, "set", 0), clock(life, "near_due", 20), clock(life, "breached", 24)]
    life.on("assisted", 0, assists=("SZ",)).on("returned", 1, reason_code="not_our_duty")
    life.on("reassigned", 2).on("dispatched", 2, "GT-003", assists=())
    told += [rung(life, "raised", 25), rung(life, "acknowledged", 26)]
    told += [
        whistle(life, "blown", 1, "blown"),
        whistle(life, "issued", 2, "issued", CG="pending"),
        whistle(life, "checked_in", 3, "issued", CG="checked_in"),
    ]
    told += [item(life, "queued", 27, "JD-WYS"), item(life, "scheduled", 28, "JD-WYS")]
    life.on("accepted", 29).on("contacted", 30).on("handled", 31, result="solved")
    told += [
        clock(life, "stopped", 31),
        rung(life, "cleared", 31),
        item(life, "done", 32, "JD-WYS"),
    ]
    life.call(32, "not_solved").on("reopened", 33)
    told += [clock(life, "set", 33, due=60, clock_id="second")]
    return told + life.told + life.called
