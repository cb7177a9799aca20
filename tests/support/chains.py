"""Chains in memory for tests: rows as the database would hand them out, linked and anchored."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kit.chain.anchor import FIRST_FOLLOWS, Anchor, Signer, judge
from kit.chain.fault import Fault, Wrong
from kit.chain.link import Walk, genesis, link
from kit.chain.row import Row

SERVICE = "router"
START = datetime(2026, 11, 23, 1, tzinfo=UTC)
STEP = timedelta(seconds=61)


@dataclass(slots=True)
class Chain:
    """What a verifier is given: linked rows, records without a link, anchors."""

    rows: list[Row]
    anchors: list[Anchor]
    unlinked: list[Row] = field(default_factory=list)


@cache
def keys() -> tuple[str, str]:
    """Private and public key in PEM."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def seeded(seed: int) -> random.Random:
    """Chances that can be taken again."""
    return random.Random(seed)  # noqa: S311 - for tests


def moment(n: int) -> str:
    """The time of record n, as PostgreSQL writes it."""
    return (START + n * STEP).isoformat(sep=" ").removesuffix(":00")


def chain(count: int, rng: random.Random) -> Chain:
    """An untouched chain with an anchor after every tenth link and one at its end."""
    rows = relinked([_record(n, rng) for n in range(1, count + 1)])
    return Chain(rows, anchored(rows, [*range(10, count, 10), count]))


def relinked(records: list[Row]) -> list[Row]:
    """The records with numbers and hashes that follow each other: what a forger would make."""
    head, rows = genesis(SERVICE), []
    for seq, record in enumerate(records, 1):
        row = record._replace(seq=seq)
        head = link(head, row)
        rows.append(row._replace(hash=head))
    return rows


def anchored(rows: list[Row], places: list[int], signer: Signer | None = None) -> list[Anchor]:
    """Anchors of a chain at some of its links."""
    signer = signer or Signer(keys()[0])
    made: list[Anchor] = []
    for number, seq in enumerate(places, 1):
        previous = made[-1].digest() if made else FIRST_FOLLOWS
        head, at = rows[seq - 1].hash.hex(), moment(seq)
        made.append(signer.sign(Anchor(SERVICE, number, seq, head, seq, at, previous)))
    return made


def verdict(found: Chain) -> list[Fault]:
    """Every fault of a chain, as `chuishao audit verify` finds them, but for what needs today's date."""
    judgement = judge(SERVICE, found.anchors, keys()[1])
    walk = Walk(genesis(SERVICE), anchored=judgement.anchored)
    walk.feed(sorted(found.rows, key=lambda row: row.seq))
    faults = [*judgement.faults, *walk.faults]
    last = judgement.last
    if last is not None and last.seq > walk.seq:
        faults.append(Fault(Wrong.TRUNCATED, walk.seq + 1))
    if walk.seq > (last.seq if last else 0):
        faults.append(Fault(Wrong.UNANCHORED, walk.seq))
    return [*faults, *(Fault(Wrong.UNLINKED, 0, str(row.audit_id)) for row in found.unlinked)]


def _record(n: int, rng: random.Random) -> Row:
    detail = {"unit": f"CG-{rng.randrange(99)}", "round": rng.randrange(4), "note": "已核实"}
    return Row(
        seq=n,
        linked_at=moment(n),
        hash=b"",
        audit_id=f"0192f0e0-{rng.randrange(16**4):04x}-7000-8000-{n:012x}",
        at=moment(n),
        written_at=moment(n),
        actor=f"P{rng.randrange(10_000):04}",
        action=rng.choice(("ticket.accept", "ticket.handle", "reveal")),
        object=f"T-{rng.randrange(1_000)}",
        detail=json.dumps(detail, ensure_ascii=False),
    )
