"""Routes of snapshots and of the live stream."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints

from contracts.base import AreaCode, Code
from kit.auth import PEOPLE, Principal, allow
from kit.city_time import CITY_TIME
from kit.clock import business_now
from kit.db import Pool, reading
from kit.errors import DomainError, Kind
from kit.http import reply
from kit.openapi import gives
from services.console import views
from services.console.access import Access
from services.console.answers import QueueView, StatusView, TicketsView, WallView
from services.console.directory import Directory, Holder
from services.console.projection import topics
from services.console.stream import Hub

EVERYBODY: Final = tuple(sorted(PEOPLE))
LOOKED_UP_S: Final = 3_600.0
"""How long a stream lives before it has to be asked for again: posts end by the day."""
TOPICS_MOST: Final = 200
STREAMING: Final = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
Topics = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.,-]{1,8000}$")]


@dataclass(frozen=True, slots=True)
class Sight:
    """What the routes of views need: the rows, the stream, and who stands for what."""

    pool: Pool
    hub: Hub
    holder: Holder
    wake: Callable[[], None]
    """Lets the projector say at once what was just written."""

    async def access(self, who: Principal) -> Access:
        """What somebody may follow today. Raises DomainError 503 before the first directory."""
        directory: Directory = self.holder.directory
        async with reading(self.pool) as conn:
            now = await business_now(conn)
        seat = directory.staff.seat(who.sub, now.astimezone(CITY_TIME).date())
        return Access(who.roles, seat)

    async def entitled(self, who: Principal, *wanted: str) -> Access:
        """The same for who may have all of these topics. Raises DomainError 403."""
        access = await self.access(who)
        if refused := access.refused(wanted):
            raise DomainError(
                "topic-forbidden",
                Kind.FORBIDDEN,
                field="topics",
                zh=f"您不能查看：{'、'.join(refused)}。",
                en=f"Not yours to follow: {', '.join(refused)}.",
                extra={"topics": refused},
            )
        return access


def add_views(app: FastAPI, sight: Sight) -> None:
    """Add the read side: one route a view, and the stream."""
    _add_lists(app, sight)
    _add_whole(app, sight)

    @app.get(
        "/api/v1/stream",
        tags=["live"],
        response_class=Response,
        responses=gives("text/event-stream"),
    )
    async def stream(
        wanted: Annotated[Topics, Query(alias="topics")],
        since: Annotated[int, Query(ge=0, le=2**62)] = 0,
        who: Principal = allow(*EVERYBODY),
    ) -> Response:
        """Changes after frame `since` as they happen (server-sent events); ends with the token, and hourly."""
        named = sorted(set(wanted.split(",")))
        if len(named) > TOPICS_MOST:
            raise DomainError(
                "too-many-topics",
                Kind.INVALID,
                field="topics",
                zh=f"一次最多订阅 {TOPICS_MOST} 个主题。",
                en=f"At most {TOPICS_MOST} topics at once.",
            )
        access = await sight.entitled(who, *named)
        until = min(who.until, time.time() + LOOKED_UP_S)
        lines = sight.hub.follow(named, access.kin, since, until)
        return StreamingResponse(lines, media_type="text/event-stream", headers=STREAMING)


def _add_lists(app: FastAPI, sight: Sight) -> None:
    async def shown(who: Principal, topic: str) -> Response:
        access = await sight.entitled(who, topic)
        return reply(await views.rows(sight.pool, topic, access.kin))

    @app.get("/api/v1/inbox", tags=["views"], responses={200: {"model": TicketsView}})
    async def inbox(unit: Annotated[Code, Query()], who: Principal = allow(*EVERYBODY)) -> Response:
        """Tickets and whistles of a unit: held, assisted, called for."""
        return await shown(who, f"inbox.{unit}")

    @app.get("/api/v1/area", tags=["views"], responses={200: {"model": TicketsView}})
    async def area(
        code: Annotated[AreaCode, Query(alias="area")], who: Principal = allow(*EVERYBODY)
    ) -> Response:
        """Tickets of an area; codes only."""
        return await shown(who, f"area.{code}")

    @app.get("/api/v1/desk", tags=["views"], responses={200: {"model": TicketsView}})
    async def desk(who: Principal = allow(*EVERYBODY)) -> Response:
        """Tickets that wait for the dispatch desk or a ruling; codes only."""
        return await shown(who, topics.DESK)

    @app.get("/api/v1/callbacks", tags=["views"], responses={200: {"model": TicketsView}})
    async def callbacks(who: Principal = allow(*EVERYBODY)) -> Response:
        """Tickets whose residents are to be asked; codes only."""
        return await shown(who, topics.CALLBACKS)

    @app.get("/api/v1/queue", tags=["views"], responses={200: {"model": QueueView}})
    async def queue(org: Annotated[Code, Query()], who: Principal = allow(*EVERYBODY)) -> Response:
        """What lies on the table of an office; codes only."""
        return await shown(who, f"queue.{org}")


def _add_whole(app: FastAPI, sight: Sight) -> None:
    @app.get("/api/v1/wall", tags=["views"], responses={200: {"model": WallView}})
    async def wall(
        area: Annotated[AreaCode, Query()], who: Principal = allow(*EVERYBODY)
    ) -> Response:
        """Counters of an area and of those below it, and the escalations that stand."""
        access = await sight.entitled(who, f"wall.{area}")
        return reply(await views.wall(sight.pool, area, access.kin))

    @app.get("/api/v1/status", tags=["views"], responses={200: {"model": StatusView}})
    async def status(who: Principal = allow("admin")) -> Response:
        """How far the console has come."""
        await sight.entitled(who, topics.STATUS)
        return reply(await views.status(sight.pool))


Describe = Callable[[Principal], Any]


def described(sight: Sight) -> Describe:
    """For the session document: units, areas and topics of somebody today."""

    async def describe(who: Principal) -> dict[str, Any]:
        access = await sight.access(who)
        units, seat = sight.holder.directory.units, access.seat
        return {
            "person_units": [
                {"unit": unit, "name": units.name(unit) or unit, "leading": unit in seat.led}
                for unit in sorted(seat.units)
            ],
            "areas": sorted(seat.areas),
            "topics": access.topics(),
        }

    return describe
