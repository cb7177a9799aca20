"""Where somebody without a token asks from: what limits of guesses are counted by.

An address can be told by a proxy in front, in a header it overwrites, or by another service of ours that passes
the request on (the console, docs/adr/0048), which shows its own token beside. Anybody else's word is none.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request

from kit.auth import TokenVerifier
from kit.errors import DomainError

TOLD: Final = "X-Chuishao-Visitor"
"""Header in which a service of ours says for whom it asks."""


def address_of(request: Request, header: str | None) -> str:
    """By the proxy's header where there is such a proxy, else of the connection itself."""
    if header is not None and (said := request.headers.get(header)):
        return said.partition(",")[0].strip()
    return request.client.host if request.client else ""


async def visitor_of(request: Request, header: str | None) -> str:
    """The same, or what one of our services says."""
    told = request.headers.get(TOLD)
    if told and await _asked_by_us(request):
        return told
    return address_of(request, header)


async def _asked_by_us(request: Request) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    verifier: TokenVerifier = request.app.state.verifier
    try:
        return scheme.lower() == "bearer" and (await verifier.verify(token)).has("service")
    except DomainError:
        return False
