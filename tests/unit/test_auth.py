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
    ISSUER,
    Principal,
    RoleGuard,
    TokenVerifier,
    principal_of,
)
from kit.errors import DomainError, Kind
from tests.support.wall_clock import set_wall_clock

OURS = Ed25519PrivateKey.generate()
FOREIGN = Ed25519PrivateKey.generate()
PEM = OURS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"sub": "P0107", "roles": ["unit"], "iss": ISSUER, "aud": AUDIENCE, "exp": now + 900}
    return {name: value for name, value in (whole | changes).items() if value is not None}


def token(key: Ed25519PrivateKey = OURS, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm="EdDSA")


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def jwk(key: Ed25519PrivateKey) -> dict[str, Any]:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": encoded(raw)}


def signed_by_hand(header: dict[str, Any]) -> str:
    """Our own key's, under a header that the library would not write."""
    parts = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims()))
    return f"{parts}.{encoded(OURS.sign(parts.encode()))}"


def by_hand(header: dict[str, Any], body: dict[str, Any], secret: bytes | None) -> str:
    """A token as an attacker would put it together, without a library that refuses to."""
    head, rest = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, body)
    )
    signed = head + b"." + rest
    mark = hmac.digest(secret, signed, hashlib.sha256) if secret else b""
    return (signed + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")).decode()


async def test_a_good_token_says_who_and_in_which_roles() -> None:
    who = await TokenVerifier(PEM).verify(token(roles=["unit", "secretary"]))
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
    "it carries its own key": lambda: jwt.encode(
        claims(), FOREIGN, algorithm="EdDSA", headers={"jwk": jwk(FOREIGN), "x5c": ["AAAA"]}
    ),
    "its header says where keys are": lambda: jwt.encode(
        claims(),
        FOREIGN,
        algorithm="EdDSA",
        headers={"jku": "http://127.0.0.1:1/jwks", "x5u": "http://127.0.0.1:1/cert"},
    ),
    "its header wants something we do not understand": lambda: signed_by_hand(
        {"alg": "EdDSA", "crit": ["b64"], "b64": True}
    ),
    "its header is nested a thousand deep": lambda: ".".join(
        (encoded(b'{"alg":' + b"[" * 5_000), *token().split(".")[1:])
    ),
    "its body is nested a thousand deep": lambda: ".".join(
        (token().split(".")[0], encoded(b"[" * 5_000), token().split(".")[2])
    ),
    "it is longer than any token": lambda: token(note="x" * 9_000),
    "its end is no number": lambda: token(exp=float("inf")),
    "its subject is no text": lambda: token(sub=["P0107"]),
    "it is cut short": lambda: token()[:-4],
    "it is no token": lambda: "token",
    "it is empty": lambda: "..",
    "it is no ASCII": lambda: "令.牌.无",
}


@pytest.mark.parametrize("why", BAD)
async def test_d7_15_a_token_is_refused_with_401_when(why: str) -> None:
    """D.7 #15."""
    with pytest.raises(DomainError) as refused:
        await TokenVerifier(PEM).verify(BAD[why]())
    assert refused.value.kind is Kind.UNAUTHENTICATED
    assert refused.value.slug == "bad-token"


async def test_a_remembered_token_is_good_until_its_last_moment_and_not_in_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = int(time.time()) + 60
    verifier, good = TokenVerifier(PEM), token(exp=ends)
    await verifier.verify(good)
    set_wall_clock(monkeypatch, ends - 0.001)
    assert (await verifier.verify(good)).sub == "P0107"
    assert (await TokenVerifier(PEM).verify(good)).sub == "P0107"
    for at in (float(ends), ends + 0.001):
        set_wall_clock(monkeypatch, at)
        for judge in (verifier, TokenVerifier(PEM)):
            with pytest.raises(DomainError):
                await judge.verify(good)
    assert not verifier._known


async def test_a_remembered_token_is_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, good = TokenVerifier(PEM), token()
    await verifier.verify(good)
    monkeypatch.setattr(verifier, "_key", FOREIGN.public_key())
    assert (await verifier.verify(good)).sub == "P0107"
    with pytest.raises(DomainError):
        await verifier.verify(token(sub="P0108"))


async def test_no_flood_of_tokens_grows_the_memory_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kit.auth.CACHE_SIZE", 3)
    verifier = TokenVerifier(PEM)
    for n in range(10):
        await verifier.verify(token(sub=f"P{n}"))
        with pytest.raises(DomainError):
            await verifier.verify(token(FOREIGN, sub=f"P{n}"))
    assert len(verifier._known) == 3
    assert sum(len(name) for name in verifier._known) == 3 * hashlib.sha256().digest_size


async def test_beside_a_provider_our_own_key_signs_in_services_and_nobody_else() -> None:
    verifier = TokenVerifier(PEM, people=False)
    for roles in (["service"], ["service", "replies"]):
        who = await verifier.verify(token(sub="service:router", roles=roles))
        assert who.roles == set(roles)
    for sub, roles in (("admin", ["admin"]), ("service:router", ["service", "admin"]), ("x", [])):
        with pytest.raises(DomainError):
            await verifier.verify(token(sub=sub, roles=roles))


def asking(authorization: str | None) -> Request:
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]

    class App:
        class state:  # noqa: N801 - named as Starlette names it
            verifier = TokenVerifier(PEM)
            rates = None

    return Request({"type": "http", "headers": headers, "app": App})


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", f"Basic {token()}", token(), f"Bearer\u00a0{token()}"]
)
async def test_a_request_without_a_bearer_token_is_refused(header: str | None) -> None:
    with pytest.raises(DomainError) as refused:
        await principal_of(asking(header))
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
