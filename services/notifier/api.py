"""HTTP of the notifier: decode, call one action, encode."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import FastAPI, Path, Query, Request, Response

from kit.auth import Principal, allow, deny_by_default
from kit.db import Pool
from kit.http import PUBLIC, Shared, create_app, language, reply
from kit.openapi import Page as ListPage
from kit.openapi import refuses
from kit.relay import Relay
from kit.validation import id_of
from services.notifier import viewing
from services.notifier.acknowledging import acknowledge
from services.notifier.answers import Acknowledged, ClocksView, RaisedView
from services.notifier.api_dossier import add_dossier
from services.notifier.api_notices import add_notices
from services.notifier.api_rates import add_rates
from services.notifier.api_reception import add_reception
from services.notifier.api_replies import PATHS, add_replies
from services.notifier.asking import Asking
from services.notifier.directory import Holder
from services.notifier.looking import EVERYWHERE, Doors
from services.notifier.queries import Wanted
from services.notifier.replying import ReplyDesk
from services.notifier.viewing import Page

READERS: Final = (*EVERYWHERE, "secretary")

TOLD: Final = ("unit", "secretary", "dispatcher", "ruling")
"""Roles of people who hold posts: a rung may be told to any of them."""

Code = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")]
Area = Annotated[str | None, Query(pattern=r"^[0-9]{6}([0-9]{3}){0,3}$")]
Cursor = Annotated[str | None, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=100)]


def make_app(  # noqa: PLR0913 - what its routes stand on
    shared: Shared,
    *,
    people: Pool,
    holder: Holder,
    relay: Relay,
    asking: Asking,
    replies: ReplyDesk,
) -> FastAPI:
    """The application with all of the notifier's routes.

    What shows tickets to people reads through `people` (docs/adr/0036); `shared.pool` is the worker's.
    """
    app = create_app(shared, title="Chuishao notifier 时限与升级", version="0.1.0")
    doors = Doors(shared.pool, people, relay, holder)
    add_dossier(app, doors, asking)
    _clocks(app, people, holder)
    _escalations(app, people, holder)
    _acknowledging(app, shared.pool, holder, relay)
    add_reception(app, doors)
    add_replies(app, replies)
    add_notices(app, shared.pool, people, holder)
    add_rates(app, shared.pool, people, holder)
    deny_by_default(app, PUBLIC | PATHS)
    return app


def _clocks(app: FastAPI, people: Pool, holder: Holder) -> None:
    @app.get("/v1/clocks/{ticket}", tags=["clocks"], responses={200: {"model": ClocksView}})
    async def ticket_clocks(
        request: Request,
        ticket: Annotated[str, Path(max_length=40)],
        who: Principal = allow(*READERS),
    ) -> Response:
        """Every clock of a ticket: due when, why then, stopped by what; and who held it when.

        `Accept-Language: en` asks for the sentences in English.
        """
        found = await viewing.clocks(people, holder.directory, who, id_of(ticket, "工单", "ticket"))
        return reply(viewing.in_english(found) if language(request) == "en" else found)


def _escalations(app: FastAPI, people: Pool, holder: Holder) -> None:
    @app.get(
        "/v1/escalations", tags=["escalations"], responses={200: {"model": ListPage[RaisedView]}}
    )
    async def list_escalations(  # noqa: PLR0913 - one parameter per filter
        *,
        ticket: Annotated[UUID | None, Query()] = None,
        unit: Code = None,
        area: Area = None,
        level: Annotated[int | None, Query(ge=1, le=5)] = None,
        uncleared: Annotated[bool | None, Query(alias="open")] = None,
        acknowledged: bool | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
        who: Principal = allow(*READERS),
    ) -> Response:
        """Raised rungs of the ladder, newest first."""
        wanted = Wanted(ticket, unit, area, level, uncleared, acknowledged)
        found = await viewing.escalations(
            people, holder.directory, who, wanted, Page(cursor, limit)
        )
        return reply(found)


def _acknowledging(app: FastAPI, pool: Pool, holder: Holder, relay: Relay) -> None:
    @app.post(
        "/v1/escalations/{ident}/acknowledge",
        tags=["escalations"],
        responses=refuses(409) | {200: {"model": Acknowledged}},
    )
    async def acknowledge_escalation(ident: UUID, who: Principal = allow(*TOLD)) -> Response:
        """Known: it is not said again, and the ladder goes on. For its recipients and the holding unit."""
        directory = holder.directory
        return reply(await acknowledge(pool, relay, directory, who.sub, ident))
