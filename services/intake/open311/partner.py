"""Which systems may use the door for partners, and what each may do. Pure.

A key is kept by its SHA-256 alone: keys are long and random, so a digest gives none away.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kit.errors import DomainError, Kind

_LINE: Final = re.compile(
    r"(?P<name>[A-Za-z0-9-]{1,32}):(?P<digest>[0-9a-f]{64}):(?P<rights>[a-z]+(?:\+[a-z]+)*)"
)


class Right(StrEnum):
    """What a key allows."""

    FILE = "file"
    """File requests, and read its own with their masked words."""
    READ = "read"
    """Read everybody's with their masked words; confidential ones never."""
    UPDATE = "update"
    """Say later words on what it may read with its words."""


@dataclass(frozen=True, slots=True)
class Partner:
    """A system with a key."""

    name: str
    rights: frozenset[Right]

    @property
    def sub(self) -> str:
        """As who it files and is noted."""
        return f"open311:{self.name}"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every partner by the digest of its key."""

    partners: Mapping[str, Partner] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """From `name:sha256:file+read+update`, one a line or parted by commas. Raises ValueError."""
        partners: dict[str, Partner] = {}
        for one in text.replace(",", "\n").split():
            found = _LINE.fullmatch(one)
            if found is None:
                raise ValueError("open311_keys: each is name:sha256:right+right")
            rights = frozenset(Right(right) for right in found["rights"].split("+"))
            partners[found["digest"]] = Partner(found["name"], rights)
        return cls(partners)

    def find(self, key: str | None) -> Partner | None:
        """The partner of a key; None without one. Raises DomainError 403 for a key nobody has."""
        if not key:
            return None
        partner = self.partners.get(digest_of(key))
        if partner is None:
            raise _refused("这个 api_key 无效，请核对", "is not valid; check it")
        return partner

    def known(self, key: str | None) -> Partner:
        """The partner of a key. Raises DomainError 403 without one, as GeoReport v2 says."""
        partner = self.find(key)
        if partner is None:
            raise _refused("缺少 api_key，请向本市申请", "is missing; ask the city for one")
        return partner

    def demand(self, key: str | None, right: Right) -> Partner:
        """The partner of a key that allows this. Raises DomainError 403."""
        partner = self.known(key)
        if right not in partner.rights:
            raise _refused(f"这个 api_key 没有 {right} 权限", f"has no right to {right}")
        return partner


def digest_of(key: str) -> str:
    """SHA-256 of a key in hexadecimal, as settings hold it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _refused(zh: str, en: str) -> DomainError:
    return DomainError(
        "api-key", Kind.FORBIDDEN, field="api_key", zh=f"api_key: {zh}。", en=f"api_key: {en}."
    )
