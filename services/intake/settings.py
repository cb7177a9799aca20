"""What intake is told from outside."""

from __future__ import annotations

from pydantic import Field, SecretStr

from contracts.complaint import Kind
from kit.settings import StorageSettings
from services.intake.keeping.retention import Term
from services.intake.keeping.vault_keys import VaultKeys


class IntakeSettings(StorageSettings):
    """Adds the keys of the identity vault."""

    http_port: int = 8701
    vault_dsn: str
    """DSN of the role that may read identities; used for `reveal` only."""
    vault_password: SecretStr
    vault_key: SecretStr
    """Master keys that wrap each record's own key, `version:base64` a line, 32 bytes each; the newest seals."""
    phone_key: SecretStr
    """Keys of the blind index over phone numbers, written the same way."""
    reveals_per_hour: int = Field(default=120, ge=1)
    """How many identities one person is shown in an hour; this product's own choice."""
    retention: dict[Kind, Term] = Field(default_factory=dict)
    """The city's own terms, JSON by kind of matter: `{"report": {"days": 3650, "source": "…"}}`."""
    callback_tries: int = Field(default=3, ge=1)
    """After how many tries nobody is called again in a round; this product's own choice."""
    callback_gap_h: int = Field(default=4, ge=0)
    """Hours after a try before another one counts; this product's own choice."""
    caller_per_hour: int = Field(default=1_000, ge=1)
    """Complaints an hour, and at once after a rest, from one phone number; critical ones are not counted.
    This product's own choice: well over what a person does, and a batch has no such limit."""
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

    def vault_keys(self) -> VaultKeys:
        """The keys of the vault. Raises KeyRefusedError, which names what is wrong with them."""
        return VaultKeys.parse(self.vault_key.get_secret_value(), self.phone_key.get_secret_value())
