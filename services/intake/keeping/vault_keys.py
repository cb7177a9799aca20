"""Keys of the vault by version: the newest seals, all that are held open. Pure.

A setting holds one key a line (or parted by commas), `version:base64`; one without a version is version 1.
A version that stands in one of the two settings only goes with the newest earlier key of the other.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FIRST: Final = 1
KEY_BYTES: Final = 32
_LINE: Final = re.compile(r"(?:([1-9][0-9]{0,5}):)?([A-Za-z0-9+/]+=*)")
_PROVES: Final = b"chuishao vault key proof 1"


class KeyRefusedError(ValueError):
    """A key is no key, is missing, or is another one; the message names which and what to do, never a key."""


@dataclass(frozen=True, slots=True)
class VaultKeys:
    """Master keys and keys of the phone index."""

    masters: Mapping[int, bytes]
    phones: Mapping[int, bytes]

    @classmethod
    def parse(cls, master_text: str, phone_text: str) -> VaultKeys:
        """From the two settings. Raises KeyRefusedError."""
        ring = cls(_keys("vault_key", master_text), _keys("phone_key", phone_text))
        ring.pair(ring.newest)
        return ring

    @property
    def newest(self) -> int:
        """The version that seals."""
        return max(*self.masters, *self.phones)

    @property
    def versions(self) -> list[int]:
        """Versions that can be opened, oldest first."""
        named = sorted({*self.masters, *self.phones})
        return [one for one in named if one >= min(self.masters) and one >= min(self.phones)]

    def pair(self, version: int) -> tuple[bytes, bytes]:
        """Master key and phone key of a version. Raises KeyRefusedError where one is not held."""
        return _of("vault_key", self.masters, version), _of("phone_key", self.phones, version)

    def proof(self, version: int) -> bytes:
        """Equal for the same two keys; tells nothing about them."""
        master, phone = self.pair(version)
        return hmac.digest(master, _PROVES + hmac.digest(phone, _PROVES, "sha256"), "sha256")


def _keys(setting: str, text: str) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for entry in filter(None, (part.strip() for part in re.split(r"[\n,]", text))):
        match = _LINE.fullmatch(entry)
        key = _decoded(match[2]) if match else b""
        if match is None or len(key) != KEY_BYTES:
            raise KeyRefusedError(_not_a_key(setting))
        version = int(match[1] or FIRST)
        if version in found:
            raise KeyRefusedError(_twice(setting, version))
        found[version] = key
    if not found:
        raise KeyRefusedError(_not_a_key(setting))
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _of(setting: str, keys: Mapping[int, bytes], version: int) -> bytes:
    earlier = [held for held in keys if held <= version]
    if not earlier:
        raise KeyRefusedError(missing(setting, version))
    return keys[max(earlier)]


def missing(setting: str, version: int) -> str:
    """What to say where a record needs a key that is not there."""
    return (
        f"chuishao_{setting} 缺少第 {version} 版密钥，请从备份恢复 secrets/intake/chuishao_{setting} / "
        f"chuishao_{setting} lacks key version {version}: restore secrets/intake/chuishao_{setting} from its backup"
    )


def wrong(version: int) -> str:
    """What to say where a key is another than the one that was used here."""
    return (
        f"第 {version} 版密钥不是本库用过的那一把，请恢复 secrets/intake 中的"
        " chuishao_vault_key 和 chuishao_phone_key / "
        f"key version {version} is not the one this database was sealed with: restore chuishao_vault_key and"
        " chuishao_phone_key of secrets/intake"
    )


def _not_a_key(setting: str) -> str:
    return (
        f"chuishao_{setting} 应为每行一把密钥“版本:base64”，每把 {KEY_BYTES} 字节 / "
        f"chuishao_{setting} must hold one key a line, `version:base64`, {KEY_BYTES} bytes each"
    )


def _twice(setting: str, version: int) -> str:
    return (
        f"chuishao_{setting} 中第 {version} 版出现两次，请删去一个 / "
        f"version {version} stands twice in chuishao_{setting}; remove one"
    )
