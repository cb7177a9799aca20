"""Passwords, seeds and keys of one installation: made once, kept in DATA_DIR/secrets.

Each service has one folder there, readable as a pydantic-settings `secrets_dir`, and finds in it
only what is its own. Nothing is deleted or changed, but a NATS key on request: a unit that comes back
finds its old key.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets as random_source
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chuishao.files import make_private_dir, write_private

SERVICES: Final = ("intake", "router", "notifier", "console")
"""Services of an installation, in the order of a complaint's way through them."""
GUARDED: Final = ("intake", "router", "notifier")
"""Services whose people's requests run under a database role of their own (docs/adr/0036)."""
PUBLISHERS: Final = ("intake", "router", "notifier")
"""Services with a relay, which publishes under a key of its own."""
SUPERUSER: Final = "postgres"
OWNER_ROLE: Final = "chuishao_owner"
VAULT_ROLE: Final = "chuishao_vault"
OPS_USER: Final = "ops"
SYSTEM_USER: Final = "sys"

_CODE: Final = re.compile(r"[A-Za-z0-9-]{1,32}")
_KEY_BYTES: Final = 32
_PASSWORD_BYTES: Final = 24
SEED_FILE: Final = "chuishao_nats_seed"
_RELAY_SEED: Final = "chuishao_relay_seed"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Everything secret about one installation, as text.

    `passwords` is by database role, `seeds` by NATS user (`intake`, `intake-relay`, `unit_<code>`,
    `reader_<code>`, …); the token keys are Ed25519 in PEM.
    """

    root: Path
    passwords: Mapping[str, str]
    seeds: Mapping[str, str]
    token_private_key: str
    token_public_key: str
    open311_key: str
    """An api_key to try Open311 with; intake is told its digest."""
    second_seeds: Mapping[str, str] = field(default_factory=dict)
    """The other valid key of NATS users whose key is being changed (`chuishao/nats_keys.py`)."""

    @classmethod
    def load_or_create(
        cls, data_dir: Path, units: Iterable[str] = (), readers: Iterable[str] = ()
    ) -> Secrets:
        """Read what is there and make what is missing.

        `units` and `readers` are the codes that get a NATS user; raises ValueError for one that
        is not a code. Users of codes no longer named stay on disk but are not returned.
        """
        root = make_private_dir(data_dir / "secrets")
        root.chmod(0o700)
        private_key, public_key = _signing_keys(root / "tokens")
        for service in SERVICES:
            _keep(root / service / "chuishao_token_public_key", lambda: public_key)
            _audit_keys(root, service)
        for name in ("chuishao_vault_key", "chuishao_phone_key"):
            _keep(root / "intake" / name, _random_key)
        seeds = _service_seeds(root)
        seeds |= {f"unit_{code}": _code_seed(root / "units", code) for code in units}
        seeds |= {f"reader_{code}": _code_seed(root / "readers", code) for code in readers}
        return cls(
            root,
            _passwords(root),
            seeds,
            private_key,
            public_key,
            _open311_key(root),
            second_seeds(root, seeds),
        )

    def folder(self, service: str) -> Path:
        """Return the folder a service is given as its `CHUISHAO_SECRETS_DIR`."""
        return self.root / service

    def role_passwords(self) -> dict[str, str]:
        """Return the passwords of our own roles, without the superuser's."""
        return {role: text for role, text in self.passwords.items() if role != SUPERUSER}

    def public_keys(self) -> dict[str, str]:
        """Return the public nkey of every NATS user, for the accounts file."""
        return {user: public_key(seed) for user, seed in self.seeds.items()}

    def second_public_keys(self) -> dict[str, str]:
        """Return the public half of every second key."""
        return {user: public_key(seed) for user, seed in self.second_seeds.items()}

    def store_service_token(self, service: str, token: str) -> None:
        """Put a service's own sign-in token into its folder, in place of the last one."""
        write_private(self.folder(service) / "chuishao_service_token", token)


