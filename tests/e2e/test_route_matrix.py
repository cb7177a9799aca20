"""Deny by default, over the wire: every documented route and method, every role, every kind of bad token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kit.auth import REPLIES, ROLES
from kit.docs import PATHS as DOCS
from tests.contract.test_routes import (
    API_KEY,
    COOKIE,
    EVERY_SERVICE,
    OPEN,
    PAGES,
    ROUTES,
    SIGNATURE,
)
from tests.support.provider import FakeProvider, encoded
from tests.support.wire import Answered, Try, all_of
from tests.support.world import World, person_of

SERVICES: Final = tuple(ROUTES)
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
NOBODY: Final = "WIRE-1"
"""Holds no post in the directory."""
FILLED: Final = {
    "action": "accept", "form": "json", "name": "live.css", "part": "units", "version": "1",
    "code": "SZ-LD", "number": "261122000000", "token": "t",
}  # fmt: skip
FORWARDED: Final = "/v1/{path:path}"
"""What others answer and document."""
FOR_ALL: Final = {"GET": "directory/versions/current", "POST": "explain"}
"""What everybody may ask of them, so that the answer tells of the console's guard alone."""
UNDOCUMENTED: Final = {"/healthz", "/readyz", "/metrics", FORWARDED, *DOCS}


def path_of(method: str, template: str) -> str:
    filled = FILLED | {"path": FOR_ALL.get(method, "")}
    name = r"\{(\w+)(?::path)?\}"
    return re.sub(name, lambda m: filled.get(m[1], str(uuid.uuid4())), template)


def table(service: str) -> dict[tuple[str, str], set[str]]:
    return ROUTES[service] | EVERY_SERVICE


async def documented(world: World, service: str) -> set[tuple[str, str]]:
    answer = await world.http.get(f"{world.info[service]}/openapi.json")
    return {
        (method.upper(), path)
        for path, methods in answer.json()["paths"].items()
        for method in methods
        if method.upper() in METHODS
    }


@pytest.mark.parametrize("service", SERVICES)
async def test_the_running_service_documents_the_routes_of_the_table_and_no_other(
    world: World, service: str
) -> None:
    said = await documented(world, service)
    assert said <= set(table(service))
    hidden = {way for way in table(service) if way not in said}
    assert {path for _, path in hidden} <= UNDOCUMENTED | PAGES.get(service, set())
    assert all(table(service)[way] == OPEN for way in hidden if way[1] != FORWARDED)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def tried(
    world: World, headers: dict[str, str], *, guarded: bool = True
) -> Iterator[tuple[str, tuple[str, str], Try]]:
    """Each route of each service once with those headers and an empty object as body."""
    for service in SERVICES:
        for way, roles in table(service).items():
            if bool(roles) is guarded:
                more = headers | {"Content-Type": "application/json"}
                body = b"{}" if way[0] == "POST" else b""
                yield service, way, Try(world.info[service], way[0], path_of(*way), more, body)


async def outcomes(
    world: World, headers: dict[str, str], *, guarded: bool = True
) -> dict[tuple[str, str, str], Answered]:
    asked = list(tried(world, headers, guarded=guarded))
    answers = await all_of(one for _, _, one in asked)
    return {
        (service, *way): answer for (service, way, _), answer in zip(asked, answers, strict=True)
    }


def by_role(answer: Answered) -> bool:
    """True when the guard before the route refused; a rule behind it says something else."""
    return answer.status == 403 and "needed: " in json.loads(answer.body)["detail"]


@pytest.mark.parametrize("role", [*ROLES, REPLIES, "king", ""])
async def test_a_role_opens_what_the_table_says_and_nothing_else(world: World, role: str) -> None:
    roles = [role] if role else []
    signed = bearer(world.signed(NOBODY, *roles)) | {"Accept-Language": "en"}
    found = await outcomes(world, signed)
    for (service, method, path), answer in found.items():
        if role in table(service)[method, path]:
            assert answer.status not in {401, 405}, (service, method, path)
            assert answer.status < 500, (service, method, path)
            assert not by_role(answer), (service, method, path)
        else:
            assert by_role(answer), (service, method, path, answer)


