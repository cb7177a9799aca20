"""Who is asking: our own EdDSA tokens or a provider's, roles on every route, deny by default.

A token says who (`sub`, a person's staff id) and in which roles; which unit and area that person stands
for is looked up in the directory at each request, so a move of staff takes effect at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute

from kit.docs import PATHS as DOCS
from kit.errors import DomainError, Kind
from kit.limits.rates import Rates
from kit.oidc.keyset import KeySet
from kit.oidc.provider import Provider

ISSUER: Final = "chuishao"
AUDIENCE: Final = "chuishao"
ALGORITHMS: Final = ("EdDSA",)
CACHE_SIZE: Final = 4_096
TOKEN_MOST: Final = 8_192
"""Characters of a token that is looked at."""
NOT_UNDERSTOOD: Final = frozenset({"crit", "b64"})
"""Header fields that would change what a token means (RFC 7515 4.1.11, RFC 7797)."""

ROLES: Final = (
    "operator", "dispatcher", "ruling", "unit", "secretary",
    "auditor", "admin", "dashboard", "service",
)  # fmt: skip

REPLIES: Final = "replies"
"""Role of the service that passes on what people answered by short message or work chat; it opens one route
of the router and nothing else, and no person holds it."""
PEOPLE: Final = frozenset(ROLES) - {"service"}
"""Roles a person may hold, and so all that a provider may give."""
MACHINE: Final = "service:"
MACHINE_ROLES: Final = frozenset({"service", REPLIES})


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody whose token was good."""

    sub: str
    roles: frozenset[str]
    until: float = field(default=math.inf, compare=False)
    """Unix time at which the token ends; an answer that goes on ends then, too."""

    def has(self, *roles: str) -> bool:
        """True when any of the roles is held."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class _Known:
    """A token that was good."""

    principal: Principal
    keys: KeySet | None
    """The provider's keys it was checked with; None for our own."""


class TokenVerifier:
    """Checks whose token it is, and remembers the good ones until they expire.

    A token's issuer says by whom it is judged, and nobody else then is asked: by our own key (EdDSA only),
    or by the provider's keys. A provider's tokens are for people, our own for the services, and for people
    where `people` says so (docs/adr/0035).
    """

    def __init__(
        self, public_key: str, provider: Provider | None = None, *, people: bool = True
    ) -> None:
        self._key = public_key
        self.provider = provider
        self._people = people
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def follow(self) -> None:
        """Keep the provider's keys current, where there is one; never ends."""
        if self.provider is not None:
            await self.provider.run()
        await asyncio.Event().wait()

    async def verify(self, token: str) -> Principal:
        """The principal of a token.

        Raises DomainError 401, and 503 when the provider would have to be asked and does not answer.
        """
        if len(token) > TOKEN_MOST or not token.isascii():
            raise bad_token()
        name = hashlib.sha256(token.encode()).digest()
        known = self._known.get(name)
        if known is not None and known.principal.until > time.time() and self._stands(known):
            return known.principal
        try:
            judged = await self._judge(token)
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            self._known.pop(name, None)
            raise bad_token() from None
        self._known[name] = judged
        if len(self._known) > CACHE_SIZE:
            self._known.popitem(last=False)
        return judged.principal

    def _stands(self, known: _Known) -> bool:
        """A provider that publishes other keys may have withdrawn the one this token was signed with."""
        return known.keys is None or (
            self.provider is not None and known.keys is self.provider.keys
        )

    async def _judge(self, token: str) -> _Known:
        whole = jwt.decode_complete(token, options={"verify_signature": False})
        header, claimed = whole["header"], whole["payload"]
        if not NOT_UNDERSTOOD.isdisjoint(header):
            raise jwt.InvalidTokenError
        if self.provider is not None and claimed.get("iss") == self.provider.trust.issuer:
            return await _provided(self.provider, token, header)
        return self._own(token)

    def _own(self, token: str) -> _Known:
        claims: dict[str, Any] = jwt.decode(
            token,
            self._key,
            algorithms=list(ALGORITHMS),
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["exp", "sub", "aud", "iss"]},
        )
        roles = claims.get("roles", [])
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise jwt.InvalidTokenError
        principal = Principal(claims["sub"], frozenset(roles), int(claims["exp"]))
        machine = principal.sub.startswith(MACHINE) and principal.roles <= MACHINE_ROLES
        if not self._people and not machine:
            raise jwt.InvalidTokenError
        return _Known(principal, None)


async def _provided(provider: Provider, token: str, header: dict[str, Any]) -> _Known:
    claims, keys = await provider.claims(token, header)
    sub = provider.trust.subject(claims)
    if sub is None:
        raise jwt.InvalidTokenError
    until = int(claims["exp"]) + provider.trust.leeway_s
    return _Known(Principal(sub, provider.trust.roles_of(claims), until), keys)


def bad_token() -> DomainError:
    """The answer to a missing, foreign, forged or expired token."""
    return DomainError(
        "bad-token",
        Kind.UNAUTHENTICATED,
        field="Authorization",
        zh="没有有效的登录令牌或令牌已过期，请重新登录后再试。",
        en="No valid sign-in token, or it has expired; sign in again.",
    )


async def principal_of(request: Request) -> Principal:
    """Verify the bearer token of a request. Raises DomainError (401, 429, 503)."""
    shown = request.headers.get("authorization", "")
    scheme, _, token = shown.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise bad_token()
    verifier: TokenVerifier = request.app.state.verifier
    principal = await verifier.verify(token)
    request.state.principal = principal
    rates: Rates | None = request.app.state.rates
    if rates is not None:
        system = principal.has(*MACHINE_ROLES)
        rates.take(principal.sub, system=system, shown=shown.encode("latin-1"))
    return principal


class RoleGuard:
    """A dependency that lets in the named roles only; also readable by the test of all routes."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        self.roles = roles

    async def __call__(self, request: Request) -> Principal:
        """The principal, or DomainError 401 or 403."""
        principal = await principal_of(request)
        if not principal.has(*self.roles):
            raise DomainError(
                "forbidden",
                Kind.FORBIDDEN,
                zh=f"您的角色不能进行此操作；需要：{', '.join(self.roles)}。",
                en=f"Your role may not do this; needed: {', '.join(self.roles)}.",
            )
        return principal


def allow(*roles: str) -> Any:
    """`Depends` for the roles that may use a route."""
    return Depends(RoleGuard(roles))


class OpenRouteError(RuntimeError):
    """A route was added that says neither who may use it nor that everybody may."""


def guarded_roles(route: APIRoute) -> tuple[str, ...] | None:
    """The roles a route lets in; None when no guard stands before it."""
    for dependency in route.dependant.dependencies:
        if isinstance(dependency.call, RoleGuard):
            return dependency.call.roles
    return None


def deny_by_default(app: FastAPI, public: frozenset[str]) -> None:
    """Refuse to start with an unguarded route outside `public`. Raises OpenRouteError.

    What is no plain route (a mount, an included router, a socket) hides what it opens: refused too.
    """
    documents = {app.openapi_url, *DOCS}
    for route in app.routes:
        path = getattr(route, "path", repr(route))
        guarded = isinstance(route, APIRoute) and guarded_roles(route) is not None
        if path not in public and path not in documents and not guarded:
            raise OpenRouteError(path)
