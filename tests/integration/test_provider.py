"""Tokens of a provider outside, over real HTTP: its keys, their rotation, and what happens while it is away."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest

from chuishao.tokens import issue
from kit.auth import PEOPLE, Principal, TokenVerifier
from kit.errors import DomainError, Kind
from kit.oidc import provider as subject
from kit.oidc.provider import Provider
from kit.oidc.trust import Trust
from tests.support.desk import PRIVATE, PUBLIC
from tests.support.provider import (
    AUDIENCE,
    FakeProvider,
    RunningProvider,
    encoded,
    made,
    pem,
    published,
    running,
)
from tests.support.wall_clock import set_wall_clock
from tests.support.world import until

DESCRIPTION = "/realms/city/.well-known/openid-configuration"
KEYS = "/realms/city/keys"
LEEWAY_S = 30
RSA = made("RS256")


@pytest.fixture
def place() -> Iterator[RunningProvider]:
    """A provider with an EC key named `one`."""
    with running() as found:
        found.provider.add("one", "ES256")
        yield found


def verifier(fake: FakeProvider, *algorithms: str) -> TokenVerifier:
    allowed = frozenset(algorithms or ("RS256", "PS256", "ES256", "EdDSA"))
    trust = Trust(fake.issuer, AUDIENCE, allowed, PEOPLE, leeway_s=LEEWAY_S)
    return TokenVerifier(PUBLIC, Provider(trust))


async def answer(judge: TokenVerifier, token: str) -> int:
    """200, or the status of the refusal."""
    try:
        await judge.verify(token)
    except DomainError as error:
        return int(error.kind)
    return 200


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_a_token_of_the_provider_says_who_and_in_which_roles(
    place: RunningProvider, algorithm: str
) -> None:
    place.provider.keys["two"] = (
        algorithm,
        RSA if algorithm in {"RS256", "PS256"} else made(algorithm),
    )
    judge = verifier(place.provider)
    who = await judge.verify(place.provider.token("two", roles=["unit", "service", "king"]))
    assert who == Principal("P0107", frozenset({"unit"}))
    assert (await judge.verify(issue(PRIVATE, "P1", ["admin"]))).roles == {"admin"}
    assert place.provider.asked == [DESCRIPTION, KEYS]


async def test_a_new_key_is_asked_for_once_by_all_who_come_with_it(place: RunningProvider) -> None:
    judge = verifier(place.provider)
    assert await answer(judge, place.provider.token("one")) == 200
    place.provider.add("two", "EdDSA")
    judge.provider._asked_for_unknown_at -= subject.UNKNOWN_PAUSE_S  # type: ignore[union-attr]  # time passes
    tokens = [place.provider.token("two", sub=f"P{n}") for n in range(50)]
    assert set(await asyncio.gather(*(answer(judge, one) for one in tokens))) == {200}
    assert place.provider.asked == [DESCRIPTION, KEYS] * 2


async def test_made_up_key_ids_do_not_make_us_ask_again_and_again(place: RunningProvider) -> None:
    judge = verifier(place.provider)
    key = made("ES256")
    forged = [
        jwt.encode(place.provider.claims(), key, algorithm="ES256", headers={"kid": f"k{n}"})
        for n in range(100)
    ]
    assert {await answer(judge, one) for one in forged} == {401}
    assert place.provider.asked == [DESCRIPTION, KEYS]
    assert await answer(judge, place.provider.token("one")) == 200


async def test_a_remembered_token_is_refused_once_its_key_is_withdrawn(
    place: RunningProvider,
) -> None:
    judge = verifier(place.provider)
    place.provider.keys["two"] = "RS256", RSA
    good, stays = place.provider.token("one"), place.provider.token("two")
    assert [await answer(judge, one) for one in (good, stays)] == [200, 200]
    del place.provider.keys["one"]
    assert await answer(judge, good) == 200
    assert judge.provider
    assert await judge.provider._ask()
    assert [await answer(judge, one) for one in (good, stays)] == [401, 200]


async def test_while_the_provider_is_away_known_keys_go_on_and_readiness_says_so(
    place: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "UNKNOWN_PAUSE_S", 0.0)
    judge = verifier(place.provider)
    assert judge.provider
    assert await answer(judge, place.provider.token("one")) == 200
    assert judge.provider.told() == {"provider": "answers", "keys": 1, "heard_s_ago": 0}
    place.away()
    place.provider.add("two", "EdDSA")
    assert await answer(judge, place.provider.token("two")) == 503
    assert judge.provider.told()["provider"] == "away"
    assert await answer(judge, place.provider.token("one", sub="P2")) == 200
    assert await answer(judge, place.provider.token("one", aud="else")) == 401
    place.back()
    assert await answer(judge, place.provider.token("two")) == 200
    assert judge.provider.told()["provider"] == "answers"


async def test_a_provider_that_comes_after_us_is_found_and_nobody_waits_for_it(
    place: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "RETRY_S", 0.01)
    monkeypatch.setattr(subject, "RETRY_MOST_S", 0.02)
    judge = verifier(place.provider)
    assert judge.provider
    place.away()
    following = asyncio.create_task(judge.follow())
    assert await answer(judge, issue(PRIVATE, "service:router", ["service"])) == 200
    with pytest.raises(DomainError) as refused:
        await judge.verify(place.provider.token("one"))
    assert (refused.value.kind, refused.value.retry_after_s) == (Kind.UNAVAILABLE, 10)
    assert judge.provider.told() == {"provider": "away", "keys": 0, "heard_s_ago": None}
    place.back()

    async def known() -> bool:
        return await answer(judge, place.provider.token("one")) == 200

    await until(known)
    assert not following.done()
    following.cancel()


MISCHIEF: dict[str, Callable[[FakeProvider], None]] = {
    "an error": lambda fake: fake.say.update({KEYS: (500, b"", {})}),
    "a page": lambda fake: fake.say.update({KEYS: (200, b"<html>", {})}),
    "a redirect": lambda fake: fake.say.update(
        {DESCRIPTION: (302, b"", {"Location": f"{fake.issuer}/keys"})}
    ),
    "more than a megabyte": lambda fake: fake.say.update(
        {KEYS: (200, b'{"keys": []' + b" " * 2**20 + b"}", {})}
    ),
    "no key": lambda fake: fake.say.update({KEYS: (200, b'{"keys": []}', {})}),
    "a secret as key": lambda fake: fake.say.update(
        {KEYS: (200, b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', {})}
    ),
    "another issuer's description": lambda fake: fake.say.update(
        {DESCRIPTION: (200, b'{"issuer": "https://x", "jwks_uri": "https://x/keys"}', {})}
    ),
    "keys somewhere else without https": lambda fake: fake.say.update(
        {
            DESCRIPTION: (
                200,
                json.dumps({"issuer": fake.issuer, "jwks_uri": "http://10.0.0.1/keys"}).encode(),
                {},
            )
        }
    ),
    "nothing in time": lambda fake: setattr(fake, "slow_s", 0.5),
}


@pytest.mark.parametrize("what", MISCHIEF)
async def test_known_keys_stay_when_the_provider_answers(
    place: RunningProvider, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = verifier(place.provider)
    assert judge.provider
    assert await answer(judge, place.provider.token("one")) == 200
    monkeypatch.setattr(subject, "TIMEOUT_S", 0.2)
    MISCHIEF[what](place.provider)
    assert not await judge.provider._ask()
    assert judge.provider.told()["provider"] == "away"
    assert await answer(judge, place.provider.token("one", sub="P2")) == 200


def forged(fake: FakeProvider, header: dict[str, Any], **changes: Any) -> str:
    """Signed with a key that is not the provider's, under a header of the attacker's choice."""
    key = made("ES256")
    shown = published(key, "one", None)
    filled = {name: shown if value == "OWN" else value for name, value in header.items()}
    return jwt.encode(fake.claims(**changes), key, algorithm="ES256", headers=filled)


def by_hand(fake: FakeProvider, header: dict[str, Any], secret: bytes | None) -> str:
    """As an attacker puts it together, without a library that refuses to."""
    parts = ".".join(encoded(json.dumps(part).encode()) for part in (header, fake.claims()))
    mark = hmac.digest(secret, parts.encode(), hashlib.sha256) if secret else b""
    return f"{parts}.{encoded(mark)}"


def soon(seconds: float) -> int:
    return int(time.time() + seconds)


BAD: dict[str, Callable[[FakeProvider], str]] = {
    "alg none": lambda f: by_hand(f, {"alg": "none", "kid": "one"}, None),
    "HS256 with the public key": lambda f: by_hand(
        f, {"alg": "HS256", "kid": "one"}, pem(f.keys["one"][1])
    ),
    "an algorithm that is not allowed here": lambda f: f.token("es384"),
    "another algorithm than its key's": lambda f: jwt.encode(
        f.claims(), f.keys["rsa"][1], algorithm="PS256", headers={"kid": "rsa"}
    ),
    "wrong audience": lambda f: f.token("one", aud="another-api"),
    "wrong audiences": lambda f: f.token("one", aud=["another-api", "account"]),
    "no audience": lambda f: f.token("one", aud=None),
    "expired": lambda f: f.token("one", exp=soon(-LEEWAY_S - 1)),
    "no end": lambda f: f.token("one", exp=None),
    "not valid yet": lambda f: f.token("one", nbf=soon(LEEWAY_S + 5)),
    "issued in the future": lambda f: f.token("one", iat=soon(LEEWAY_S + 5)),
    "nobody's": lambda f: f.token("one", sub=None),
    "one of our machines'": lambda f: f.token("one", sub="service:router", roles=["service"]),
    "no issuer": lambda f: f.token("one", iss=None),
    "our own issuer": lambda f: f.token("one", iss="chuishao", aud="chuishao"),
    "another issuer": lambda f: f.token("one", iss=f"{f.issuer}/"),
    "a log-out token": lambda f: jwt.encode(
        f.claims(), f.keys["one"][1], algorithm="ES256",
        headers={"kid": "one", "typ": "logout+jwt"},
    ),
    "another key": lambda f: forged(f, {"kid": "one"}),
    "kid is a path": lambda f: forged(f, {"kid": "../../../../dev/null"}),
    "kid is an address": lambda f: forged(f, {"kid": f"{f.issuer}/evil"}),
    "kid is SQL": lambda f: forged(f, {"kid": "x' union select 'key"}),
    "kid is a page long": lambda f: forged(f, {"kid": "k" * 3_000}),
    "jku": lambda f: forged(f, {"kid": "one", "jku": f"{f.issuer}/evil"}),
    "x5u": lambda f: forged(f, {"kid": "one", "x5u": f"{f.issuer}/evil"}),
    "its own key in the head": lambda f: forged(f, {"kid": "one", "jwk": "OWN"}),
    "our key for the provider's name": lambda f: jwt.encode(
        f.claims(), PRIVATE, algorithm="EdDSA", headers={"kid": "one"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
async def test_d7_15_a_token_of_the_provider_is_refused_for(
    place: RunningProvider, what: str
) -> None:
    """D.7 #15; nobody is asked but the provider, at its own two addresses."""
    place.provider.keys["rsa"] = "RS256", RSA
    place.provider.add("es384", "ES384")
    judge = verifier(place.provider)
    assert await answer(judge, BAD[what](place.provider)) == 401
    assert set(place.provider.asked) <= {DESCRIPTION, KEYS}
    assert await answer(judge, place.provider.token("one", aud=["x", AUDIENCE])) == 200


async def test_the_last_moment_of_a_token_is_its_end_and_the_leeway(
    place: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, ends = verifier(place.provider), soon(60)
    good = place.provider.token("one", exp=ends)
    assert await answer(judge, good) == 200
    for at, status in ((ends + LEEWAY_S - 0.01, 200), (float(ends + LEEWAY_S), 401)):
        set_wall_clock(monkeypatch, at)
        assert await answer(judge, good) == status
        assert await answer(verifier(place.provider), good) == status
