"""What is believed of an OpenID Connect provider, fixed when the process starts. Pure.

Sources: OpenID Connect Core 1.0 (section 2, claims), Discovery 1.0 (section 4, the issuer is compared
exactly), RFC 8725 (an allow-list of algorithms, never the token's word for it), RFC 9068 (`at+jwt`);
reliability.md D.1 and D.7 #15.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

ALGORITHMS: Final = frozenset({
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
})  # fmt: skip
"""Signatures with a key pair. `none` and HS* are not among them and cannot be switched on."""
LEEWAY_MOST_S: Final = 120
TYPES: Final = frozenset({"", "jwt", "at+jwt", "application/jwt", "application/at+jwt"})
"""Kinds of tokens that sign somebody in; a log-out or an introspection token does not."""
WELL_KNOWN: Final = "/.well-known/openid-configuration"
_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SUBJECT: Final = re.compile(r"[!-~]{1,255}")
_RESERVED: Final = ("service:", "open311:")
"""Beginnings of our own machines' and partners' names: no provider may say them of anybody."""


class BadTrustError(ValueError):
    """Settings of a provider that would let too much in, or nothing."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose tokens are taken, for whom, signed how, and which of their claims say who and in which role."""

    issuer: str
    audience: str
    algorithms: frozenset[str]
    people: frozenset[str]
    """Roles a person may hold; a provider can give no other."""
    subject_claim: str = "sub"
    roles_claim: str = "roles"
    roles: Mapping[str, frozenset[str]] | None = None
    """Value of the claim to our roles; None: the values are our names already."""
    leeway_s: int = 30
    """How far the provider's clock and ours may be apart."""

    def __post_init__(self) -> None:
        """Raises BadTrustError."""
        if not is_safe(self.issuer) or {"?", "#"} & set(self.issuer):
            raise BadTrustError("the issuer must be an https:// URL (http:// on this machine only)")
        if not self.audience:
            raise BadTrustError(
                "an audience is needed: tokens made for others are not ours to take"
            )
        if not self.algorithms or not self.algorithms <= ALGORITHMS:
            raise BadTrustError(f"algorithms must be among {', '.join(sorted(ALGORITHMS))}")
        if not 0 <= self.leeway_s <= LEEWAY_MOST_S:
            raise BadTrustError(f"the leeway is 0 to {LEEWAY_MOST_S} seconds")
        given = frozenset[str]().union(*(self.roles or {}).values())
        if not given <= self.people:
            raise BadTrustError(f"roles must be among {', '.join(sorted(self.people))}")

    @property
    def discovery(self) -> str:
        """Address of the provider's own description (Discovery 1.0, section 4)."""
        return self.issuer.removesuffix("/") + WELL_KNOWN

    def keys_address(self, described: Any) -> str:
        """Where the provider says its keys are. Raises BadTrustError for the description of another."""
        if not isinstance(described, dict) or described.get("issuer") != self.issuer:
            raise BadTrustError("the description names another issuer")
        address = described.get("jwks_uri")
        if not isinstance(address, str) or not is_safe(address):
            raise BadTrustError("the description names no safe address of keys")
        if urlsplit(self.issuer).scheme == "https" and urlsplit(address).scheme != "https":
            raise BadTrustError("the keys are not behind https")
        return address

    def takes(self, header: Mapping[str, Any]) -> bool:
        """True when a token of this head may be looked at: its algorithm and kind are known here."""
        kind = header.get("typ", "")
        return (
            isinstance(header.get("alg"), str)
            and header["alg"] in self.algorithms
            and isinstance(kind, str)
            and kind.lower() in TYPES
        )

    def subject(self, claims: Mapping[str, Any]) -> str | None:
        """Who it is: the staff id of posts.csv for who holds a post; None for no usable name."""
        found = claims.get(self.subject_claim)
        if not isinstance(found, str) or not _SUBJECT.fullmatch(found):
            return None
        return None if found.startswith(_RESERVED) else found

    def roles_of(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """Our roles of the claim's values; what is not known here gives nothing."""
        found = _claim(claims, self.roles_claim)
        values = found.split() if isinstance(found, str) else found
        if not isinstance(values, list):
            return frozenset()
        texts = {value for value in values if isinstance(value, str)}
        if self.roles is None:
            return self.people & texts
        return frozenset[str]().union(*(self.roles.get(text, ()) for text in texts))


def is_safe(address: str) -> bool:
    """True for https, and for http on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.username or parts.password:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)


def roles_from(text: str) -> dict[str, frozenset[str]] | None:
    """A table of roles as the setting writes it, JSON: `{"hotline": ["operator"]}`; empty is None.

    Raises BadTrustError.
    """
    if not text.strip():
        return None
    try:
        table = json.loads(text)
    except ValueError:
        raise BadTrustError("the table of roles is no JSON") from None
    if not isinstance(table, dict) or not all(_is_list(value) for value in table.values()):
        raise BadTrustError('the table of roles is like {"value": ["operator"]}')
    return {value: frozenset(ours) for value, ours in table.items()}


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim of that very name, else by steps: `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found
