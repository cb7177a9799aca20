"""Signing in, being signed in, signing out: one action each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from kit import audit
from kit.auth import PEOPLE, Principal, TokenVerifier
from kit.clock import business_now, wall_now
from kit.db import Pool, reading, transaction
from kit.errors import DomainError, Kind
from services.console import store_session as store
from services.console.session import NONCE, SIZE, Cookie

LASTS_MOST_S: Final = 30 * 86_400
"""A month: as long as the longest token we issue."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that was just opened."""

    cookie: Cookie
    who: Principal
    lasts_s: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """Every replica's way to the same sessions; nothing is remembered here."""

    pool: Pool
    verifier: TokenVerifier

    async def sign_in(self, token: str, before: Cookie | None) -> SignedIn:
        """Trade a person's token for a cookie; whoever was signed in with `before` is no more.

        Raises DomainError 401, 403, and 503 while a provider does not answer.
        """
        who = await self.verifier.verify(token)
        if not who.has(*PEOPLE):
            raise _no_person()
        wall = wall_now()
        lasts_s = int(min(who.until - wall.timestamp(), LASTS_MOST_S))
        until = datetime.fromtimestamp(wall.timestamp() + lasts_s, UTC)
        cookie = Cookie(os.urandom(SIZE))
        sealed = cookie.seal(token, os.urandom(NONCE))
        async with transaction(self.pool) as conn:
            await store.sweep(conn, wall)
            if before is not None:
                await store.close_session(conn, before.digest)
            await store.open_session(conn, cookie.digest, sealed, until)
            now = await business_now(conn)
            await audit.record(conn, [audit.Entry(now, who.sub, "session.opened", who.sub)])
        return SignedIn(cookie, who, lasts_s)

    async def token_of(self, cookie: Cookie) -> str | None:
        """The token a cookie stands for; None where that session is over. It is still to be judged."""
        async with reading(self.pool) as conn:
            sealed = await store.sealed_token(conn, cookie.digest)
        return cookie.open(sealed) if sealed is not None else None

    async def sign_out(self, cookie: Cookie, who: Principal) -> None:
        """At once and on every replica."""
        async with transaction(self.pool) as conn:
            if await store.close_session(conn, cookie.digest):
                now = await business_now(conn)
                await audit.record(conn, [audit.Entry(now, who.sub, "session.closed", who.sub)])


def _no_person() -> DomainError:
    return DomainError(
        "forbidden",
        Kind.FORBIDDEN,
        field="token",
        zh="这个令牌不是发给人的，不能登录指挥台。",
        en="This token was not issued to a person; it does not sign in here.",
    )
