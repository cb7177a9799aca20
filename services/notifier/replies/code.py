"""Reply codes: how they look, how long they live, and what is kept of them and of addresses. Pure but chance."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

ALPHABET: Final = "CDFGHJKMNPQRTVWXY34679"
"""No look-alikes (0 O, 1 I L, 2 Z, 5 S, 8 B, U V beside each other) and no vowels that would make words."""
LENGTH: Final = 6
"""22^6, 113 million: with the address it was sent to, five wrong ones an hour find nothing."""
AFTER_DUE: Final = timedelta(days=1)
MOST: Final = timedelta(days=7)
_SPACES: Final = re.compile(r"[\s()-]+")
_CHINA: Final = re.compile(r"(?:\+|00)?86(1\d{10})")


@dataclass(frozen=True, slots=True)
class CodeFor:
    """Whom a code is for: one notice about one ticket to one address of one person."""

    ticket_id: UUID
    number: str
    unit: str
    """In whose name the person acts: the unit that holds the ticket."""
    person: str
    channel: str
    address: str
    at: datetime
    """Business time of the notice."""
    due_at: datetime | None
    """When the clock of the matter is due; None: the code lives for a day."""

    @property
    def expires_at(self) -> datetime:
        """A day after the due time, or after the notice if that is later; a week at most."""
        return min(max(self.due_at or self.at, self.at) + AFTER_DUE, self.at + MOST)


def made() -> str:
    """A code by chance; the store makes sure that no other is the same."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def code_hash(code: str) -> bytes:
    """What is kept of a code, and what it is found by."""
    return hashlib.sha256(f"reply-code:{code.upper()}".encode()).digest()


def address_hash(address: str, salt: bytes = b"") -> bytes:
    """What is kept of an address; salted with the code's id, so that equal addresses do not show."""
    return hashlib.sha256(b"reply-address:" + salt + b":" + plain(address).encode()).digest()


def same_address(kept: bytes, address: str, salt: bytes) -> bool:
    """True when the address is the one a code was sent to; takes as long when it is not."""
    return hmac.compare_digest(kept, address_hash(address, salt))


def plain(address: str) -> str:
    """An address as it is compared: gateways write +86, spaces and capitals as they like."""
    text = _SPACES.sub("", unicodedata.normalize("NFKC", address)).casefold()
    found = _CHINA.fullmatch(text)
    return found[1] if found else text


def invitation(code: str) -> str:
    """What a notice says about its code, for a short message."""
    return f"回复“签收 {code}”“退回 {code} 应办单位 理由”或“办结 {code} 情况”即可办理"
