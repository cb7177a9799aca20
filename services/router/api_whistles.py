"""HTTP of whistles: decode, call one action or query, encode."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import FastAPI, Path, Query, Request, Response

from contracts.whistle import WhistleStatus
from contracts.whistle_command import Blowing, WhistleCommand, WhistleState
from kit.auth import Principal, allow
from kit.clock import business_now
from kit.db import Pool, reading
from kit.http import Shared, language, read_body, reply
from kit.openapi import Page, refuses, takes
from services.router import queries, whistle_pages
from services.router.answers import WhistleView
from services.router.blowing import WhistleOffice
from services.router.publishing.in_use import DirectoryInUse
from services.router.whistle_pages import Wanted

MEMBERS: Final = ("unit", "secretary")
READERS: Final = (*whistle_pages.SEES_ALL, *MEMBERS)
COUNTERS: Final = (*whistle_pages.SEES_ALL, "ruling", "secretary", "dashboard")

Ident = Annotated[str, Path(max_length=40)]
Code = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")]


def add_whistles(
    app: FastAPI, shared: Shared, people: Pool, whistles: WhistleOffice, in_use: DirectoryInUse
) -> None:
    """The routes of whistles."""
    _reading(app, shared, people, in_use)
    _steps(app, shared, whistles, in_use)


def _reading(app: FastAPI, shared: Shared, people: Pool, in_use: DirectoryInUse) -> None:
    @app.get("/v1/whistles", tags=["whistles"], responses={200: {"model": Page[WhistleState]}})
    async def whistles_page(  # noqa: PLR0913, PLR0917 - the filters of one list
        who: Principal = allow(*READERS),
        unit: Code = None,
        blower: Code = None,
        ticket: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,40}$")] = None,
        status: WhistleStatus | None = None,
        cursor: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=whistle_pages.PAGE)] = 50,
    ) -> Response:
        """Whistles the asker may know of, newest first. `unit` is a called department."""
        wanted = Wanted(unit, blower, ticket, status.value if status else None, cursor, limit)
        return reply(await whistle_pages.page(people, who, in_use.directory, wanted))

    @app.get(
        "/v1/whistles/figures", tags=["whistles"], responses={200: {"model": Page[dict[str, Any]]}}
    )
    async def whistle_figures(
        request: Request,
        who: Principal = allow(*COUNTERS),
        by: Literal["unit", "community"] = "unit",
        start: Annotated[datetime | None, Query(alias="from")] = None,
        end: Annotated[datetime | None, Query(alias="to")] = None,
    ) -> Response:
        """How departments answer and how much communities blow, with formulas and denominators.

        A secretary sees whistles about the own areas. Whistles per 1,000 tickets have no target.
        """
        found = await whistle_pages.counted(
            shared.pool,
            who,
            in_use.directory,
            by=by,
            start=start,
            end=end,
            language=language(request),
        )
        return reply(found)

    @app.get("/v1/whistles/{ident}", tags=["whistles"], responses={200: {"model": WhistleView}})
    async def whistle(ident: Ident, request: Request, who: Principal = allow(*READERS)) -> Response:
        """One whistle with every department's state, history and clocks; another's is a 404.

        `Accept-Language: en` asks for the sentences of clocks in English.
        """
        english = language(request) == "en"
        return reply(await whistle_pages.one(people, ident, who, in_use.directory, english=english))


def _steps(app: FastAPI, shared: Shared, whistles: WhistleOffice, in_use: DirectoryInUse) -> None:
    @app.post(
        "/v1/whistles",
        status_code=201,
        tags=["whistles"],
        openapi_extra=takes(Blowing),
        responses=refuses(404, 409) | {201: {"model": WhistleState}},
    )
    async def blow(request: Request, who: Principal = allow(*MEMBERS)) -> Response:
        """Blow a whistle: the street's duty leader signs it, an emergency is issued at once."""
        body: Blowing = await read_body(request, Blowing)
        now = await _now(shared)
        state = await whistles.blow(body, queries.actor_of(who, in_use.directory, now))
        return reply(state, 201, headers={"ETag": f'"{state["version"]}"'})

    @app.post(
        "/v1/whistles/{ident}/{action}",
        tags=["whistles"],
        openapi_extra=takes(WhistleCommand),
        responses=refuses(409) | {200: {"model": WhistleState}},
    )
    async def act(
        ident: Ident,
        action: Annotated[str, Path(pattern=r"^[a-z-]{1,20}$")],
        request: Request,
        who: Principal = allow(*MEMBERS),
    ) -> Response:
        """A step; 403 tells whose it is.

        The duty leader: issue, refuse. A called department, for itself: seen, check-in, arrive, done,
        decline. The blower: resolve, rate, cancel (with `data.unit`: let that one go).
        409 with what is allowed when it is not, 404 when the whistle is another's.
        """
        command: WhistleCommand = await read_body(request, WhistleCommand)
        now = await _now(shared)
        actor = queries.actor_of(who, in_use.directory, now)
        seen = whistle_pages.knowing(who, in_use.directory, now)
        state = await whistles.act(ident, action, command, actor, seen or frozenset())
        return reply(state, headers={"ETag": f'"{state["version"]}"'})


async def _now(shared: Shared) -> datetime:
    async with reading(shared.pool) as conn:
        return await business_now(conn)
