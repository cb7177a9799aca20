"""What intake is told from outside."""

from __future__ import annotations

from pydantic import Field, SecretStr

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
    callback_tries: int = Field(default=3, ge=1)
    """After how many tries nobody is called again in a round; this product's own choice."""
    callback_gap_h: int = Field(default=4, ge=0)
    """Hours after a try before another one counts; this product's own choice."""
    client_address_header: str | None = None
    """Header in which a proxy in front says who asks, such as `X-Real-IP`; the proxy must overwrite it.
    Without one every visitor of the resident's page behind a proxy shares five tries an hour."""
    open311_keys: SecretStr = SecretStr("")
    """Partner systems, `name:sha256 of the key:file+read+update`, one a line or parted by commas."""
    open311_jurisdiction: str | None = None
    """The one `jurisdiction_id` served under /open311/v2/; any is taken where this is not set."""
    open311_public: bool = True
    """Whether partners may read requests without a key, as GeoReport v2 has it: never words, exact places
    or people, but numbers, kinds, offices and times."""