def by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    parts = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    mark = hmac.digest(secret, parts.encode(), hashlib.sha256) if secret else b""
    return f"{parts}.{encoded(mark)}"


def forgeries(world: World, provider: FakeProvider) -> dict[str, dict[str, str]]:
    """Headers that must open nothing; each but for one thing a good administrator's."""
    folder = world.data_dir / "secrets" / "tokens"
    ours = (folder / "private_key.pem").read_text("ascii")
    public = (folder / "public_key.pem").read_bytes()
    foreign = Ed25519PrivateKey.generate()
    now = int(time.time())
    good = {
        "iss": "chuishao", "aud": "chuishao", "sub": "admin", "roles": [*ROLES, REPLIES],
        "iat": now, "nbf": now - 60, "exp": now + 300,
    }  # fmt: skip
    theirs = provider.claims(sub="admin", roles=list(ROLES))

    def own(key: Any = ours, header: dict[str, Any] | None = None, **changes: Any) -> str:
        claims = {name: value for name, value in (good | changes).items() if value is not None}
        return jwt.encode(claims, key, algorithm="EdDSA", headers=header)

    tokens = {
        "another key": own(foreign),
        "a foreign issuer": own(iss="https://id.elsewhere.example"),
        "expired": own(exp=now - 1),
        "no end": own(exp=None),
        "nobody's": own(sub=None),
        "wrong audience": own(aud="elsewhere"),
        "not valid yet": own(nbf=now + 600),
        "alg none": by_hand({"alg": "none"}, good, None),
        "HS256 with the public key": by_hand({"alg": "HS256"}, good, public),
        "kid is a path": own(foreign, {"kid": "../../../../dev/null"}),
        "kid is an address": own(foreign, {"kid": f"{provider.issuer}/keys"}),
        "jku": own(foreign, {"jku": f"{provider.issuer}/evil"}),
        "x5u": own(foreign, {"x5u": f"{provider.issuer}/evil"}),
        "our key for the provider's people": jwt.encode(theirs, ours, algorithm="EdDSA"),
        "the provider's, for another audience": provider.token("city-1", aud="x"),
        "the provider's, for our machines": provider.token("city-1", sub="service:router"),
        "the provider's, expired": provider.token("city-1", exp=now - 60),
        "no token at all": "",
    }
    spoofed = {
        "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1",
        "X-Dept": "SZ", "X-Unit": "SZ", "X-User": "admin", "X-Roles": "admin",
        "X-Forwarded-User": "admin", "X-Original-URL": "/healthz",
    }  # fmt: skip
    basic = base64.b64encode(b"admin:admin").decode()
    return {what: bearer(token) for what, token in tokens.items()} | {
        "no header": {},
        "d7_14 headers of a proxy": spoofed,
        "a password": {"Authorization": f"Basic {basic}"},
    }


async def test_d7_14_d7_15_no_forgery_opens_any_route(world: World, provider: FakeProvider) -> None:
    """D.7 #14 and #15: 401 everywhere, and what is open to everybody stays as it is."""
    bare = await outcomes(world, {}, guarded=False)
    for what, headers in forgeries(world, provider).items():
        found = await outcomes(world, headers)
        wrong = {way: a.status for way, a in found.items() if a.status != 401}
        assert not wrong, what
        opened = await outcomes(world, headers, guarded=False)
        assert {w: a.status for w, a in opened.items()} == {w: a.status for w, a in bare.items()}
    assert not [path for path in provider.asked if "evil" in path]


