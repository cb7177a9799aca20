"""What intake is told from outside."""

from __future__ import annotations

from pydantic import SecretStr

from kit.settings import StorageSettings


class IntakeSettings(StorageSettings):
    """Adds the keys of the identity vault."""

    http_port: int = 8701
    vault_dsn: str
    """DSN of the role that may read identities; used for `reveal` only."""
    vault_password: SecretStr
    vault_key: SecretStr
    """Master key that wraps each record's own key: 32 bytes, base64."""
    phone_key: SecretStr
    """Key of the blind index over phone numbers: 32 bytes, base64."""
