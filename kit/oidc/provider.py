"""Keeps a provider's keys: asked for beside the requests, kept while it is away, asked anew for a new one.

Only the configured issuer is ever asked; a token's own word about where keys are (`jku`, `x5u`, `jwk`, a
path in `kid`) is not read.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from typing import Any, Final

import httpx
import jwt
import orjson

from kit.errors import DomainError, Kind
from kit.logging import get
from kit.oidc.keyset import KeySet, SigningKey
from kit.oidc.trust import BadTrustError, Trust

log = get(__name__)

REFRESH_S: Final = 300.0
RETRY_S: Final = 1.0
RETRY_MOST_S: Final = 60.0
UNKNOWN_PAUSE_S: Final = 10.0
"""At most so often do tokens with unknown key ids make us ask."""
TIMEOUT_S: Final = 5.0
CONNECT_S: Final = 3.0
LIMIT: Final = 256 * 1024
"""Bytes of an answer that are read."""
KID_MOST: Final = 256


class Provider:
    """A provider's keys as last heard."""

    def __init__(self, trust: Trust) -> None:
        self.trust = trust
        self._tls = _tls(trust)
        self.keys = KeySet()
        """Another object as soon as the provider publishes other keys."""
        self._heard: bytes | None = None
        self._heard_at: float | None = None
        self._failing = False
        self._asked_for_unknown_at = -UNKNOWN_PAUSE_S
        self._asking = asyncio.Lock()

    async def run(self) -> None:
        """Keep the keys current, however long the provider is away; never ends."""
        retry_s = RETRY_S
        while True:
            async with self._asking:
                answered = await self._ask()
            retry_s = RETRY_S if answered else min(retry_s * 2, RETRY_MOST_S)
            await asyncio.sleep(REFRESH_S if answered else retry_s)

    async def claims(self, token: str, header: Mapping[str, Any]) -> tuple[dict[str, Any], KeySet]:
        """A good token's claims, and the keys it was checked with.

        Raises jwt.PyJWTError for any other token, DomainError 503 when the provider would have to be
        asked for the key and does not answer.
        """
        kid = header.get("kid")
        if not self.trust.takes(header) or not _is_kid(kid):
            raise jwt.InvalidTokenError
        key, keys = await self._key(kid, header["alg"])
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=[header["alg"]],
            issuer=self.trust.issuer,
            audience=self.trust.audience,
            leeway=self.trust.leeway_s,
            options={"require": ["exp", "sub", "aud", "iss"]},
        )
        return claims, keys

    def told(self) -> dict[str, Any]:
        """For `/readyz`: whether the provider answers, how many keys are known and how old they are."""
        at = self._heard_at
        return {
            "provider": "away" if self._failing or at is None else "answers",
            "keys": len(self.keys.keys),
            "heard_s_ago": None if at is None else round(time.monotonic() - at),
        }

    async def _key(self, kid: str | None, algorithm: str) -> tuple[SigningKey, KeySet]:
        """Raises jwt.PyJWTError for a key that the provider does not have, DomainError 503."""
        known = self.keys
        found = known.find(kid, algorithm)
        if found is None:
            await self._ask_for_unknown(known)
            known = self.keys
            found = known.find(kid, algorithm)
        if found is not None:
            return found, known
        if self._failing:
            raise away()
        raise jwt.InvalidKeyError

    async def _ask_for_unknown(self, seen: KeySet) -> None:
        """Once for all who wait, and not again for a while: key ids cost whoever makes them up nothing."""
        async with self._asking:
            now = time.monotonic()
            if self.keys is seen and now - self._asked_for_unknown_at >= UNKNOWN_PAUSE_S:
                self._asked_for_unknown_at = now
                await self._ask()

    async def _ask(self) -> bool:
        """Hear the provider's keys; what was known stays while it does not answer well."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                heard = await self._fetch()
            if heard != self._heard:
                keys = KeySet.of(orjson.loads(heard), self.trust.algorithms)
                if not keys.keys:
                    raise BadTrustError("no usable key")
                self.keys, self._heard = keys, heard
                log.info("provider_keys", keys=len(keys.keys))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, ValueError) as error:
            self._failing = True
            log.warning("provider_away", error=type(error).__name__, keys=len(self.keys.keys))
            return False
        self._failing, self._heard_at = False, time.monotonic()
        return True

    async def _fetch(self) -> bytes:
        """The provider's keys as they came. Raises httpx.HTTPError, ValueError."""
        limits = httpx.Timeout(TIMEOUT_S, connect=CONNECT_S)
        async with httpx.AsyncClient(timeout=limits, verify=self._tls) as client:
            described = orjson.loads(await _get(client, self.trust.discovery))
            return await _get(client, self.trust.keys_address(described))


def away() -> DomainError:
    """The answer while nobody can say whether a token is good."""
    return DomainError(
        "sign-in-unavailable",
        Kind.UNAVAILABLE,
        field="Authorization",
        zh="统一身份认证暂时联系不上，无法核对令牌，请稍后重试。",
        en="The sign-in provider does not answer and the token cannot be checked; try again shortly.",
        retry_after_s=10,
    )


def _tls(trust: Trust) -> ssl.SSLContext:
    """Made once: reading all the world's authorities takes a good part of a second.

    Those of SSL_CERT_FILE where it is set; none for a provider on this machine.
    """
    if trust.issuer.startswith("https:"):
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _is_kid(kid: Any) -> bool:
    return kid is None or (isinstance(kid, str) and len(kid) <= KID_MOST)


async def _get(client: httpx.AsyncClient, address: str) -> bytes:
    """The body of a 200; redirects are not followed. Raises httpx.HTTPError, ValueError when too long."""
    headers = {"Accept": "application/json"}
    body = bytearray()
    async with client.stream("GET", address, headers=headers) as answer:
        answer.raise_for_status()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > LIMIT:
                raise ValueError("too long")
    return bytes(body)
