"""Signed heads of a chain, kept in a second place: what shows that an end was cut off or all was rewritten.

Anchors follow each other as links do: each holds the digest of the one before, so that one signature, the
last one's, vouches for all before it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from kit.chain.fault import Fault, Wrong

FIRST_FOLLOWS: Final = "0" * 64
_FIELDS: Final = {
    "service": str, "number": int, "seq": int, "hash": str, "count": int, "at": str,
    "previous": str, "signature": str,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of a service's chain at a moment."""

    service: str
    number: int
    """Of this service's anchors, from 1, without a gap."""
    seq: int
    hash: str
    """Of link `seq`, in hexadecimal."""
    count: int
    """How many audit records were linked."""
    at: str
    previous: str
    """Digest of anchor `number - 1`."""
    signature: str = ""
    """Ed25519, base64, over everything else."""

    def signed_bytes(self) -> bytes:
        """What the signature is about."""
        told = asdict(self)
        del told["signature"]
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()

    def line(self) -> str:
        """One line of an anchors file, without its end."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    def digest(self) -> str:
        """What the next anchor holds of this one."""
        return sha256(self.line().encode()).hexdigest()


def parse(line: str) -> Anchor | None:
    """An anchor out of a line of a file; None for what is none."""
    try:
        told: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or set(told) != set(_FIELDS):
        return None
    if any(type(told[name]) is not kind for name, kind in _FIELDS.items()):
        return None
    return Anchor(**told)


class Signer:
    """Holds the private key of the installation's anchors."""

    def __init__(self, private_key: str) -> None:
        """Raises ValueError when the text is no Ed25519 key in PEM."""
        key = load_pem_private_key(private_key.encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("the key of the anchors must be an Ed25519 private key")  # noqa: TRY004 - of settings
        self._key = key

    def sign(self, anchor: Anchor) -> Anchor:
        """The anchor with its signature."""
        signature = base64.b64encode(self._key.sign(anchor.signed_bytes())).decode()
        told = asdict(anchor) | {"signature": signature}
        return Anchor(**told)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a set of anchors says: its faults, what it vouches for, and its last anchor."""

    faults: list[Fault]
    anchored: Mapping[int, bytes]
    last: Anchor | None


def judge(service: str, anchors: Iterable[Anchor], public_key: str) -> Judgement:
    """Put the anchors of every place together and check that they follow each other and are signed.

    Raises ValueError when `public_key` is no Ed25519 key in PEM.
    """
    key = load_pem_public_key(public_key.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the key of the anchors must be an Ed25519 public key")  # noqa: TRY004 - as above
    distinct = sorted({a for a in anchors if a.service == service}, key=lambda a: a.number)
    faults = [
        Fault(Wrong.FORKED, b.seq, _named(b)) for a, b in pairwise(distinct) if a.number == b.number
    ]
    faults += _broken(distinct)
    last_ones = [*(a for a, b in pairwise(distinct) if b.previous != a.digest()), *distinct[-1:]]
    faults += [Fault(Wrong.FORGED, a.seq, _named(a)) for a in last_ones if not _signed(key, a)]
    anchored = {a.seq: _hash(a) for a in distinct if a.seq}
    return Judgement(faults, anchored, distinct[-1] if distinct else None)


def _broken(anchors: list[Anchor]) -> list[Fault]:
    """Numbers that are missing, and anchors that do not hold the one before."""
    found = []
    if anchors and (anchors[0].number != 1 or anchors[0].previous != FIRST_FOLLOWS):
        found.append(Fault(Wrong.ANCHOR_GAP, anchors[0].seq, _named(anchors[0])))
    for a, b in pairwise(anchors):
        follows = b.number == a.number + 1 and b.previous == a.digest() and b.seq >= a.seq
        if not follows and a.number != b.number:
            found.append(Fault(Wrong.ANCHOR_GAP, b.seq, _named(b)))
    return found


def _named(anchor: Anchor) -> str:
    return f"{anchor.service} #{anchor.number} {anchor.at}"


def _hash(anchor: Anchor) -> bytes:
    try:
        return bytes.fromhex(anchor.hash)
    except ValueError:
        return b""


def _signed(key: Ed25519PublicKey, anchor: Anchor) -> bool:
    try:
        key.verify(base64.b64decode(anchor.signature), anchor.signed_bytes())
    except (InvalidSignature, ValueError):
        return False
    return anchor.count == anchor.seq
