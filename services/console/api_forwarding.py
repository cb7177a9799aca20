"""The public HTTP of the other services at the console's own address (services/console/prefixes.py)."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request, Response

from kit.auth import PEOPLE, Principal, allow
from services.console.forwarding import Forwarder
from services.console.prefixes import INTAKE, owner_of

RESIDENTS: Final = "/t/{number}"
WHOEVER: Final = tuple(sorted(PEOPLE))
"""Any person: a program asks the service itself."""


def add_forwarding(app: FastAPI, forwarder: Forwarder) -> None:
    """Declare what is passed on; roles of each route are its owner's to judge."""

    @app.api_route("/v1/{path:path}", methods=["GET", "POST"], include_in_schema=False)
    async def forward(request: Request, who: Principal = allow(*WHOEVER)) -> Response:  # noqa: ARG001
        owner = owner_of(request.scope["path"], request.scope["query_string"].decode("latin-1"))
        # A look that is refused is noted by the owner, who knows what was looked for.
        del request.state.principal
        return await forwarder.send(owner, request)

    @app.api_route(RESIDENTS, methods=["GET", "POST"], include_in_schema=False)
    async def resident(request: Request) -> Response:
        return await forwarder.send_for_resident(INTAKE, request)
