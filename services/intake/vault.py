"""Seals identities: AES-256-GCM under a key of the record's own, itself wrapped by the master key.

Destroying the wrapped key destroys the record (crypto-shredding). Phones are found again through a
blind index, an HMAC under another key, never by decrypting (reliability.md D.3).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE: Final = 12
KEY_VERSION: Final = 1
TAIL: Final = 4
"""Last digits of a phone that open the resident's page."""
LONGEST_AT_HOME: Final = 11
"""Digits of a mobile, or of a landline with its area code, without the leading 0."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the vault table stores of one complaint."""

    wrapped_key: bytes
    box: bytes
    phone_index: bytes | None
    tail: bytes | None = None
    key_version: int = KEY_VERSION

    @property
    def row(self) -> tuple[int, bytes, bytes, bytes | None, bytes | None]:
        """In the order in which a filing stores it."""
        return self.key_version, self.wrapped_key, self.box, self.phone_index, self.tail


class Vault:
    """Seals and opens; holds the two keys and nothing else."""

    def __init__(self, master_key: str, phone_key: str) -> None:
        self._master = AESGCM(base64.b64decode(master_key))
        self._phone_key = base64.b64decode(phone_key)
        # Keys of their own, so that no digest made for one purpose means anything to another.
        self._tail_key = hmac.digest(self._phone_key, b"chuishao resident page tail 1", "sha256")
        self._token_key = hmac.digest(self._phone_key, b"chuishao resident page try 1", "sha256")

    def seal(self, complaint_id: str, secret: dict[str, Any], phone: str | None) -> Sealed:
        """Encrypt `secret` for this complaint; the id is authenticated, so records cannot be swapped."""
        bound = complaint_id.encode()
        record_key = AESGCM.generate_key(256)
        nonce = os.urandom(NONCE)
        box = nonce + AESGCM(record_key).encrypt(nonce, orjson.dumps(secret), bound)
        nonce = os.urandom(NONCE)
        wrapped = nonce + self._master.encrypt(nonce, record_key, bound)
        if phone is None:
            return Sealed(wrapped, box, None)
        tail = self.tail(complaint_id, re.sub(r"\D", "", phone)[-TAIL:])
        return Sealed(wrapped, box, self.phone_index(phone), tail)

    def open(self, complaint_id: str, wrapped_key: bytes, box: bytes) -> dict[str, Any]:
        """Decrypt; raises cryptography's InvalidTag when anything was changed."""
        bound = complaint_id.encode()
        record_key = self._master.decrypt(wrapped_key[:NONCE], wrapped_key[NONCE:], bound)
        plain = AESGCM(record_key).decrypt(box[:NONCE], box[NONCE:], bound)
        secret: dict[str, Any] = orjson.loads(plain)
        return secret

    def tail(self, complaint_id: str, digits: str) -> bytes:
        """The last digits of a phone as they are compared, worth nothing for any other complaint."""
        return hmac.digest(self._tail_key, f"{complaint_id}:{digits}".encode(), "sha256")

    def token(self, what: str, value: str) -> bytes:
        """Under what tries of a `number` or from an `address` are counted; neither is kept itself."""
        return hmac.digest(self._token_key, f"{what}:{value}".encode(), "sha256")

    def phone_index(self, phone: str) -> bytes:
        """The blind index of a phone number, the same however it was written."""
        digits = re.sub(r"\D", "", phone).lstrip("0")
        if len(digits) > LONGEST_AT_HOME:
            digits = digits.removeprefix("86").lstrip("0")
        return hmac.digest(self._phone_key, digits.encode(), hashlib.sha256)
