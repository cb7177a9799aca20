"""Short replies, passed on by the notifier: it may take four actions in a person's name, and nothing else."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path, Request, Response

from contracts.command import REPLY_ACTIONS, ReplyRequest, TicketState
from kit.auth import REPLIES, Principal, allow
from kit.errors import not_found
from kit.http import read_body, reply
from kit.openapi import refuses, takes
from services.router.acting import Office


def add_replies(app: FastAPI, office: Office) -> None:
    """The one route that the role `replies` opens."""

    @app.post(
        "/v1/replies/{action}",
        tags=["tickets"],
        openapi_extra=takes(ReplyRequest),
        responses=refuses(409) | {200: {"model": TicketState}},
    )
    async def replied(
        action: Annotated[str, Path(pattern=r"^[a-z-]{1,20}$")],
        request: Request,
        _: Principal = allow(REPLIES),
    ) -> Response:
        """Take an action as the person who answered a notice; the same command id gets the same answer."""
        if action not in REPLY_ACTIONS:
            raise not_found("操作", "action")
        asked: ReplyRequest = await read_body(request, ReplyRequest)
        return reply(await office.reply(action, asked))