async def test_what_needs_no_token_is_open_or_asks_for_its_own_proof(world: World) -> None:
    for (service, method, path), answer in (await outcomes(world, {}, guarded=False)).items():
        roles = table(service)[method, path]
        if roles is API_KEY or roles is SIGNATURE:
            assert answer.status in {400, 401, 403}, (service, method, path)
        elif roles is COOKIE:
            assert answer.status == 401, (service, method, path)
        else:
            assert answer.status not in {401, 403, 405}, (service, method, path)
            assert answer.status < 500, (service, method, path)


async def test_d7_14_a_proxys_headers_give_a_signed_in_person_nothing_more(world: World) -> None:
    """D.7 #14."""
    spoofed = {"X-Dept": "SZ", "X-Unit": "SZ", "X-Roles": "admin", "X-Forwarded-User": "admin"}
    signed = bearer(world.signed(NOBODY, "unit"))
    plain, dressed = await outcomes(world, signed), await outcomes(world, signed | spoofed)
    assert {w: a.status for w, a in plain.items()} == {w: a.status for w, a in dressed.items()}


def matched(service: str, method: str, path: str) -> bool:
    """True when the table has the path with that method, or one with a parameter in its place."""
    ways = (re.escape(p) for m, p in table(service) if m == method)
    plain = (re.sub(r"\\\{\w+:path\\\}", ".*", way) for way in ways)
    return any(re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", way), path) for way in plain)


async def test_a_method_that_is_not_in_the_table_is_no_way_in(world: World) -> None:
    signed = bearer(world.signed("admin", *ROLES, REPLIES))

    wanted = [
        (service, method, path, Try(world.info[service], method, path_of(method, path), headers))
        for service in SERVICES
        for path in {path for _, path in table(service)}
        for method in METHODS
        if not matched(service, method, path)
        for headers in ({}, signed)
    ]
    answers = await all_of(one for *_, one in wanted)
    for (service, method, path, _), answer in zip(wanted, answers, strict=True):
        assert answer.status == 405, (service, method, path, answer)


async def test_who_holds_no_post_is_shown_nothing_of_any_unit(world: World) -> None:
    filed = await world.file("路灯坏了三天了", address="清潭街12号")
    await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
    for role in ("unit", "secretary"):
        signed = bearer(world.signed(NOBODY, role))
        for (service, method, path), answer in (await outcomes(world, signed)).items():
            if method == "GET" and answer.status == 200 and path not in KNOWN_TO_ALL:
                said = answer.body.decode("utf-8-sig")
                assert filed["number"] not in said
                if said.startswith("{"):
                    assert not json.loads(said).get("items"), (service, path, said)
                else:  # a sheet: its header, and a total over nothing
                    assert len(said.splitlines()) == 2, (service, path, said)


KNOWN_TO_ALL: Final = {"/v1/directory/versions/current", "/api/v1/outlines", FORWARDED}
"""Versions, and names and borders of areas: the map everybody has."""


async def test_a_person_of_the_provider_signs_in_everywhere_beside_our_own(
    world: World, provider: FakeProvider
) -> None:
    filed = await world.file("路灯坏了三天了", address="清潭街12号")
    await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
    ask, router = world.http.get, world.info["router"]
    for unit, status in (("SZ", 200), ("GD", 404)):
        signed = bearer(provider.token("city-1", sub=person_of(unit), roles=["unit", "service"]))
        shown = await ask(f"{router}/v1/tickets/{filed['number']}", headers=signed)
        assert shown.status_code == status
        assert (await ask(f"{router}/v1/events", headers=signed)).status_code == 403
    watching = bearer(provider.token("city-1", sub="hall-1", roles="dashboard"))
    assert (await ask(f"{world.info['notifier']}/v1/rates", headers=watching)).status_code == 200
    for service in SERVICES:
        told = (await ask(f"{world.info[service]}/readyz")).json()
        assert told["sign_in"]["provider"] == "answers"
        assert (told["status"], told["sign_in"]["keys"]) == ("ready", 1)
