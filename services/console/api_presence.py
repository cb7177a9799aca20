"""HTTP of who has a ticket open: told again and again, and answered with who else has (docs/adr/0051)."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from contracts.terms import codes
from kit.auth import Principal, allow
from kit.db import reading, transaction
from kit.errors import not_found
from kit.http import read_body, reply
from kit.openapi import refuses, takes
from kit.validation import wrong_field
from services.console.access import SEATED
from services.console.answers import PresenceView
from services.console.api_views import Sight
from services.console.presence import store
from services.console.presence.reader import Presence, reader, told_of_all
from services.console.views import rebuilding

READERS: Final = tuple(sorted(SEATED))
"""Roles to which tickets are shown one by one."""
PATH: Final = "/api/v1/tickets/{ticket_id}/presence"
ACTIONS: Final = frozenset(codes("action"))
LAST_TAB: Final = 15


class Here(BaseModel):
    """A tab that shows a ticket."""

    model_config = ConfigDict(extra="forbid")

    tab: Annotated[int, Field(ge=0, le=LAST_TAB)]
    """Chosen by the page, to tell somebody's own tabs apart."""
    doing: Annotated[str, Field(max_length=32)] | None = None
    """The action whose form is open in it."""


def add_presence(app: FastAPI, sight: Sight) -> None:
    """Both routes."""

    @app.post(
        PATH,
        tags=["live"],
        status_code=200,
        openapi_extra=takes(Here),
        responses=refuses(404) | {200: {"model": PresenceView}},
    )
    async def tell(request: Request, ticket_id: UUID, who: Principal = allow(*READERS)) -> Response:
        """Say that one has a ticket open, for 45 seconds; the answer says who else has."""
        here: Here = await read_body(request, Here)
        if here.doing is not None and here.doing not in ACTIONS:
            raise wrong_field(
                "doing",
                zh=f"应为工单动作之一：{'、'.join(sorted(ACTIONS))}",
                en=f"must be one of the actions on tickets: {', '.join(sorted(ACTIONS))}",
            )
        access = await sight.access(who)
        async with transaction(sight.pool) as conn:
            row = await store.shown(conn, ticket_id)
            if row["rebuilding"] == "rows":
                raise rebuilding()
            topics = row["topics"]
            found = None if topics is None else reader(access, topics, row["kept_from"])
            if found is None:
                raise not_found("工单", "ticket")
            await store.tell(conn, Presence(ticket_id, who.sub, here.tab, found, here.doing))
            others = await store.others(conn, ticket_id, who.sub, all_of_them=told_of_all(access))
        return reply({"people": [dict(one) for one in others]})

    @app.delete(PATH, tags=["live"], status_code=204, response_model=None)
    async def leave(
        ticket_id: UUID,
        tab: Annotated[int, Query(ge=0, le=LAST_TAB)],
        who: Principal = allow(*READERS),
    ) -> Response:
        """Say that a tab shows it no more; the same for every ticket, there or not."""
        async with reading(sight.pool) as conn:
            await store.leave(conn, ticket_id, who.sub, tab)
        return Response(status_code=204)
