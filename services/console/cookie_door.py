"""The one place where a cookie becomes an `Authorization` header: before any route's guard looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from kit.auth import bad_token
from kit.db import LOST
from kit.errors import DomainError, unavailable
from kit.http import language_of, problem
from services.console.session import SAFE, Cookie, check_write
from services.console.sessions import Sessions

GUARDED: Final = ("/v1/", "/api/")
"""Addresses at which it matters who asks; everywhere else the cookie is not looked at."""
SIGN_IN: Final = ("POST", "/api/v1/session")
"""Trades a token for a new cookie, whatever the old one was."""


class CookieDoor:
    """Around the whole application. A header `Authorization` wins: whoever sends one is no page of another site."""

    def __init__(self, app: ASGIApp, *, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a refusal is a problem document here, too."""
        if scope["type"] == "http" and scope["path"].startswith(GUARDED):
            headers = Headers(scope=scope)
            refused: DomainError | None = None
            try:
                await self._let_in(scope, headers)
            except DomainError as error:
                refused = error
            except LOST:
                refused = unavailable()
            if refused is not None:
                answer = problem(refused, language_of(headers.get("accept-language", "")))
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _let_in(self, scope: Scope, headers: Mapping[str, str]) -> None:
        cookie = Cookie.read(headers.get("cookie", ""))
        if cookie is None or (scope["method"], scope["path"]) == SIGN_IN:
            return
        if "authorization" in headers:
            return
        token = await self._sessions.token_of(cookie)
        if token is None:
            raise bad_token()
        if scope["method"] not in SAFE:
            check_write(cookie, headers)
        shown = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        scope["headers"] = [*shown, (b"authorization", f"Bearer {token}".encode("ascii"))]
        scope.setdefault("state", {})["cookie"] = cookie
