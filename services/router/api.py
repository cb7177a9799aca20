"""HTTP of the router: decode, call one action or query, encode."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import FastAPI, Path, Query, Request, Response

from contracts.command import Command, TicketState
from kit.attachments.routes import Looking, add_attachments
from kit.attachments.shelf import Shelf
from kit.auth import ROLES, Principal, allow, deny_by_default
from kit.clock import business_now
from kit.db import Conn, Pool, reading
from kit.errors import not_found
from kit.http import PUBLIC, Shared, create_app, language, read_body, reply
from kit.openapi import Page, refuses, takes
from kit.validation import wrong_field
from services.router import issue_desk, queries, triage, whistle_pages
from services.router.acting import Office
from services.router.answers import Explained, IssueView, TicketLine, TicketView, WaitingLine
from services.router.api_directory import add_directory
from services.router.api_replies import add_replies
from services.router.api_whistles import add_whistles
from services.router.blowing import WhistleOffice
from services.router.decision.decision import RoutingReason
from services.router.decision.explain import Question, explain
from services.router.desk.store_triage import Wanted
from services.router.issue_desk import Closing
from services.router.publishing.contacts import Patience
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.model_in_use import ModelInUse
from services.router.queries import Filter
from services.router.ticket import store_routing
from services.router.ticket.seeing import DESK_ROLES

ACTORS: Final = ("unit", "dispatcher", "ruling", "admin", "secretary")
READERS: Final = (*queries.SEES_ALL, "unit", "secretary")
EVERYBODY: Final = ROLES

Ident = Annotated[str, Path(max_length=40)]


def make_app(  # noqa: PLR0913 - what its routes stand on
    shared: Shared,
    *,
    people: Pool,
    office: Office,
    whistles: WhistleOffice,
    in_use: DirectoryInUse,
    models: ModelInUse,
    patience: Patience,
    shelf: Shelf,
) -> FastAPI:
    """The application with all of the router's routes.

    What shows tickets to people reads through `people` (docs/adr/0036); `shared.pool` is the worker's.
    """
    app = create_app(shared, title="Chuishao router 派单", version="0.1.0")
    _tickets(app, people, office, in_use)
    _triage(app, people, in_use)
    _issues(app, people, office, in_use)
    add_whistles(app, shared, people, whistles, in_use)
    add_replies(app, office)
    add_directory(app, shared, in_use, patience)
    _explain(app, shared, in_use, models)
    _proof(app, people, shelf, in_use)
    deny_by_default(app, PUBLIC)
    return app


def _tickets(app: FastAPI, people: Pool, office: Office, in_use: DirectoryInUse) -> None:
    @app.get("/v1/tickets", tags=["tickets"], responses={200: {"model": Page[TicketLine]}})
    async def tickets(  # noqa: PLR0913, PLR0917 - the filters of one list
        who: Principal = allow(*READERS),
        unit: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")] = None,
        area: Annotated[str | None, Query(pattern=r"^\d{6,15}$")] = None,
        status: Annotated[str | None, Query(pattern=r"^[a-z_]{1,20}$")] = None,
        q: Annotated[str | None, Query(pattern=r"^\d{1,12}$")] = None,
        cursor: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=queries.PAGE)] = 50,
        *,
        overdue: bool = False,
    ) -> Response:
        """Tickets the asker may see, newest first. `q` is the beginning of a number."""
        wanted = Filter(unit, area, status, q, overdue, cursor, limit)
        found = await queries.page(people, who, in_use.directory, wanted)
        return reply(found)

    @app.get("/v1/tickets/{ident}", tags=["tickets"], responses={200: {"model": TicketView}})
    async def ticket(ident: Ident, request: Request, who: Principal = allow(*READERS)) -> Response:
        """One ticket by id or number, with history, receipt, clocks and whistles.

        `receipt_text` says the receipt in plain words; it and the sentences of clocks are in the language asked for.
        """
        found = await queries.one(
            people,
            ticket=ident,
            principal=who,
            directory=in_use.directory,
            english=language(request) == "en",
        )
        return reply(found)

    @app.post(
        "/v1/tickets/{ident}/{action}",
        tags=["tickets"],
        openapi_extra=takes(Command, headers=["If-Match"]),
        responses=refuses(409, 412) | {200: {"model": TicketState}},
    )
    async def act(
        ident: Ident,
        action: Annotated[str, Path(pattern=r"^[a-z-]{1,20}$")],
        request: Request,
        who: Principal = allow(*ACTORS),
    ) -> Response:
        """Take an action; 409 with what is allowed when it is not, 404 when the ticket is another's."""
        command: Command = await read_body(request, Command)
        for field in ("ticket", "actor"):
            if getattr(command, field) is not None:
                raise wrong_field(
                    field,
                    zh="HTTP 请求里不写此项，请删去",
                    en="is given by path and token; remove it",
                )
        expected = request.headers.get("if-match")
        async with reading(people) as conn:
            now = await business_now(conn)
        actor = queries.actor_of(who, in_use.directory, now)
        state = await office.act(ident, action, command, actor, expected=expected)
        return reply(state, headers={"ETag": f'"{state["version"]}"'})