def _keep(path: Path, make: Callable[[], str]) -> str:
    """Return the text of a secret, making it the first time."""
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        text = make()
        make_private_dir(path.parent)
        write_private(path, text, durable=True)
        return text.strip()


def _password() -> str:
    return random_source.token_urlsafe(_PASSWORD_BYTES)


def _random_key() -> str:
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode("ascii")


def _seed() -> str:
    import nkeys

    seed: bytes = nkeys.encode_seed(os.urandom(_KEY_BYTES), nkeys.PREFIX_BYTE_USER)
    return seed.decode("ascii")


def seed_file(root: Path, user: str) -> Path:
    """Return where the seed of a NATS user is kept."""
    for prefix, folder in (("unit_", "units"), ("reader_", "readers")):
        if user.startswith(prefix):
            return root / folder / user.removeprefix(prefix) / SEED_FILE
    if user.endswith("-relay"):
        return root / user.removesuffix("-relay") / _RELAY_SEED
    return root / user / SEED_FILE


def second_file(root: Path, user: str) -> Path:
    """Return where the second valid seed of a NATS user is kept while there is one."""
    first = seed_file(root, user)
    return first.with_name(f"{first.name}_second")


def second_seeds(root: Path, users: Iterable[str]) -> dict[str, str]:
    """Return the second seeds of those users that have one."""
    places = {user: second_file(root, user) for user in users}
    return {
        user: place.read_text("ascii").strip() for user, place in places.items() if place.exists()
    }


def new_seed() -> str:
    """Return a fresh nkey seed of a user."""
    return _seed()


def public_key(seed: str) -> str:
    """Return the public half of an nkey seed."""
    import nkeys

    key: bytes = nkeys.from_seed(bytearray(seed, "ascii")).public_key
    return key.decode("ascii")


def _passwords(root: Path) -> dict[str, str]:
    places = {role: root / "postgres" / role for role in (SUPERUSER, OWNER_ROLE)}
    places |= {f"chuishao_{name}": root / name / "chuishao_postgres_password" for name in SERVICES}
    places |= {
        f"chuishao_{name}_people": root / name / "chuishao_people_password" for name in GUARDED
    }
    places[VAULT_ROLE] = root / "intake" / "chuishao_vault_password"
    return {role: _keep(path, _password) for role, path in places.items()}


def _open311_key(root: Path) -> str:
    key = _keep(root / "open311" / "sample_key", _password)
    digest = hashlib.sha256(key.encode("ascii")).hexdigest()
    _keep(root / "intake" / "chuishao_open311_keys", lambda: f"sample:{digest}:file+read+update")
    return key


def _service_seeds(root: Path) -> dict[str, str]:
    users = (OPS_USER, SYSTEM_USER, *SERVICES, *(f"{name}-relay" for name in PUBLISHERS))
    return {user: _keep(seed_file(root, user), _seed) for user in users}


def _code_seed(folder: Path, code: str) -> str:
    if not _CODE.fullmatch(code):
        msg = f"not a code: {code!r} (letters, digits and hyphens, at most 32)"
        raise ValueError(msg)
    return _keep(folder / code / SEED_FILE, _seed)


def _signing_keys(folder: Path) -> tuple[str, str]:
    private_key = _keep(folder / "private_key.pem", _private_pem)
    return private_key, _keep(folder / "public_key.pem", lambda: _public_pem(private_key))


def _audit_keys(root: Path, service: str) -> None:
    """Of the anchors of one chain: the private key is the service's alone, the public one lies apart."""
    private_key = _keep(root / service / "chuishao_audit_key", _private_pem)
    _keep(root / "audit" / f"{service}.pem", lambda: _public_pem(private_key))


def _private_pem() -> str:
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode("ascii")


def _public_pem(private_key: str) -> str:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    key = load_pem_private_key(private_key.encode("ascii"), password=None)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode("ascii")
