"""HTTP of identities: shown, traced, destroyed; decode, call one action, encode."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path, Query, Request, Response

from kit.auth import Principal, allow
from kit.http import read_body, reply
from kit.openapi import Page, refuses, takes
from services.intake.answers import Erased, Look, Revealed, TermView, Traced
from services.intake.keeping.erasing import Eraser, Order
from services.intake.keeping.revealing import Asked, Leaked, Reveals

Ident = Annotated[str, Path(max_length=40)]
_PRIVATE = {"Cache-Control": "no-store"}


def add_keeping(app: FastAPI, reveals: Reveals, eraser: Eraser) -> None:
    """The routes around the vault."""
    _showing(app, reveals)
    _erasing(app, eraser)


def _showing(app: FastAPI, reveals: Reveals) -> None:
    @app.post(
        "/v1/complaints/{ident}/reveal",
        tags=["identities"],
        openapi_extra=takes(Asked),
        responses=refuses(410) | {200: {"model": Revealed}},
    )
    async def reveal(
        ident: Ident, request: Request, who: Principal = allow("operator", "admin")
    ) -> Response:
        """Identity and original words, marked for who asks; the reason is logged for the auditor.

        404 for whoever is tied to the party complained about, 410 when it was destroyed, 429 after so many
        an hour.
        """
        asked: Asked = await read_body(request, Asked)
        return reply(await reveals.show(ident, who.sub, asked), headers=_PRIVATE)

    @app.get(
        "/v1/complaints/{ident}/reveals",
        tags=["identities"],
        responses={200: {"model": Page[Look]}},
    )
    async def looks(
        ident: Ident,
        who: Principal = allow("auditor", "admin"),  # noqa: ARG001 - the guard
        cursor: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> Response:
        """Who was shown the identity of one complaint, when and why, oldest first."""
        return reply(await reveals.listed(ident, cursor, limit), headers=_PRIVATE)

    @app.post(
        "/v1/reveals/trace",
        tags=["identities"],
        openapi_extra=takes(Leaked),
        responses={200: {"model": Traced}},
    )
    async def trace(request: Request, who: Principal = allow("auditor", "admin")) -> Response:
        """Whose copy a leaked text is (`copies`); without a mark, who looked at the matters it names."""
        leaked: Leaked = await read_body(request, Leaked)
        return reply(await reveals.trace(leaked, who.sub), headers=_PRIVATE)


def _erasing(app: FastAPI, eraser: Eraser) -> None:
    @app.post(
        "/v1/complaints/{ident}/shred",
        tags=["identities"],
        openapi_extra=takes(Order),
        responses=refuses(409) | {200: {"model": Erased}},
    )
    async def shred(ident: Ident, request: Request, who: Principal = allow("admin")) -> Response:
        """Destroy identity, originals and files for good; the ticket stays. 409 while it is open."""
        order: Order = await read_body(request, Order)
        return reply(await eraser.shred(ident, who.sub, order))

    @app.get("/v1/retention", tags=["identities"], responses={200: {"model": Page[TermView]}})
    async def retention(who: Principal = allow("auditor", "admin")) -> Response:  # noqa: ARG001 - the guard
        """How long identities of each kind of matter are kept, by which rule, and how many are due."""
        return reply(await eraser.outlook())