def _triage(app: FastAPI, people: Pool, in_use: DirectoryInUse) -> None:
    @app.get("/v1/triage", tags=["triage"], responses={200: {"model": Page[WaitingLine]}})
    async def waiting(  # noqa: PLR0913, PLR0917 - the filters of one list
        request: Request,
        who: Principal = allow(*triage.READERS),
        desk: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")] = None,
        area: Annotated[str | None, Query(pattern=r"^\d{6,15}$")] = None,
        reason: RoutingReason | None = None,
        cursor: Annotated[str | None, Query(max_length=120)] = None,
        limit: Annotated[int, Query(ge=1, le=queries.PAGE)] = 50,
    ) -> Response:
        """What waits for a person, most urgent and oldest first, each with up to three suggestions.

        Order: urgency, when the dispatch clock is due, when it was received. A suggestion is taken by
        `POST /v1/tickets/{ident}/dispatch` with the ticket's `version` and its number as `data.choice`.
        """
        code = reason.value if reason else None
        wanted = Wanted(desk, area, code, triage.place(cursor), limit)
        return reply(await triage.page(people, who, in_use.directory, wanted, language(request)))


def _issues(app: FastAPI, people: Pool, office: Office, in_use: DirectoryInUse) -> None:
    @app.get("/v1/issues", tags=["issues"], responses={200: {"model": Page[IssueView]}})
    async def issues(who: Principal = allow(*READERS)) -> Response:
        """Open hot issues with a ticket the asker may see, hottest first."""
        return reply(await issue_desk.page(people, who, in_use.directory))

    @app.get("/v1/issues/{ident}", tags=["issues"], responses={200: {"model": IssueView}})
    async def issue(ident: Ident, who: Principal = allow(*READERS)) -> Response:
        """One hot issue, open or closed, with the members the asker may see."""
        return reply(await issue_desk.one(people, ident, who, in_use.directory))

    @app.post(
        "/v1/issues/{ident}/close",
        tags=["issues"],
        openapi_extra=takes(Closing),
        responses=refuses(409) | {200: {"model": IssueView}},
    )
    async def close(
        ident: Ident, request: Request, who: Principal = allow(*DESK_ROLES)
    ) -> Response:
        """Close a hot issue with a reason; 409 when it is closed already."""
        closing: Closing = await read_body(request, Closing)
        return reply(await issue_desk.close(people, office.relay, ident, closing, who))


def _explain(app: FastAPI, shared: Shared, in_use: DirectoryInUse, models: ModelInUse) -> None:
    @app.post(
        "/v1/explain",
        tags=["directory"],
        openapi_extra=takes(Question),
        responses=refuses(404) | {200: {"model": Explained}},
    )
    async def explained(request: Request, _: Principal = allow(*EVERYBODY)) -> Response:
        """Who would get it and why, from the matcher that routes; `text` says it in plain words.

        422 with the nearest codes for a category or grid code no directory knows, as in filing.
        """
        question: Question = await read_body(request, Question)
        if in_use.directory is None:
            raise not_found("目录版本", "directory version")
        async with reading(shared.pool) as conn:
            force = await store_routing.now_and_version(conn)
            model = await models.of(force.model, conn)
        english = language(request) == "en"
        return reply(explain(question, in_use.directory, force.now, model=model, english=english))


def _proof(app: FastAPI, people: Pool, shelf: Shelf, in_use: DirectoryInUse) -> None:
    async def may_see(conn: Conn, row: Mapping[str, Any], who: Principal, now: datetime) -> bool:
        asked = (conn, row, who, in_use.directory, now)
        return await queries.may_see_proof(*asked) or await whistle_pages.may_see_proof(*asked)

    def looking(who: Principal) -> Looking:
        return queries.looking(people, who, in_use.directory)

    add_attachments(app, shelf, may_see, looking=looking, uploaders=ACTORS, readers=READERS)
