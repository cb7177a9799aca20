"""What a service is told from outside: `CHUISHAO_*` variables, and secrets as files in one folder."""

from __future__ import annotations

import os
from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    pool_size: int = 10
    nats_url: str
    nats_seed: SecretStr
    """nkey seed of the user that consumes."""
    relay_seed: SecretStr | None = None
    """nkey seed of the user that may publish this service's own subjects, and nothing else."""
    http_host: str = "127.0.0.1"
    http_port: int
    token_public_key: SecretStr
    """Ed25519 public key (PEM) that signs sign-in tokens."""
    service_token: SecretStr | None = None
    """This service's own token for the public HTTP of the others."""
    intake_url: str = "http://127.0.0.1:8701"
    router_url: str = "http://127.0.0.1:8702"
    notifier_url: str = "http://127.0.0.1:8703"
    log_level: str = "INFO"
    log_format: Literal["json", "console"] = "json"
    otlp_endpoint: str | None = None
    """OpenTelemetry collector (OTLP over HTTP); no traces are sent where it is not given."""


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
