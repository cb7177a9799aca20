"""A provider's published keys (JWKS, RFC 7517): those that may have signed a sign-in token. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

KEYS_MOST: Final = 100
RSA_LEAST_BITS: Final = 2_048
_RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One public key and the algorithms it may be used with."""

    kid: str | None
    algorithms: frozenset[str]
    public: PublicKey


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one answer; another answer is another set."""

    keys: tuple[SigningKey, ...] = ()

    @classmethod
    def of(cls, document: Any, allowed: frozenset[str]) -> KeySet:
        """The usable ones of a JWKS document; the rest is passed over. Empty where there is none."""
        listed = document.get("keys") if isinstance(document, dict) else None
        found = listed[:KEYS_MOST] if isinstance(listed, list) else []
        return cls(tuple(_usable(found, allowed)))

    def find(self, kid: str | None, algorithm: str) -> SigningKey | None:
        """The key of that id, if it goes with the algorithm; without an id the only one there is."""
        named = [key for key in self.keys if kid is None or key.kid == kid]
        fit = [key for key in named if algorithm in key.algorithms]
        return fit[0] if len(fit) == 1 else None


def _usable(listed: list[Any], allowed: frozenset[str]) -> Iterator[SigningKey]:
    for entry in listed:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        uses = entry.get("key_ops", ["verify"])
        if not isinstance(uses, list) or "verify" not in uses:
            continue
        public = _public(entry)
        algorithms = _fitting(public) & allowed
        if "alg" in entry:
            algorithms = frozenset(name for name in algorithms if name == entry["alg"])
        kid = entry.get("kid")
        if public is not None and algorithms and (kid is None or isinstance(kid, str)):
            yield SigningKey(kid, algorithms, public)


def _public(entry: Mapping[str, Any]) -> PublicKey | None:
    """The key itself; None for a secret, a private key, or one that cannot be read."""
    if entry.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    public = {name: value for name, value in entry.items() if name != "alg"}
    try:
        key = jwt.PyJWK(public).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, PublicKey) else None


def _fitting(key: PublicKey | None) -> frozenset[str]:
    """Algorithms of a kind of key: a curve has one, RSA six, a short RSA key none."""
    match key:
        case RSAPublicKey():
            return _RSA if key.key_size >= RSA_LEAST_BITS else frozenset()
        case EllipticCurvePublicKey():
            return frozenset({_CURVES[key.curve.name]} if key.curve.name in _CURVES else ())
        case Ed25519PublicKey():
            return frozenset({"EdDSA"})
        case _:
            return frozenset()
