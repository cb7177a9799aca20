"""A token is believed only if our key signed it, for us, and now; everything else is one 401."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request

from kit.auth import (
    AUDIENCE,
    CACHE_SIZE,
    ISSUER,
    Principal,
    RoleGuard,
    TokenVerifier,
    principal_of,
)
from kit.errors import DomainError, Kind

OURS = Ed25519PrivateKey.generate()
FOREIGN = Ed25519PrivateKey.generate()
PEM = OURS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"sub": "P0107", "roles": ["unit"], "iss": ISSUER, "aud": AUDIENCE, "exp": now + 900}
    return {name: value for name, value in (whole | changes).items() if value is not None}


def token(key: Ed25519PrivateKey = OURS, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm="EdDSA")


def by_hand(header: dict[str, Any], body: dict[str, Any], secret: bytes | None) -> str:
    """A token as an attacker would put it together, without a library that refuses to."""
    head, rest = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, body)
    )
    signed = head + b"." + rest
    mark = hmac.digest(secret, signed, hashlib.sha256) if secret else b""
    return (signed + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")).decode()


def test_a_good_token_says_who_and_in_which_roles() -> None:
    who = TokenVerifier(PEM).verify(token(roles=["unit", "secretary"]))
    assert who == Principal("P0107", frozenset({"unit", "secretary"}))
    assert who.has("secretary", "admin")
    assert not who.has("admin")


BAD: dict[str, Callable[[], str]] = {
    "another key signed it": lambda: token(FOREIGN),
    "it has expired": lambda: token(exp=int(time.time()) - 1),
    "it is for another audience": lambda: token(aud="elsewhere"),
    "somebody else issued it": lambda: token(iss="elsewhere"),
    "it is not valid yet": lambda: token(nbf=int(time.time()) + 600),
    "it was issued in the future": lambda: token(iat=int(time.time()) + 600),
    "it never expires": lambda: token(exp=None),
    "it is nobody's": lambda: token(sub=None),
    "it names no audience": lambda: token(aud=None),
    "it names no issuer": lambda: token(iss=None),
    "it is not signed": lambda: by_hand({"alg": "none", "typ": "JWT"}, claims(), None),
    "the public key was used as a password": lambda: by_hand(
        {"alg": "HS256", "typ": "JWT"}, claims(), PEM.encode()
    ),
    "it claims an algorithm we do not use": lambda: by_hand({"alg": "RS256"}, claims(), b"x"),
    "its key id points to a file": lambda: by_hand(
        {"alg": "HS256", "kid": "../../dev/null"}, claims(), b"\0"
    ),
    "its body was changed": lambda: ".".join(
        (token().split(".")[0], token(roles=["admin"]).split(".")[1], token().split(".")[2])
    ),
    "it is cut short": lambda: token()[:-4],
    "it is no token": lambda: "token",
    "it is empty": lambda: "..",
    "it is no ASCII": lambda: "令.牌.无",
}


@pytest.mark.parametrize("why", BAD)
def test_a_token_is_refused_with_401_when(why: str) -> None:
    with pytest.raises(DomainError) as refused:
        TokenVerifier(PEM).verify(BAD[why]())
    assert refused.value.kind is Kind.UNAUTHENTICATED
    assert refused.value.slug == "bad-token"


def test_a_remembered_token_is_refused_once_it_has_expired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verifier, good = TokenVerifier(PEM), token(exp=int(time.time()) + 60)
    verifier.verify(good)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(verifier, "_key", FOREIGN.public_key())
    with pytest.raises(DomainError):
        verifier.verify(good)


def test_no_flood_of_tokens_grows_the_memory_without_end() -> None:
    verifier = TokenVerifier(PEM)
    principal = Principal("P", frozenset())
    for n in range(CACHE_SIZE):
        verifier._known[str(n)] = (principal, 0.0)
    verifier.verify(token())
    assert len(verifier._known) == CACHE_SIZE


def asking(authorization: str | None) -> Request:
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]

    class App:
        class state:  # noqa: N801 - named as Starlette names it
            verifier = TokenVerifier(PEM)

    return Request({"type": "http", "headers": headers, "app": App})


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", f"Basic {token()}", token(), f"Bearer\u00a0{token()}"]
)
def test_a_request_without_a_bearer_token_is_refused(header: str | None) -> None:
    with pytest.raises(DomainError) as refused:
        principal_of(asking(header))
    assert refused.value.kind is Kind.UNAUTHENTICATED


async def test_a_guard_lets_in_its_roles_and_nobody_else() -> None:
    guard = RoleGuard(("unit", "admin"))
    assert (await guard(asking(f"Bearer {token()}"))).sub == "P0107"
    with pytest.raises(DomainError) as refused:
        await guard(asking(f"Bearer {token(roles=['dashboard'])}"))
    assert refused.value.kind is Kind.FORBIDDEN
    with pytest.raises(DomainError) as refused:
        await guard(asking(f"Bearer {token(roles=[])}"))
    assert refused.value.kind is Kind.FORBIDDEN
