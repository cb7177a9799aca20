"""HTTP of signing in: `POST /api/v1/session` trades a token for a cookie, `GET` tells, `DELETE` ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kit.auth import PEOPLE, TOKEN_MOST, Principal, RoleGuard
from kit.clock import business_now
from kit.db import reading
from kit.http import read_body, reply
from kit.openapi import refuses, takes
from services.console.session import Cookie, came_safely, check_origin
from services.console.sessions import Sessions

PATH: Final = "/api/v1/session"
NO_STORE: Final = {"Cache-Control": "no-store"}
Standing = Callable[[Principal], Awaitable[Mapping[str, Any]]]
"""What the city's directory says of somebody: units, areas, topics; joins the session's document."""


class SignIn(BaseModel):
    """A sign-in token, ours or the provider's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: str = Field(min_length=1, max_length=TOKEN_MOST)


class Session(BaseModel):
    """Who is signed in, for what they stand, and what a page needs to know of it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    sub: str
    roles: tuple[str, ...]
    csrf: str | None
    """What writes under the cookie say in `X-CSRF-Token`; null for who brings a token of their own."""
    until: float
    """Unix time at which the session ends."""
    services_time: datetime
    """Business time; a page reckons with the difference to its own clock."""


def add_session(app: FastAPI, sessions: Sessions, standing: Standing) -> None:
    """Declare the three routes; what they need of a token they ask themselves."""
    known = RoleGuard(tuple(sorted(PEOPLE)))

    async def told(who: Principal, cookie: Cookie | None) -> dict[str, Any]:
        async with reading(sessions.pool) as conn:
            now = await business_now(conn)
        more = dict(await standing(who))
        return more | {
            "sub": who.sub,
            "roles": sorted(who.roles & PEOPLE),
            "csrf": cookie.csrf if cookie else None,
            "until": who.until,
            "services_time": now,
        }

    @app.post(
        PATH,
        tags=["session"],
        openapi_extra=takes(SignIn),
        responses=refuses(401, 403) | {200: {"model": Session}},
    )
    async def sign_in(request: Request) -> Response:
        """Sign this browser in: the answer sets a cookie that lasts as long as the token."""
        check_origin(request.headers)
        asked: SignIn = await read_body(request, SignIn)
        before = Cookie.read(request.headers.get("cookie", ""))
        opened = await sessions.sign_in(asked.token, before)
        answer = reply(await told(opened.who, opened.cookie), headers=NO_STORE)
        _set(answer, request, opened.cookie, opened.lasts_s)
        return answer

    @app.get(PATH, tags=["session"], responses=refuses(401, 403, 429) | {200: {"model": Session}})
    async def show(request: Request) -> Response:
        """Who is signed in here."""
        who = await known(request)
        return reply(await told(who, _cookie(request)), headers=NO_STORE)

    @app.delete(
        PATH,
        tags=["session"],
        status_code=204,
        responses=refuses(401, 403, 429),
        response_model=None,
    )
    async def sign_out(request: Request) -> Response:
        """End this browser's session; the token itself stays good until its time."""
        who = await known(request)
        answer = Response(status_code=204, headers=NO_STORE)
        cookie = _cookie(request)
        if cookie is not None:
            await sessions.sign_out(cookie, who)
            _set(answer, request, cookie, 0)
        return answer


def _cookie(request: Request) -> Cookie | None:
    """The cookie this request was let in by."""
    found: Cookie | None = getattr(request.state, "cookie", None)
    return found


def _set(answer: Response, request: Request, cookie: Cookie, lasts_s: int) -> None:
    secure = came_safely(request.scope["scheme"], request.headers)
    answer.headers.append("Set-Cookie", cookie.set(lasts_s=lasts_s, secure=secure))
