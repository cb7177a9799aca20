"""HTTP of walls and maps: what walls are told to show, how things stood, how areas are outlined."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import FastAPI, Query, Request, Response

from kit import audit
from kit.auth import Principal, allow
from kit.clock import business_now
from kit.db import transaction
from kit.errors import not_found
from kit.http import read_body, reply
from kit.openapi import refuses, takes
from services.console.api_views import EVERYBODY, Sight
from services.console.hall import history, replay, store
from services.console.hall.picture import Picture
from services.console.projection import store_frames, store_told, topics

CONTROL: Final = ("admin", "dispatcher", "secretary")
TOLD: Final = ("dashboard", *CONTROL)
"""Who may follow the topic `hall` (access.py)."""
Area = Annotated[str, Query(pattern=r"^[0-9]{6}([0-9]{3}){0,3}$")]
Levels = Annotated[int, Query(ge=0, le=3)]
KEEP: Final = {"Cache-Control": "private, no-cache"}


def add_hall(app: FastAPI, sight: Sight) -> None:
    """Routes of walls, of their control and of maps."""
    _picture(app, sight)
    _replay(app, sight)
    _history(app, sight)
    _outlines(app, sight)


def _picture(app: FastAPI, sight: Sight) -> None:
    @app.get("/api/v1/hall", tags=["hall"])
    async def hall(_who: Principal = allow(*TOLD)) -> Response:
        """What walls are told to show, and the number of the stream from which on to follow `hall`."""
        async with transaction(sight.pool) as conn:
            seq = (await store_frames.state(conn)).seq
            body = await store.picture(conn)
            now = await business_now(conn)
        return reply(
            {
                "topic": topics.HALL,
                "seq": seq,
                "now": now.isoformat(),
                "rows": [{"id": topics.HALL, **body}] if body else [],
            }
        )

    @app.post("/api/v1/hall/show", tags=["hall"], status_code=200, openapi_extra=takes(Picture))
    async def show(request: Request, who: Principal = allow(*CONTROL)) -> Response:
        """Let every wall show this."""
        body: Picture = await read_body(request, Picture)
        picture = body.model_dump()
        async with transaction(sight.pool) as conn:
            now = await business_now(conn)
            told = await store.show(conn, picture, now)
            await store_told.notice(conn, topics.HALL, told)
            await audit.record(conn, [audit.Entry(now, who.sub, "hall.show", topics.HALL, picture)])
        sight.wake()
        return reply(told)


def _replay(app: FastAPI, sight: Sight) -> None:
    async def tell(who: Principal, order: replay.Order | None) -> Response:
        async with transaction(sight.pool) as conn:
            now = await business_now(conn)
            begun = replay.begun(order, now) if order else None
            told = await store.replay(conn, begun, now)
            await store_told.notice(conn, topics.HALL, told)
            done = "hall.replay" if begun else "hall.live"
            await audit.record(conn, [audit.Entry(now, who.sub, done, topics.HALL, begun or {})])
        sight.wake()
        return reply(told)

    @app.get("/api/v1/hall/replay", tags=["hall"], responses=refuses(404))
    async def moments(area: Area, who: Principal = allow(*EVERYBODY)) -> Response:
        """How a wall stood at each quarter of an hour of the last day: counters, and what was open where."""
        await sight.entitled(who, f"wall.{area}")
        return reply(await replay.moments(sight.pool, area))

    @app.post(
        "/api/v1/hall/replay", tags=["hall"], status_code=200, openapi_extra=takes(replay.Order)
    )
    async def begin(request: Request, who: Principal = allow(*CONTROL)) -> Response:
        """Let every wall show the last day from a time on, until it has caught up or a quarter of an hour is over."""
        return await tell(who, await read_body(request, replay.Order))

    @app.delete("/api/v1/hall/replay", tags=["hall"], status_code=200)
    async def live(who: Principal = allow(*CONTROL)) -> Response:
        """Let every wall show again how things are now."""
        return await tell(who, None)


def _history(app: FastAPI, sight: Sight) -> None:
    @app.get("/api/v1/hall/trend", tags=["hall"], responses=refuses(404))
    async def trend(area: Area, who: Principal = allow(*EVERYBODY)) -> Response:
        """How the sums of an area stood: a day by quarters of an hour, a week by hours, yesterday at this time."""
        await sight.entitled(who, f"wall.{area}")
        return reply(await history.trend(sight.pool, area))


def _outlines(app: FastAPI, sight: Sight) -> None:
    @app.get("/api/v1/outlines", tags=["maps"], responses=refuses(404) | {304: {}})
    async def outlines(
        request: Request,
        area: Area | None = None,
        levels: Levels = 1,
        _who: Principal = allow(*EVERYBODY),
    ) -> Response:
        """An area and what lies below it, with names and outlines (GeoJSON; none where the city drew none)."""
        directory = sight.holder.directory
        code = area or directory.atlas.top
        if code not in directory.areas.entries:
            raise not_found("区域", "area")
        etag = f'"{directory.version}-{code}-{levels}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag, **KEEP})
        shown = {"version": directory.version, **directory.atlas.map(code, levels)}
        return reply(shown, headers={"ETag": etag, **KEEP})
