"""Seals identities: AES-256-GCM under a key of the record's own, itself wrapped by the master key.

Destroying the wrapped key destroys the record (crypto-shredding). Phones are found again through a
blind index, an HMAC under another key, never by decrypting (reliability.md D.3).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.intake.keeping.vault_keys import KeyRefusedError, VaultKeys, missing

NONCE: Final = 12
TAIL: Final = 4
"""Last digits of a phone that open the resident's page."""
LONGEST_AT_HOME: Final = 11
"""Digits of a mobile, or of a landline with its area code, without the leading 0."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the vault table stores of one complaint."""

    key_version: int
    wrapped_key: bytes
    box: bytes
    phone_index: bytes | None = None
    tail: bytes | None = None

    @property
    def row(self) -> tuple[int, bytes, bytes, bytes | None, bytes | None]:
        """In the order in which a filing stores it."""
        return self.key_version, self.wrapped_key, self.box, self.phone_index, self.tail


@dataclass(frozen=True, slots=True)
class _Keys:
    """What one version seals and finds with."""

    master: AESGCM
    phone: bytes
    tail: bytes
    # Keys of their own, so that no digest made for one purpose means anything to another.
    token: bytes
    mark: bytes

    @classmethod
    def of(cls, master: bytes, phone: bytes) -> _Keys:
        def own(purpose: str) -> bytes:
            return hmac.digest(phone, f"chuishao {purpose} 1".encode(), "sha256")

        return cls(
            AESGCM(master), phone, own("resident page tail"), own("resident page try"), own("mark")
        )


class Vault:
    """Seals and opens; holds the keys and nothing else."""

    def __init__(self, keys: VaultKeys) -> None:
        self.use(keys)

    def use(self, keys: VaultKeys) -> None:
        """Seal with the newest of these keys from now on, open with all of them."""
        self._keys: Mapping[int, _Keys] = {one: _Keys.of(*keys.pair(one)) for one in keys.versions}
        self.keys = keys

    @property
    def _newest(self) -> _Keys:
        return self._keys[self.keys.newest]

    def seal(self, complaint_id: str, secret: dict[str, Any], phone: str | None) -> Sealed:
        """Encrypt `secret` for this complaint; the id is authenticated, so records cannot be swapped."""
        bound = complaint_id.encode()
        record_key = AESGCM.generate_key(256)
        nonce = os.urandom(NONCE)
        box = nonce + AESGCM(record_key).encrypt(nonce, orjson.dumps(secret), bound)
        return self._sealed(complaint_id, record_key, box, phone)

    def open(self, complaint_id: str, key_version: int, wrapped_key: bytes, box: bytes) -> Any:
        """Decrypt; raises InvalidTag when anything was changed, KeyRefusedError where the key is not held."""
        record_key = self._unwrapped(complaint_id, key_version, wrapped_key)
        return orjson.loads(_decrypted(AESGCM(record_key), box, complaint_id.encode()))

    def again(self, complaint_id: str, sealed: Sealed, phone: str | None) -> Sealed:
        """The same record under the newest keys, its box as it is; raises as `open` does."""
        record_key = self._unwrapped(complaint_id, sealed.key_version, sealed.wrapped_key)
        return self._sealed(complaint_id, record_key, sealed.box, phone)

    def tails(self, complaint_id: str, digits: str) -> list[bytes]:
        """The last digits of a phone as they may be stored, worth nothing for any other complaint."""
        return [_tail(keys, complaint_id, digits) for keys in self._keys.values()]

    def token(self, what: str, value: str) -> bytes:
        """Under what tries of a `number` or from an `address` are counted; neither is kept itself."""
        return hmac.digest(self._newest.token, f"{what}:{value}".encode(), "sha256")

    def mark(self, reveal_id: str) -> bytes:
        """What stands in the copy that was shown: nobody without the key makes one of somebody else's."""
        return hmac.digest(self._newest.mark, reveal_id.encode(), "sha256")[:8]

    def phone_index(self, phone: str) -> bytes:
        """The blind index of a phone number under the newest key, the same however it was written."""
        return _index(self._newest.phone, phone)

    def phone_indexes(self, phone: str) -> list[bytes]:
        """Every index under which records of this phone may lie, while keys change."""
        return list(dict.fromkeys(_index(keys.phone, phone) for keys in self._keys.values()))

    def _sealed(
        self, complaint_id: str, record_key: bytes, box: bytes, phone: str | None
    ) -> Sealed:
        newest, version = self._newest, self.keys.newest
        nonce = os.urandom(NONCE)
        wrapped = nonce + newest.master.encrypt(nonce, record_key, complaint_id.encode())
        if phone is None:
            return Sealed(version, wrapped, box)
        tail = _tail(newest, complaint_id, re.sub(r"\D", "", phone)[-TAIL:])
        return Sealed(version, wrapped, box, _index(newest.phone, phone), tail)

    def _unwrapped(self, complaint_id: str, key_version: int, wrapped_key: bytes) -> bytes:
        keys = self._keys.get(key_version)
        if keys is None:
            raise KeyRefusedError(missing("vault_key", key_version))
        return _decrypted(keys.master, wrapped_key, complaint_id.encode())


def _decrypted(key: AESGCM, box: bytes, bound: bytes) -> bytes:
    return key.decrypt(box[:NONCE], box[NONCE:], bound)


def _tail(keys: _Keys, complaint_id: str, digits: str) -> bytes:
    return hmac.digest(keys.tail, f"{complaint_id}:{digits}".encode(), "sha256")


def _index(key: bytes, phone: str) -> bytes:
    digits = re.sub(r"\D", "", phone).lstrip("0")
    if len(digits) > LONGEST_AT_HOME:
        digits = digits.removeprefix("86").lstrip("0")
    return hmac.digest(key, digits.encode(), hashlib.sha256)
