"""How the address of a webhook may be spelt: one plain way, so that nothing reads it differently. Pure.

Every spelling that some program reads as another host than the one it shows is refused rather than
repaired (reliability.md D.7 row 36): user names in front of the host, numbers in other bases, dots at the
end, letters that only look like Latin ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

import idna

USUAL_PORT: Final = {"https": 443, "http": 80}
LONGEST: Final = 2_000
_URL: Final = re.compile(
    r"(?P<scheme>[a-z]{2,10})://(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?",
    re.ASCII,
)
_PLAIN: Final = re.compile(r"[!-~\u0080-\U0010ffff]+")
_NAME: Final = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
)
_SINGLE: Final = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_OTHER_DOTS: Final = frozenset("\u3002\uff0e\uff61")
"""Read as dots by IDNA (RFC 3490)."""
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")
_OWN: Final = (
    "localhost",
    "local",
    "internal",
    "localdomain",
    "home.arpa",
    "intranet",
    "lan",
    "corp",
)
"""Names that mean something inside a network only (RFC 6761, RFC 6762, RFC 8375, common practice)."""


class SpellingError(Exception):
    """An address that is not acceptable as it is written; `reason` says which rule, never the address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart: `host` is a name in ASCII or an IP address in its usual spelling."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query, as it is sent; never empty."""

    @property
    def authority(self) -> str:
        """Host and port for the Host header; the usual port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == USUAL_PORT.get(self.scheme) else f"{host}:{self.port}"


def parse(url: str, schemes: Collection[str], *, allow_private: bool = False) -> Target:
    """Take an address apart. Raises SpellingError.

    A name without a dot, or one that only means something inside a network, needs `allow_private`.
    """
    if len(url) > LONGEST or not _PLAIN.fullmatch(url) or "\\" in url:
        raise SpellingError("characters")
    found = _URL.fullmatch(url)
    if found is None:
        raise SpellingError("form")
    if found["scheme"] not in schemes:
        raise SpellingError("scheme")
    if "@" in found["authority"]:
        raise SpellingError("credentials")
    path = (found["path"] or "/") + (found["query"] or "")
    if not path.isascii():
        raise SpellingError("characters")
    host, port = _split(found["authority"], found["scheme"])
    return Target(found["scheme"], check_host(host, allow_private=allow_private), port, path)


def check_host(host: str, *, allow_private: bool = False) -> str:
    """The host in the one spelling that is connected to. Raises SpellingError."""
    if host.startswith("["):
        return _six(host)
    name = _ascii(host)
    if name.endswith(".") or name.startswith(".") or ".." in name:
        raise SpellingError("dots")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _four(name)
    if not (_NAME.fullmatch(name) or _SINGLE.fullmatch(name)):
        raise SpellingError("host")
    inside = "." not in name or name.endswith(tuple(f".{end}" for end in _OWN))
    if inside and not allow_private:
        raise SpellingError("inside_name")
    return name


def _split(authority: str, scheme: str) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([0-9]{1,5}))?", authority, re.ASCII)
    if found is None or not found[1]:
        raise SpellingError("host")
    port = int(found[2]) if found[2] else USUAL_PORT.get(scheme, 443)
    if not 0 < port < 2**16 or (found[2] or "").startswith("0"):
        raise SpellingError("port")
    return found[1], port


def _ascii(host: str) -> str:
    """Lower case; other scripts as the domain name system has them, if they are written the one way."""
    if host.isascii():
        return host.lower()
    if not _OTHER_DOTS.isdisjoint(host):
        raise SpellingError("dots")
    try:
        return idna.encode(host).decode("ascii")
    except idna.IDNAError:
        raise SpellingError("letters") from None


def _four(name: str) -> str:
    """Four decimal numbers without leading zeros; whatever else ends in a number is refused."""
    try:
        return str(ip_address(name))
    except ValueError:
        raise SpellingError("number") from None


def _six(host: str) -> str:
    if "%" in host:
        raise SpellingError("zone")
    try:
        return str(IPv6Address(host[1:-1]))
    except ValueError:
        raise SpellingError("host") from None
