"""HTTP of what follows filing: call-backs, withdrawing, reopening, later words."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import AwareDatetime

from kit.auth import Principal, allow
from kit.http import Shared, read_body, reply
from kit.idempotency import optional_key
from kit.openapi import Page, refuses, takes
from services.intake import viewing
from services.intake.answers import LaterAnswer
from services.intake.callback import Answer
from services.intake.calling import CallDesk
from services.intake.complaint import Strict
from services.intake.directory import Holder
from services.intake.later import Reopening, Supplement, Withdrawal
from services.intake.matters import Asked, Done
from services.intake.saying import LaterWords

CALLERS: Final = ("operator",)
"""Who speaks with residents; whoever handled the matter is told that there is no such complaint."""
LOOKERS: Final = ("operator", "admin", "auditor")
REVIEWERS: Final = ("admin", "auditor")
Ident = Annotated[str, Path(max_length=40)]


def add_life(
    app: FastAPI, shared: Shared, call_desk: CallDesk, later_words: LaterWords, holder: Holder
) -> None:
    """Add the routes."""
    _answers(app, call_desk)
    _words(app, later_words)
    _lists(app, shared, holder)


def _asked(request: Request, who: Principal, body: Strict) -> Asked:
    return Asked.of(who.sub, optional_key(request), request.url.path, body)


def _reply(done: Done) -> Response:
    return reply(done.body, done.status, {"Cache-Control": "no-store"})


def _answers(app: FastAPI, call_desk: CallDesk) -> None:
    @app.post(
        "/v1/complaints/{ident}/callbacks",
        status_code=201,
        tags=["call-backs"],
        openapi_extra=takes(Answer, key="optional"),
        responses=refuses(409) | {201: {"model": LaterAnswer}},
    )
    async def record(ident: Ident, request: Request, who: Principal = allow(*CALLERS)) -> Response:
        """What the resident said, or that nobody was reached.

        404 for anybody of a unit that ever held the ticket, 409 with what is allowed when it is not in
        call-back, when its answer is recorded, or when the last try was too short ago to count again.
        """
        answer: Answer = await read_body(request, Answer)
        return _reply(await call_desk.record(ident, answer, _asked(request, who, answer)))


def _words(app: FastAPI, later_words: LaterWords) -> None:
    @app.post(
        "/v1/complaints/{ident}/withdraw",
        tags=["complaints"],
        openapi_extra=takes(Withdrawal, key="optional"),
        responses=refuses(409) | {200: {"model": LaterAnswer}},
    )
    async def withdraw(
        ident: Ident, request: Request, who: Principal = allow(*CALLERS)
    ) -> Response:
        """The resident takes it back, and who confirmed that; 409 when it has ended."""
        said: Withdrawal = await read_body(request, Withdrawal)
        return _reply(await later_words.withdraw(ident, said, _asked(request, who, said)))

    @app.post(
        "/v1/complaints/{ident}/reopen",
        tags=["complaints"],
        openapi_extra=takes(Reopening, key="optional"),
        responses=refuses(409)
        | {
            200: {"model": LaterAnswer},
            201: {"description": "关联的新件 / A linked repeat", "model": LaterAnswer},
        },
    )
    async def reopen(ident: Ident, request: Request, who: Principal = allow(*CALLERS)) -> Response:
        """Take up an ended matter: 200 on the same number, or 201 with the number of a linked repeat.

        The same number needs the reopen window, the phone it was filed with, and the same place;
        `reason` of a repeat says which was missing. 409 while it is open: use `supplement`.
        """
        said: Reopening = await read_body(request, Reopening)
        return _reply(await later_words.reopen(ident, said, _asked(request, who, said)))

    @app.post(
        "/v1/complaints/{ident}/supplement",
        tags=["complaints"],
        openapi_extra=takes(Supplement, key="optional"),
        responses=refuses(409) | {200: {"model": LaterAnswer}},
    )
    async def supplement(
        ident: Ident, request: Request, who: Principal = allow(*CALLERS)
    ) -> Response:
        """The resident says more on an open matter; whoever holds it is told. 409 when it has ended."""
        said: Supplement = await read_body(request, Supplement)
        return _reply(await later_words.supplement(ident, said, _asked(request, who, said)))


def _lists(app: FastAPI, shared: Shared, holder: Holder) -> None:
    @app.get("/v1/callbacks", tags=["call-backs"], responses={200: {"model": Page[dict[str, Any]]}})
    async def callbacks(
        who: Principal = allow(*LOOKERS),
        status: viewing.Which = "due",
        cursor: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=viewing.PAGE)] = 50,
    ) -> Response:
        """`due`: residents still to be asked, longest waiting first; `done`: what was recorded, newest first.

        Words are masked; whom to call is told by `reveal` alone.
        """
        wanted = viewing.Wanted(status, viewing.place(cursor, status), limit)
        found = await viewing.callbacks(shared.pool, holder, who.sub, wanted)
        return reply(found, headers={"Cache-Control": "no-store"})

    @app.get(
        "/v1/callbacks/outliers",
        tags=["call-backs"],
        dependencies=[allow(*REVIEWERS)],
        responses={200: {"model": Page[dict[str, Any]]}},
    )
    async def outliers(
        from_: Annotated[AwareDatetime, Query(alias="from")],
        to: Annotated[AwareDatetime, Query()],
    ) -> Response:
        """What looks odd among the answers of a time, as facts to look at; nobody is scored (domain.md E28)."""
        return reply(await viewing.outliers(shared.pool, from_, to))
