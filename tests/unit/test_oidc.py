"""What is believed of a sign-in provider: its address, algorithms, keys, and the claims that say who."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.auth import PEOPLE
from kit.oidc.keyset import KEYS_MOST, KeySet
from kit.oidc.trust import ALGORITHMS, BadTrustError, Trust, roles_from
from tests.support.provider import made, published

ISSUER = "https://id.city.example/realms/city"


def trust(**changes: Any) -> Trust:
    whole = {"issuer": ISSUER, "audience": "us", "algorithms": ALGORITHMS, "people": PEOPLE}
    return Trust(**(whole | changes))


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://id.city.example"},
        {"issuer": "id.city.example"},
        {"issuer": "https://"},
        {"issuer": "https://user:word@id.city.example"},
        {"issuer": "https://id.city.example?tenant=1"},
        {"issuer": "https://[::1"},
        {"audience": ""},
        {"algorithms": frozenset()},
        {"algorithms": frozenset({"RS256", "none"})},
        {"algorithms": frozenset({"HS256"})},
        {"leeway_s": 121},
        {"leeway_s": -1},
        {"roles": {"staff": frozenset({"service"})}},
        {"roles": {"staff": frozenset({"replies"})}},
        {"roles": {"staff": frozenset({"king"})}},
    ],
)
def test_unsafe_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadTrustError):
        trust(**wrong)


def test_a_provider_on_this_machine_needs_no_https() -> None:
    for host in ("127.0.0.1:8080", "localhost", "[::1]:80"):
        assert trust(issuer=f"http://{host}/x").discovery.endswith(
            "/x/.well-known/openid-configuration"
        )
    assert trust(issuer=f"{ISSUER}/").discovery == trust().discovery


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": f"{ISSUER}/", "jwks_uri": f"{ISSUER}/keys"},
        {"issuer": "https://elsewhere.example", "jwks_uri": f"{ISSUER}/keys"},
        {"jwks_uri": f"{ISSUER}/keys"},
        {"issuer": ISSUER},
        {"issuer": ISSUER, "jwks_uri": "http://id.city.example/keys"},
        {"issuer": ISSUER, "jwks_uri": "http://127.0.0.1/keys"},
        {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"},
        {"issuer": ISSUER, "jwks_uri": ["https://x"]},
        [],
        None,
    ],
)
def test_the_description_of_another_issuer_or_without_safe_keys_is_refused(described: Any) -> None:
    with pytest.raises(BadTrustError):
        trust().keys_address(described)


def test_keys_may_lie_on_another_host_behind_https() -> None:
    where = "https://keys.example/jwks?p=one"
    assert trust().keys_address({"issuer": ISSUER, "jwks_uri": where}) == where


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ({"alg": "RS256"}, True),
        ({"alg": "EdDSA", "typ": "at+jwt"}, True),
        ({"alg": "ES256", "typ": "JWT"}, True),
        ({"alg": "ES256", "typ": "application/at+JWT"}, True),
        ({"alg": "ES256", "typ": "logout+jwt"}, False),
        ({"alg": "ES256", "typ": ["JWT"]}, False),
        ({"alg": "none"}, False),
        ({"alg": "None"}, False),
        ({"alg": "HS256"}, False),
        ({"alg": ["RS256"]}, False),
        ({}, False),
    ],
)
def test_d7_15_the_head_of_a_token_is_taken_by_our_list_alone(
    header: dict[str, Any], *, taken: bool
) -> None:
    """D.7 #15."""
    assert trust().takes(header) is taken


def test_roles_come_from_the_named_claim_by_the_table() -> None:
    table = roles_from('{"seat": ["operator"], "/city/leads": ["unit", "secretary"], "x": []}')
    keycloak = trust(roles_claim="realm_access.roles", roles=table)
    assert keycloak.roles_of({"realm_access": {"roles": ["seat", "x", "admin", 7]}}) == {"operator"}
    assert keycloak.roles_of({"realm_access.roles": ["/city/leads"]}) == {"unit", "secretary"}
    plain = trust()
    assert plain.roles_of({"roles": "unit admin service replies king"}) == {"unit", "admin"}
    for nothing in (
        {},
        {"roles": None},
        {"roles": 7},
        {"roles": {"unit": 1}},
        {"roles": [["unit"]]},
    ):
        assert plain.roles_of(nothing) == frozenset()


