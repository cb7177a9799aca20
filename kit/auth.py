"""Who is asking: EdDSA tokens, roles on every route, deny by default.

A token says who (`sub`, a person's staff id) and in which roles; which unit and area that person stands
for is looked up in the directory at each request, so a move of staff takes effect at once.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import jwt
from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute

from kit.errors import DomainError, Kind

ISSUER: Final = "chuishao"
AUDIENCE: Final = "chuishao"
ALGORITHMS: Final = ("EdDSA",)
CACHE_SIZE: Final = 4_096

ROLES: Final = (
    "operator", "dispatcher", "ruling", "unit", "secretary",
    "auditor", "admin", "dashboard", "service",
)  # fmt: skip

REPLIES: Final = "replies"
"""Role of the service that passes on what people answered by short message or work chat; it opens one route
of the router and nothing else, and no person holds it."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody whose token was good."""

    sub: str
    roles: frozenset[str]

    def has(self, *roles: str) -> bool:
        """True when any of the roles is held."""
        return not self.roles.isdisjoint(roles)


class TokenVerifier:
    """Checks signature, issuer, audience and expiry; remembers good tokens until they expire."""

    def __init__(self, public_key: str) -> None:
        self._key = public_key
        self._known: OrderedDict[str, tuple[Principal, float]] = OrderedDict()

    def verify(self, token: str) -> Principal:
        """The principal of a token. Raises DomainError `bad-token` (401)."""
        known = self._known.get(token)
        if known is not None and known[1] > time.time():
            return known[0]
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=list(ALGORITHMS),
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": ["exp", "sub", "aud", "iss"]},
            )
        except jwt.PyJWTError:
            raise bad_token() from None
        principal = Principal(str(claims["sub"]), frozenset(claims.get("roles", ())))
        self._known[token] = (principal, float(claims["exp"]))
        if len(self._known) > CACHE_SIZE:
            self._known.popitem(last=False)
        return principal


def bad_token() -> DomainError:
    """The answer to a missing, foreign, forged or expired token."""
    return DomainError(
        "bad-token",
        Kind.UNAUTHENTICATED,
        field="Authorization",
        zh="没有有效的登录令牌或令牌已过期，请重新登录后再试。",
        en="No valid sign-in token, or it has expired; sign in again.",
    )


def principal_of(request: Request) -> Principal:
    """Verify the bearer token of a request. Raises DomainError (401)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise bad_token()
    verifier: TokenVerifier = request.app.state.verifier
    return verifier.verify(token)


class RoleGuard:
    """A dependency that lets in the named roles only; also readable by the test of all routes."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        self.roles = roles

    async def __call__(self, request: Request) -> Principal:
        """The principal, or DomainError 401 or 403."""
        principal = principal_of(request)
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
    documents = {app.openapi_url, app.docs_url, app.swagger_ui_oauth2_redirect_url}
    for route in app.routes:
        path = getattr(route, "path", repr(route))
        guarded = isinstance(route, APIRoute) and guarded_roles(route) is not None
        if path not in public and path not in documents and not guarded:
            raise OpenRouteError(path)
