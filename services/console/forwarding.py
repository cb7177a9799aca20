"""Passes requests on to the service that owns them, so that a browser has one origin; streams both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import httpx
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from kit.errors import DomainError, Kind, too_large
from kit.logging import get
from kit.visitor import TOLD, address_of

log = get(__name__)

TIMEOUT: Final = httpx.Timeout(30.0, connect=2.0, pool=2.0)
"""Seconds between two pieces; a service itself answers in two or says that it is busy."""
LIMITS: Final = httpx.Limits(
    max_connections=256, max_keepalive_connections=64, keepalive_expiry=10.0
)
UPLOAD_LIMIT: Final = 10 * 1024 * 1024
"""Bytes of a file, as where it is kept; bodies of everything else are bounded at the door (kit/edge.py)."""
ASKED: Final = frozenset({
    b"accept", b"accept-language", b"authorization", b"content-length", b"content-type", b"host",
    b"idempotency-key", b"if-match", b"if-none-match", b"traceparent", b"tracestate",
})  # fmt: skip
"""Headers of a request that the owner is to read; cookies and whatever belongs to this hop are not."""
ANSWERED: Final = frozenset({
    b"cache-control", b"content-disposition", b"content-language", b"content-length",
    b"content-security-policy", b"content-type", b"cross-origin-resource-policy", b"etag", b"last-modified",
    b"location", b"referrer-policy", b"retry-after", b"vary", b"x-content-type-options", b"x-robots-tag",
})  # fmt: skip
"""Headers of an answer that the browser is to read."""
_NO_BODY: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Forwarder:
    """One client for each service."""

    services: Mapping[str, httpx.AsyncClient]
    token: str = ""
    """Our own, beside what we say of a resident who has none."""
    address_header: str | None = None
    """In which a proxy in front says who asks."""

    @classmethod
    def to(
        cls, urls: Mapping[str, str], token: str = "", address_header: str | None = None
    ) -> Forwarder:
        """By name; the environment's proxies are nobody's business here."""
        return cls({name: _client(url) for name, url in urls.items()}, token, address_header)

    async def close(self) -> None:
        """Let every connection go."""
        for client in self.services.values():
            await client.aclose()

    async def send_for_resident(self, service: str, request: Request) -> Response:
        """The same for who has no token: the owner is told from where it was asked (kit/visitor.py)."""
        told = {TOLD: address_of(request, self.address_header)}
        return await self.send(service, request, told | {"Authorization": f"Bearer {self.token}"})

    async def send(
        self, service: str, request: Request, said: Mapping[str, str] | None = None
    ) -> Response:
        """The owner's answer, passed on as it comes; `said` in place of the same headers of the request.

        Raises DomainError 413, 503.
        """
        client = self.services[service]
        scope = request.scope
        target = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope["query_string"]
        ours = {
            name.lower().encode(): text.encode("latin-1") for name, text in (said or {}).items()
        }
        headers = [one for one in request.headers.raw if one[0] in ASKED and one[0] not in ours]
        asked = client.build_request(
            request.method,
            client.base_url.copy_with(raw_path=target + (b"?" + query if query else b"")),
            headers=[*headers, *ours.items(), (b"accept-encoding", b"identity")],
            content=None if request.method in _NO_BODY else _bounded(request),
        )
        try:
            return Passed(await client.send(asked, stream=True))
        except httpx.TransportError as error:
            log.warning("service_away", service=service, error=type(error).__name__)
            raise away() from None


class Passed(Response):
    """An answer of another service on its way to who asked."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(status_code=answer.status_code)
        self._answer = answer
        self.raw_headers = [
            (name.lower(), value) for name, value in answer.headers.raw if name.lower() in ANSWERED
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Send the head, then each piece as it comes; broken off there, it is broken off here."""
        begin: dict[str, Any] = {"status": self.status_code, "headers": self.raw_headers}
        async with aclosing(self._answer):
            await send({"type": "http.response.start"} | begin)
            try:
                async for piece in self._answer.aiter_raw():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except httpx.TransportError as error:
                log.warning("service_broke_off", error=type(error).__name__)
                return  # without an end: the server closes the connection, and the browser knows
            await send({"type": "http.response.body", "body": b""})


def away() -> DomainError:
    """The answer while another service cannot be reached."""
    return DomainError(
        "service-away",
        Kind.UNAVAILABLE,
        zh="负责此事的服务暂时连不上，请稍后用同一个键重试；已填写的内容请勿关闭。",
        en="The service in charge cannot be reached right now; keep what you typed and try again shortly"
        " with the same key.",
        retry_after_s=2,
    )


async def _bounded(request: Request) -> AsyncIterator[bytes]:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > UPLOAD_LIMIT:
            raise too_large(UPLOAD_LIMIT)
        yield piece


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=TIMEOUT, limits=LIMITS, trust_env=False)
