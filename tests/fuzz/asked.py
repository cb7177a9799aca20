"""How whatever reads the head and the body of a request is called, and what it may raise."""

from __future__ import annotations

import base64
import json
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final, TypeVar

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import Request

from chuishao.tokens import issue
from kit import http
from kit.auth import Principal, TokenVerifier, principal_of
from kit.errors import DomainError
from kit.oidc import keyset, trust
from services.intake.complaint import Filing, check_consent, check_point, check_settled, check_time
from services.intake.filing import body_hash
from tests.fuzz.near import DEEP, IDENT, NOW, Parser
from tests.support.desk import PRIVATE, PUBLIC

T = TypeVar("T")
_KEY: Final = load_pem_private_key(PRIVATE.encode(), None)
_LATER: Final = int((NOW + timedelta(days=36_500)).timestamp())
_TRUST: Final = trust.Trust(
    "https://id.example.cn", "chuishao", trust.ALGORITHMS, frozenset({"operator"})
)


def at_once(doing: Coroutine[Any, Any, T]) -> T:
    """What a coroutine that waits for nobody answers."""
    try:
        doing.send(None)
    except StopIteration as answered:
        return answered.value  # type: ignore[no-any-return]
    raise AssertionError("it waits for somebody")


def _request(body: bytes = b"", **headers: str) -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    raw = [
        (name.replace("_", "-").encode(), text.encode("utf-8", "surrogatepass"))
        for name, text in headers.items()
    ]
    state = SimpleNamespace(verifier=TokenVerifier(PUBLIC), rates=None)
    app = SimpleNamespace(state=state)
    return Request({"type": "http", "headers": raw, "app": app, "state": {}}, receive)


def _token(text: str) -> None:
    at_once(TokenVerifier(PUBLIC).verify(text))


def _bearer(text: str) -> None:
    at_once(principal_of(_request(authorization=text)))


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _signed(text: str) -> None:
    """A token our own key signed, whatever its head and its claims say."""
    head, _, claims = text.encode("utf-8", "surrogatepass").partition(b"|")
    said = _encoded(head) + b"." + _encoded(claims)
    signature: bytes = _KEY.sign(said)  # type: ignore[union-attr, call-arg]
    token = (said + b"." + _encoded(signature)).decode()
    found = at_once(TokenVerifier(PUBLIC).verify(token))
    assert isinstance(found, Principal)
    assert isinstance(found.sub, str)
    assert all(isinstance(role, str) for role in found.roles)
    assert not found.has("nobody")


def _language(text: str) -> None:
    assert http.language(_request(accept_language=text)) in {"zh", "en"}


def _filed(body: bytes) -> None:
    filing: Filing = at_once(http.read_body(_request(body), Filing))
    assert len(body_hash(filing)) == 32
    assert Filing.model_validate_json(filing.model_dump_json()) == filing
    check_time(filing.occurred_at, NOW)
    check_point(filing.point)
    check_consent(filing.requester)
    check_settled(filing)


def _claims(text: str) -> None:
    """What a provider may say of somebody, once its signature was good."""
    said = json.loads(text)
    if isinstance(said, dict):
        assert _TRUST.roles_of(said) <= _TRUST.people
        found = _TRUST.subject(said)
        assert found is None or found.isascii()
        assert _TRUST.takes(said) in {True, False}


def _keys(text: str) -> None:
    found = keyset.KeySet.of(json.loads(text), trust.ALGORITHMS)
    found.find(None, "EdDSA")


_HEAD: Final = '{"alg":"EdDSA","typ":"JWT"}'
_SAID: Final = {"iss": "chuishao", "aud": "chuishao", "sub": "P0001", "exp": _LATER}
_CLAIMS: Final = tuple(
    f"{_HEAD}|{json.dumps(_SAID | more)}"
    for more in (
        {"roles": ["operator"]},
        {"roles": "operator"},
        {"roles": [1, None]},
        {"roles": {"admin": 1}},
        {"sub": "service:replies", "roles": ["replies"], "nbf": 1, "iat": 1},
        {"exp": 10**300},
        {"exp": "9" * 5_000},
        {"iat": -(10**30)},
    )
)
_WORDS: Final = {"channel": "hotline", "kind": "complaint", "text": "路灯坏了"}
_BODIES: Final = tuple(
    json.dumps(_WORDS | more, ensure_ascii=False).encode("utf-8", "surrogatepass")
    for more in (
        {"point": {"lon": 117.02, "lat": 36.66}, "grid_code": "370105001008001"},
        {"occurred_at": "2026-11-22T09:00:00+08:00", "urgency": "urgent"},
        {"occurred_at": "0001-01-01T00:00:00+14:00"},
        {"occurred_at": "9999-12-31T23:59:59-14:00"},
        {"requester": {"name": "王小明", "phone": "13800000001", "consent": True}},
        {"requester": {"on_behalf_of": "李奶奶", "spoken_with": "李奶奶", "consent": True}},
        {"attachments": [IDENT], "settled": {"unit": "SZ", "result": "solved", "note": "换灯"}},
        {"decline": {"reason": "不属本市", "door": "信访局"}, "confidential": True},
        {"point": {"lon": 1e308, "lat": -1e308}},
        {"text": "\u0301" * 9, "title": "\ud800"},
    )
)
_JWK: Final = json.dumps(
    {
        "keys": [
            {"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "A" * 43},
            {"kty": "RSA", "n": "AQ" * 171, "e": "AQAB", "use": "sig", "key_ops": ["verify"]},
            {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43, "alg": "ES256"},
        ]
    }
)
PARSERS: Final[Mapping[str, Parser]] = {
    "kit.auth:TokenVerifier.verify": Parser(
        _token,
        (issue(PRIVATE, "P0001", ("operator",)), "a.b.c", "\ud800", "=." * 4_000),
        (DomainError,),
    ),
    "kit.auth:TokenVerifier.verify of our own signature": Parser(_signed, _CLAIMS, (DomainError,)),
    "kit.auth:principal_of": Parser(
        _bearer,
        (
            f"Bearer {issue(PRIVATE, 'P0001', ('operator',))}",
            "bearer ",
            "Basic YTpi",
            "Bearer \x00",
        ),
        (DomainError,),
    ),
    "kit.http:language": Parser(
        _language, ("zh-CN,zh;q=0.9,en;q=0.8", "en-GB, *;q=0", "fr", ",;q=,", "zh" * 4_000)
    ),
    "kit.http:read_body of a filing": Parser(
        _filed, (*_BODIES, DEEP.encode(), b"\xff", b"null", b"[]"), (DomainError,)
    ),
    "kit.oidc.keyset:KeySet.of": Parser(
        _keys, (_JWK, '{"keys":[{"kty":[]},1,null]}'), (ValueError,)
    ),
    "kit.oidc.trust:Trust.roles_of": Parser(
        _claims,
        (
            '{"sub":"P0001","roles":["operator"],"alg":"EdDSA","typ":"at+jwt"}',
            '{"sub":1,"roles":{"operator":1},"alg":[],"typ":{}}',
            '{"roles":[["operator"],null,1]}',
        ),
        (ValueError,),
    ),
    "kit.oidc.trust:is_safe": Parser(
        trust.is_safe, ("https://id.example.cn/x", "http://127.0.0.1:80", "https://[::1", "//a@b")
    ),
    "kit.oidc.trust:roles_from": Parser(
        trust.roles_from,
        ('{"hotline":["operator"]}', '{"a":[[]]}', "[]", ""),
        (trust.BadTrustError,),
    ),
}
"""Module and name to how it is tried; `of …` stands where one of them reads several kinds."""
