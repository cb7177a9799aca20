"""What a service is told of signing in: a provider or none, and for whom tokens of our own key are good."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kit.auth import TokenVerifier
from kit.settings import ServiceSettings

PROVIDER = {"oidc_issuer": "https://id.city.example", "oidc_audience": "chuishao"}


def settings(**told: Any) -> ServiceSettings:
    needed: dict[str, Any] = {
        "postgres_dsn": "-", "postgres_password": "-", "nats_url": "-", "nats_seed": "-",
        "http_port": 1, "token_public_key": "-",
    }  # fmt: skip
    return ServiceSettings(**(needed | told))


def people(judge: TokenVerifier) -> bool:
    return judge._people


def test_without_a_provider_our_own_tokens_sign_everyone_in() -> None:
    assert settings().trust() is None
    assert settings().verifier().provider is None
    assert people(settings().verifier())
    assert people(settings(oidc_issuer="", oidc_roles="", builtin_sign_in="").verifier())


@pytest.mark.parametrize(
    ("said", "everyone"), [("", False), ("services", False), ("everyone", True)]
)
def test_with_a_provider_they_do_so_only_where_the_city_says_so(
    said: str, *, everyone: bool
) -> None:
    judge = settings(**PROVIDER, builtin_sign_in=said).verifier()
    assert judge.provider is not None
    assert people(judge) is everyone


def test_a_city_may_have_no_people_of_our_own_key_and_no_provider_yet() -> None:
    assert not people(settings(builtin_sign_in="services").verifier())


def test_the_provider_is_trusted_as_far_as_the_settings_say() -> None:
    trust = settings(
        **PROVIDER, oidc_algorithms="ES256 EdDSA", oidc_subject_claim="number",
        oidc_roles_claim="groups", oidc_roles='{"seats": ["operator"]}', oidc_leeway_s=5,
    ).trust()  # fmt: skip
    assert trust is not None
    assert trust.algorithms == {"ES256", "EdDSA"}
    assert trust.roles_of({"groups": ["seats", "admin"]}) == {"operator"}
    assert (trust.subject({"number": "P1", "sub": "x"}), trust.leeway_s) == ("P1", 5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_algorithms": "HS256"},
        {"oidc_algorithms": "RS256 none"},
        {"oidc_algorithms": ""},
        {"oidc_audience": ""},
        {"oidc_issuer": "http://id.city.example"},
        {"oidc_roles": '{"x": ["service"]}'},
        {"oidc_roles": "seats=operator"},
        {"oidc_leeway_s": 600},
        {"builtin_sign_in": "nobody"},
    ],
)
def test_a_service_with_unsafe_settings_does_not_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**(PROVIDER | wrong))
