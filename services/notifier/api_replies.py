"""HTTP for gateways that hand short replies over: no token, a signature over the body instead."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from fastapi import FastAPI, Request, Response

from kit.http import reply
from kit.openapi import refuses, takes
from services.notifier.replying import Answer, IncomingReply, ReplyDesk

PATHS: Final = frozenset({"/v1/replies"})
"""Open without a token; who has no signature is answered 401 by the route."""
SIGNATURE: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
"""Headers of Standard Webhooks."""


def add_replies(app: FastAPI, desk: ReplyDesk) -> None:
    """The one route."""

    @app.post(
        "/v1/replies",
        tags=["replies"],
        openapi_extra=takes(IncomingReply, headers=SIGNATURE),
        responses=refuses(401, 409) | {200: {"model": Answer}},
    )
    async def replied(request: Request) -> Response:
        """Take a reply, signed after Standard Webhooks; `answer` is to be sent back to who wrote it.

        The same `webhook-id` is acted on once and gets the same answer.
        """
        answer = await desk.take(await request.body(), request.headers)
        return reply(asdict(answer))
