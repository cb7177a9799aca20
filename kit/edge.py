"""What every request passes first: its id, the body limit, the last word on failures, one log line.

A route may be served from here directly, past the framework's layers: the one that takes complaints is,
because those layers cost it a fifth of its time. It stays declared to FastAPI for the documentation, and
both ways call the same function under the same guard.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from kit import metrics
from kit.auth import OpenRouteError, Principal, RoleGuard, guarded_roles
from kit.db import LOST
from kit.errors import DomainError, Kind, internal, too_large, unavailable
from kit.http import PUBLIC, language, problem
from kit.ids import new_id
from kit.limits.admission import WAITING, Admission
from kit.limits.bounds import BODY_LIMIT, ENDS, Patience, check_head, check_length, too_slow
from kit.logging import get
from kit.looks import Looks
from kit.pulse import Pulse

log = get(__name__)

STREAMED: Final = frozenset({
    "/v1/attachments", "/v1/complaints/batch", "/v1/directory/trial",
})  # fmt: skip
"""Paths that read their body piece by piece and bound each piece themselves."""

UNGUARDED: Final = PUBLIC - {"/readyz"}
"""Paths that are answered though the database is silent."""

Endpoint = Callable[[Request, Principal], Awaitable[Response]]


def serve_directly(
    app: FastAPI, method: str, path: str, roles: tuple[str, ...], endpoint: Endpoint
) -> None:
    """Serve a path without parameters past the framework's layers, for the roles that may use it.

    Raises OpenRouteError unless the same path is declared to FastAPI for the same roles.
    """
    declared = [
        guarded_roles(route)
        for route in app.routes
        if isinstance(route, APIRoute) and route.path == path and method in (route.methods or ())
    ]
    if declared != [roles]:
        raise OpenRouteError(f"{method} {path}")
    app.state.direct[method, path] = (RoleGuard(roles), endpoint)


LINGER: Final = 4 * BODY_LIMIT
LINGER_STREAMED: Final = 16 * 1024 * 1024
"""Bytes read and dropped of a body refused, of an upload: one a little over its limit comes to its end."""


class Exchange:
    """One request and its answer, watched from outside."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, edge: Edge) -> None:
        self.scope = scope
        self._patience = edge.patience
        self._receive = receive
        self._send = send
        self.request_id = str(new_id())
        self.status = 500
        self.started = False
        self._size = 0
        self._looks = edge.looks
        self._read_whole = scope["path"] not in STREAMED
        self._has_come = False
        self._until_s: float | None = None

    async def receive(self) -> Message:
        """The next piece of the body, or word that the client has left.

        Raises DomainError 413 for what is over the limit, 408 for what does not come.
        """
        message = await (self._receive() if self._has_come else self._next_piece())
        self._has_come = not message.get("more_body", False)
        self._size += len(message.get("body", b""))
        if self._size > BODY_LIMIT and self._read_whole:
            raise too_large(BODY_LIMIT)
        return message

    async def _next_piece(self) -> Message:
        now_s = asyncio.get_running_loop().time()
        if self._until_s is None and self._read_whole:
            self._until_s = now_s + self._patience.body_s
        until_s = now_s + self._patience.piece_s if self._until_s is None else self._until_s
        try:
            async with asyncio.timeout_at(until_s):
                return await self._receive()
        except TimeoutError:
            raise too_slow() from None

    def check(self) -> None:
        """Refuse by the head alone what would be refused later. Raises DomainError 413, 414 or 431."""
        headers = self.scope["headers"]
        check_head(self.scope.get("raw_path", b""), self.scope["query_string"], headers)
        if self._read_whole:
            check_length(headers)

    async def send(self, message: Message) -> None:
        """Pass an answer on and note its status."""
        if message["type"] == "http.response.start":
            self.status, self.started = message["status"], True
            if self.status == Kind.NOT_FOUND:
                await self._note_look()
            message["headers"].append((b"x-request-id", self.request_id.encode()))
            if self.status == Kind.TOO_LARGE:
                await self._take_the_rest()
            if self.status in ENDS:
                message["headers"].append((b"connection", b"close"))
        await self._send(message)

    async def _take_the_rest(self) -> None:
        """Read on for a second, within a bound: closing on unread bytes loses the refusal on its way."""
        left = LINGER if self._read_whole else LINGER_STREAMED
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                while left > 0 and not self._has_come:
                    message = await self._receive()
                    self._has_come = not message.get("more_body", False)
                    left -= len(message.get("body", b""))

    async def _note_look(self) -> None:
        """Somebody who signed in asked for what is not there, or not for them."""
        who: Principal | None = self.scope.get("state", {}).get("principal")
        route = self.scope.get("route")
        if who is None or who.has("service") or not isinstance(route, APIRoute):
            return
        wanted = next(iter(self.scope["path_params"].values()), None)
        await self._looks.refused(who.sub, f"{self.scope['method']} {route.path}", wanted)

    async def refuse(self, error: DomainError) -> None:
        """Answer with a problem, unless an answer has begun (the framework's own, or half a stream)."""
        if self.started:
            return
        answer = problem(error, language(Request(self.scope)))
        await answer(self.scope, self.receive, self.send)


