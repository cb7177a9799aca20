"""HTTP of notices: who was told of what, and sending again what could not be delivered."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import FastAPI, Path, Query, Response

from kit.auth import Principal, allow
from kit.db import Pool
from kit.errors import not_found
from kit.http import reply
from kit.openapi import Page as ListPage
from kit.openapi import refuses
from services.notifier import notice_pages
from services.notifier.answers import NoticeView, Retried
from services.notifier.directory import Holder
from services.notifier.looking import EVERYWHERE
from services.notifier.notice_pages import Asked
from services.notifier.viewing import Page

READERS: Final = (*EVERYWHERE, "secretary", "unit")
State = Literal["planned", "sent", "failed", "dead", "dropped", "digested"]


def add_notices(app: FastAPI, pool: Pool, people: Pool, holder: Holder) -> None:
    """The routes of notices."""

    @app.get("/v1/notices", tags=["notices"], responses={200: {"model": ListPage[NoticeView]}})
    async def list_notices(  # noqa: PLR0913 - one parameter per filter
        *,
        ticket: Annotated[UUID | None, Query()] = None,
        person: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")] = None,
        state: Annotated[State | None, Query()] = None,
        cursor: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        who: Principal = allow(*READERS),
    ) -> Response:
        """Notices, newest first; of a ticket also how many people each cause has reached."""
        asked = Asked(ticket, person, state)
        found = await notice_pages.notices(
            people, holder.directory, who, asked, Page(cursor, limit)
        )
        return reply(found)

    @app.post(
        "/v1/notices/{ident}/retry",
        tags=["notices"],
        responses=refuses(409) | {200: {"model": Retried}},
    )
    async def retry_notice(
        ident: Annotated[str, Path(max_length=40)], who: Principal = allow("admin")
    ) -> Response:
        """Send a dead notice again, under the same id. 409 for one that is not dead."""
        try:
            notice_id = UUID(ident)
        except ValueError:
            raise not_found("通知", "notice") from None
        return reply(await notice_pages.retry(pool, people, holder.directory, who, notice_id))
