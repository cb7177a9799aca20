"""HTTP of reception sessions and decisions: decode, call one action or page, encode."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import FastAPI, Header, Path, Query, Request, Response
from pydantic import AwareDatetime

from kit.auth import Principal, allow
from kit.http import language, read_body, reply
from kit.idempotency import optional_key
from kit.openapi import Page as ListPage
from kit.openapi import gives, refuses, takes
from kit.page import Lang
from kit.validation import id_of
from services.notifier import viewing
from services.notifier.answers import (
    DecisionView,
    ProposedView,
    SessionLine,
    SessionView,
)
from services.notifier.looking import Doors
from services.notifier.receiving import pages
from services.notifier.receiving.pages import Span
from services.notifier.receiving.promises import STEPS as PROMISE_STEPS
from services.notifier.receiving.promises import Promises
from services.notifier.receiving.sessions import STEPS, Sessions
from services.notifier.receiving.staff import Asked
from services.notifier.reception import bodies, minutes_page
from services.notifier.reception.decision import DecisionState
from services.notifier.reception.store_decisions import Wanted

KEEPERS: Final = ("secretary", "unit", "dispatcher", "admin")
READERS: Final = (*KEEPERS, "auditor", "service")
WHAT: Final = ("接待", "reception")
"""What the answer for an unknown id calls it."""
TAGS: Final[list[str | Enum]] = ["reception"]

Code = Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")]
Ident = Annotated[str, Path(max_length=40)]
Expected = Annotated[str | None, Header(alias="If-Match", max_length=40)]
Start = Annotated[AwareDatetime | None, Query(alias="from")]
End = Annotated[AwareDatetime | None, Query(alias="to")]


def add_reception(app: FastAPI, doors: Doors) -> None:
    """The routes of sessions and decisions."""
    sessions = Sessions(doors.pool, doors.people, doors.relay, doors.holder)
    promises = Promises(doors.pool, doors.people, doors.relay, doors.holder)
    _calendar(app, doors, sessions)
    _session(app, doors)
    for name, way in STEPS.items():
        _act(app, "session", sessions, name, way.body)
    _ledger(app, doors)
    for name, promise in PROMISE_STEPS.items():
        _act(app, "decision", promises, name, promise.body)


def _calendar(app: FastAPI, doors: Doors, sessions: Sessions) -> None:
    people, holder = doors.people, doors.holder

    @app.post(
        "/v1/reception/sessions",
        status_code=201,
        tags=TAGS,
        openapi_extra=takes(bodies.NewSession, key="optional"),
        responses=refuses(404, 409) | {201: {"model": SessionLine}},
    )
    async def set_up(request: Request, who: Principal = allow(*KEEPERS)) -> Response:
        """Set up a reception day of an office; for those of its reception office."""
        body: bodies.NewSession = await read_body(request, bodies.NewSession)
        return _state(await sessions.create(body, Asked(who, optional_key(request))), 201)

    @app.get(
        "/v1/reception/sessions",
        tags=TAGS,
        responses=refuses(404) | {200: {"model": ListPage[SessionLine]}},
    )
    async def sessions_page(
        org: Code | None = None,
        start: Start = None,
        end: End = None,
        who: Principal = allow(*READERS),
    ) -> Response:
        """The calendar: sessions of the asker's offices, from now on where nothing is said."""
        found = await pages.calendar(people, holder.directory, who, org, Span(start, end))
        return reply(found)

    @app.get(
        "/v1/reception/sessions/proposed",
        tags=TAGS,
        responses=refuses(404) | {200: {"model": ListPage[ProposedView]}},
    )
    async def proposed(
        org: Code, start: Start = None, end: End = None, who: Principal = allow(*READERS)
    ) -> Response:
        """Dates by the office's rhythm (reception.toml), off holidays, for which nothing is set up."""
        found = await pages.proposals(people, holder.directory, who, org, Span(start, end))
        return reply(found)


def _session(app: FastAPI, doors: Doors) -> None:
    people, holder = doors.people, doors.holder

    @app.get("/v1/reception/sessions/{ident}", tags=TAGS, responses={200: {"model": SessionView}})
    async def session(ident: Ident, request: Request, who: Principal = allow(*READERS)) -> Response:
        """Agenda in order, how each matter stands, decisions with their clocks as of now, figures.

        `Accept-Language: en` asks for the sentences of clocks in English.
        """
        found = await pages.one(people, holder.directory, who, id_of(ident, *WHAT))
        if language(request) == "en":
            for line in found["agenda"]:
                line["decisions"] = viewing.decisions_in_english(line["decisions"])
        return _state(found)

    @app.get(
        "/v1/reception/sessions/{ident}/minutes",
        tags=TAGS,
        response_class=Response,
        responses=gives("text/html"),
    )
    async def minutes(
        ident: Ident,
        request: Request,
        lang: Annotated[Lang | None, Query()] = None,
        who: Principal = allow(*READERS),
    ) -> Response:
        """The minutes as a page to print."""
        told = await pages.one(people, holder.directory, who, id_of(ident, *WHAT))
        text = minutes_page.page(told, lang or language(request))
        return Response(text, 200, minutes_page.HEADERS, media_type="text/html; charset=utf-8")


def _act(
    app: FastAPI, noun: str, verbs: Sessions | Promises, name: str, model: type[bodies.Body]
) -> None:
    """One step of a session or of a decision: the same request, whatever it is about."""

    @app.post(
        f"/v1/reception/{noun}s/{{ident}}/{name}",
        tags=TAGS,
        name=f"{noun}_{name}",
        description=model.__doc__,
        openapi_extra=takes(model, key="optional"),
        responses=refuses(409)
        | {200: {"model": SessionView if noun == "session" else DecisionView}},
    )
    async def act(
        ident: Ident,
        request: Request,
        expected: Expected = None,
        who: Principal = allow(*KEEPERS),
    ) -> Response:
        body: bodies.Body = await read_body(request, model)
        asked = Asked(who, optional_key(request), expected)
        return _state(await verbs.act(id_of(ident, *WHAT), name, body, asked))


def _ledger(app: FastAPI, doors: Doors) -> None:
    people, holder = doors.people, doors.holder

    @app.get(
        "/v1/reception/decisions", tags=TAGS, responses={200: {"model": ListPage[DecisionView]}}
    )
    async def decisions(  # noqa: PLR0913 - one parameter per filter
        request: Request,
        *,
        org: Code | None = None,
        unit: Code | None = None,
        state: DecisionState | None = None,
        overdue: bool = False,
        cursor: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        who: Principal = allow(*READERS),
    ) -> Response:
        """督办台账: decisions the asker took, carries out or confirms, newest first, clocks as of now.

        `Accept-Language: en` asks for the sentences of clocks in English.
        """
        chosen = state.value if state else None
        wanted = Wanted(None, org, unit, chosen, overdue=overdue, before=cursor)
        found = await pages.ledger(people, holder.directory, who, wanted, limit)
        if language(request) == "en":
            found["items"] = viewing.decisions_in_english(found["items"])
        return reply(found)


def _state(found: dict[str, Any], status: Literal[200, 201] = 200) -> Response:
    return reply(found, status, headers={"ETag": f'"{found["version"]}"'})