class Edge:
    """The outermost ASGI application of a service."""

    def __init__(
        self,
        app: FastAPI,
        pulse: Pulse | None = None,
        patience: Patience | None = None,
        admission: Admission | None = None,
    ) -> None:
        """With `pulse` nobody waits for a database that does not answer."""
        self.inner = app
        self._pulse = pulse
        self.patience = patience or Patience()
        self.admission = admission or Admission()
        self._service: str = app.state.service
        self.looks: Looks = app.state.looks
        self._direct: dict[tuple[str, str], tuple[RoleGuard, Endpoint]] = app.state.direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; whatever fails inside, the client gets a problem document."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        began = time.perf_counter()
        exchange = Exchange(scope, receive, send, self)
        try:
            await self._serve_in_time(exchange)
        except ClientDisconnect:
            log.info("client_left", request_id=exchange.request_id)
        except DomainError as error:
            await exchange.refuse(error)
        except LOST as error:
            log.warning("request_shed", error=type(error).__name__, request_id=exchange.request_id)
            await exchange.refuse(unavailable())
        except Exception:
            log.exception("request_failed", request_id=exchange.request_id)
            await exchange.refuse(internal(exchange.request_id))
        finally:
            self._note(exchange, time.perf_counter() - began)

    async def _serve_in_time(self, exchange: Exchange) -> None:
        pulse = self._pulse
        exchange.check()
        if exchange.scope["path"] in UNGUARDED:
            await self._serve(exchange)
            return
        if exchange.scope["path"] not in PUBLIC:
            self.admission.admit(exchange.scope["method"])
            WAITING.set(self.admission)
        if pulse is None:
            await self._serve(exchange)
            return
        if not pulse.answers:
            raise unavailable()
        async with pulse.request(partial(exchange.refuse, unavailable())):
            await self._serve(exchange)

    async def _serve(self, exchange: Exchange) -> None:
        scope = exchange.scope
        direct = self._direct.get((scope["method"], scope["path"]))
        if direct is None:
            await self.inner(scope, exchange.receive, exchange.send)
            return
        guard, endpoint = direct
        scope["app"] = self.inner
        request = Request(scope, exchange.receive)
        answer = await endpoint(request, await guard(request))
        await answer(scope, exchange.receive, exchange.send)

    def _note(self, exchange: Exchange, seconds: float) -> None:
        scope = exchange.scope
        route = scope.get("route")
        path = route.path if isinstance(route, APIRoute) else "-"
        if (scope["method"], scope["path"]) in self._direct:
            path = scope["path"]
        status = exchange.status
        metrics.REQUEST_S.labels(self._service, path, f"{status // 100}xx").observe(seconds)
        if path not in PUBLIC:
            log.info(
                "request",
                route=path,
                method=scope["method"],
                status=status,
                ms=round(seconds * 1000, 2),
                request_id=exchange.request_id,
            )