@pytest.mark.parametrize("text", ["[", "[]", '{"a": "admin"}', '{"a": [1]}', '"a"'])
def test_a_table_of_roles_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadTrustError):
        roles_from(text)


@pytest.mark.parametrize(
    ("sub", "who"),
    [
        ("P0107", "P0107"),
        ("f:3c1a:li.si", "f:3c1a:li.si"),
        ("service:router", None),
        ("open311:sample", None),
        ("张三", None),
        ("P 0107", None),
        ("P0107\n", None),
        ("", None),
        ("x" * 256, None),
        (107, None),
        (None, None),
    ],
)
def test_no_provider_names_our_machines(sub: Any, who: str | None) -> None:
    assert trust().subject({"sub": sub}) == who


def test_the_staff_id_may_stand_in_another_claim() -> None:
    by_number = trust(subject_claim="employee_number")
    assert by_number.subject({"sub": "3c1a", "employee_number": "P0107"}) == "P0107"
    assert by_number.subject({"sub": "3c1a"}) is None


RSA, EC, ED = made("RS256"), made("ES256"), made("EdDSA")


def keys(*shown: Any) -> KeySet:
    return KeySet.of({"keys": list(shown)}, frozenset(ALGORITHMS))


def test_a_key_goes_with_the_algorithms_of_its_kind_and_with_its_own_word() -> None:
    known = keys(
        published(RSA, "r", None), published(EC, "e", None), published(ED, "d", None),
        published(RSA, "only", "PS256"), published(made("ES384"), "e3", None),
    )  # fmt: skip
    fit = {
        (kid, name)
        for kid in ("r", "e", "d", "only", "e3")
        for name in ALGORITHMS
        if known.find(kid, name)
    }
    assert fit == {
        *(("r", name) for name in ALGORITHMS if name[:2] in {"RS", "PS"}),
        ("e", "ES256"), ("d", "EdDSA"), ("only", "PS256"), ("e3", "ES384"),
    }  # fmt: skip
    assert known.find("../../dev/null", "RS256") is None


def test_without_an_id_only_a_single_key_is_meant() -> None:
    one, other = published(RSA, None, None), published(made("RS256"), None, None)
    assert keys(one, published(EC, "e", None)).find(None, "RS256") is not None
    assert keys(one, other).find(None, "RS256") is None


def test_two_keys_of_one_id_are_none() -> None:
    assert keys(published(RSA, "k", None), published(made("RS256"), "k", None)).find(
        "k", "RS256"
    ) is None  # fmt: skip


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "kid": "k"},
        published(RSA, "k", None) | {"use": "enc"},
        published(RSA, "k", None) | {"key_ops": ["encrypt"]},
        published(RSA, "k", "HS256"),
        published(RSA, "k", "none"),
        published(RSA, "k", "ES256"),
        published(EC, "k", None) | {"x": "AAAA"},
        published(made("RS256", bits=1_024), "k", None),
        published(RSA, "k", None) | {"kid": 7},
        {"kty": "RSA", "kid": "k"},
        {"kty": "OKP", "crv": "X25519", "x": published(ED, "k", None)["x"], "kid": "k"},
        {},
        [],
        "key",
        None,
    ],
)
def test_an_unfit_key_is_passed_over_and_the_others_stay(entry: Any) -> None:
    known = keys(entry, published(ED, "good", None))
    assert [key.kid for key in known.keys] == ["good"]


def test_no_answer_makes_more_keys_than_a_provider_needs() -> None:
    shown = published(ED, "k", None)
    assert len(keys(*[shown] * (KEYS_MOST + 50)).keys) == KEYS_MOST


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["keys", "kty", "kid", "alg", "use", "key_ops", "n", "e", "crv", "x", "y"])
        | st.text(max_size=4),
        inner | st.sampled_from(["RSA", "EC", "OKP", "P-256", "Ed25519", "sig", "AQAB", "AAAA"]),
        max_size=8,
    ),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_whatever_a_provider_answers_no_key_of_it_is_a_secret(document: Any) -> None:
    for found in (KeySet.of(document, ALGORITHMS), KeySet.of({"keys": [document]}, ALGORITHMS)):
        assert all(key.algorithms <= ALGORITHMS for key in found.keys)
