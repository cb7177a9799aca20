"""What a service is told from outside: `CHUISHAO_*` variables, and secrets as files in one folder."""

from __future__ import annotations

import os
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kit.auth import PEOPLE, TokenVerifier
from kit.limits.admission import WAIT_S
from kit.limits.allowance import Allowance
from kit.limits.rates import Rates
from kit.oidc.provider import Provider
from kit.oidc.trust import Trust, roles_from


class ServiceSettings(BaseSettings):
    """Settings every service has. Built in its composition root and passed on, never global."""

    model_config = SettingsConfigDict(
        env_prefix="CHUISHAO_",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    postgres_dsn: str
    """Without a password: that comes from the secrets folder."""
    postgres_password: SecretStr
    people_password: SecretStr | None = None
    """Of the role as which people's requests run, where the service has one (docs/adr/0036)."""
    pool_size: int = 10
    nats_url: str
    nats_seed: SecretStr
    """nkey seed of the user that consumes."""
    relay_seed: SecretStr | None = None
    """nkey seed of the user that may publish this service's own subjects, and nothing else."""
    http_host: str = "127.0.0.1"
    http_port: int
    http_connections: int = Field(default=4_096, ge=16)
    """Connections of clients that one process keeps; who has rested for longest makes room."""
    person_per_s: float = Field(default=50.0, gt=0)
    """Requests a second one person is granted by one process, in the long run; this product's own choice."""
    person_at_once: int = Field(default=100, ge=1)
    """And after a rest."""
    system_per_s: float = Field(default=200.0, gt=0)
    """The same for another service, or a partner's system."""
    system_at_once: int = Field(default=2_000, ge=1)
    wait_s: float = Field(default=WAIT_S, gt=0)
    """Who would wait longer for the database is told to come back, reads after half of it (docs/adr/0043)."""
    token_public_key: SecretStr
    """Ed25519 public key (PEM) that signs sign-in tokens."""
    oidc_issuer: str = ""
    """A provider of sign-in tokens outside, by its issuer URL; empty: our own tokens alone."""
    oidc_audience: str = ""
    """What the provider's tokens must say they are made for."""
    oidc_algorithms: str = "RS256 PS256 ES256 EdDSA"
    oidc_subject_claim: str = "sub"
    """Which claim is the staff id of posts.csv."""
    oidc_roles_claim: str = "roles"
    """Which claim holds the roles; steps with dots: `realm_access.roles`."""
    oidc_roles: str = ""
    """JSON: value of that claim to our roles; empty: the values are our names."""
    oidc_leeway_s: int = 30
    builtin_sign_in: Literal["", "everyone", "services"] = ""
    """For whom tokens of our own key are good; empty: for everyone, with a provider for services only."""
    service_token: SecretStr | None = None
    """This service's own token for the public HTTP of the others."""
    intake_url: str = "http://127.0.0.1:8701"
    router_url: str = "http://127.0.0.1:8702"
    notifier_url: str = "http://127.0.0.1:8703"
    audit_key: SecretStr | None = None
    """Ed25519 private key (PEM) that signs the anchors of the audit chain."""
    audit_anchors: str | None = None
    """Folder the anchors are copied to: on another volume than the database where there is one."""
    reconcile_s: float = Field(60.0, gt=0, le=3600)
    """Seconds between two looks at a stream (kit/reconcile); an hour at most."""
    log_level: str = "INFO"
    log_format: Literal["json", "console"] = "json"
    otlp_endpoint: str | None = None
    """OpenTelemetry collector (OTLP over HTTP); no traces are sent where it is not given."""

    @model_validator(mode="after")
    def _provider_can_be_trusted(self) -> Self:
        """A service with unsafe settings of a provider does not start."""
        self.trust()
        return self

    def trust(self) -> Trust | None:
        """What is believed of the provider; None without one. Raises BadTrustError (a ValueError)."""
        if not self.oidc_issuer:
            return None
        return Trust(
            issuer=self.oidc_issuer,
            audience=self.oidc_audience,
            algorithms=frozenset(self.oidc_algorithms.split()),
            people=PEOPLE,
            subject_claim=self.oidc_subject_claim,
            roles_claim=self.oidc_roles_claim,
            roles=roles_from(self.oidc_roles),
            leeway_s=self.oidc_leeway_s,
        )

    def rates(self) -> Rates:
        """How often one client may ask."""
        return Rates(
            people=Allowance(self.person_per_s, self.person_at_once),
            systems=Allowance(self.system_per_s, self.system_at_once),
        )

    def verifier(self) -> TokenVerifier:
        """Who judges sign-in tokens."""
        trust = self.trust()
        people = self.builtin_sign_in == "everyone" or (trust is None and not self.builtin_sign_in)
        provider = Provider(trust) if trust else None
        return TokenVerifier(self.token_public_key.get_secret_value(), provider, people=people)


class StorageSettings(ServiceSettings):
    """Of services that keep files (kit/attachments): where, and the keys of a bucket."""

    storage: str
    """`file:///folder`, or `s3://bucket/prefix`; every service keeps to a folder of its own in it."""
    s3_endpoint: str | None = None
    """Of a store that is not Amazon's: `https://host:port`; the bucket goes into the path."""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None


def secrets_dir() -> str | None:
    """Folder with one file per secret, named by `CHUISHAO_SECRETS_DIR`."""
    return os.environ.get("CHUISHAO_SECRETS_DIR")
