"""Events of a broken or hostile owner, made out of good ones; the same seed makes the same again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

SAMPLES: Final = Path(__file__).parents[1] / "contract" / "samples"
STRANGE: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**63, 10**30, -(10**400), 1e308, "", " ", "\x00", "a\x00b",
    "\ud800", "\u202e", "\U00020000", "e\u0301" * 200, "x" * 70_000, "NaN", "1e999", "*", ">", "a.b",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-11-22", [], {}, [[]],
    [None], {"": None}, "00000000-0000-0000-0000-000000000000", "{urn:uuid}", "'; drop table ticket; --",
)  # fmt: skip
LITERALS: Final = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"1" * 4_400, b"[" * 10_000, b'{"a":' * 5_000,
    b"[" * 200 + b"]" * 200, b'"\\ud800"', b'"\\u0000"', b'"\xff\xfe"', b"'x'", b"01", b"+1", b"",
)  # fmt: skip
TYPES: Final = (
    "cn.chuishao.ticket.dispatched.v2", "cn.chuishao.x.y.v1", "", "ticket.dispatched", "\x00",
)  # fmt: skip
SUBJECTS: Final = (
    "", "ticket", "ticket.exploded.SZ._._._._", "tickets.accepted.SZ", "$JS.API.INFO", "cmd.accept.SZ",
    "TICKET.ACCEPTED.SZ._._._._", "\u7968.\u6536", "clock.set\x00",
)  # fmt: skip
IDS: Final = ("", "x", "1", "\x00", "\ud800", "0" * 4_000, "{not-a-uuid}", "null")


@dataclass(frozen=True, slots=True)
class Mutant:
    """What comes over the wire, and which change made it."""

    kind: str
    subject: str
    body: bytes


@cache
def samples() -> Mapping[str, tuple[str, str]]:
    """Event name to subject and document of a good event, as it was once published."""
    found = {}
    for file in sorted(SAMPLES.glob("*.json")):
        kept = json.loads(file.read_text(encoding="utf-8"))
        found[file.stem] = kept["subject"], json.dumps(kept["event"], ensure_ascii=False)
    return found


def mutants(seed: int, count: int, names: Sequence[str] = ()) -> Iterator[Mutant]:
    """`count` mutants of the events called `names`, of all events where none are named."""
    chance = random.Random(seed)  # noqa: S311 - tests, not secrets
    among = sorted(names or samples())
    kinds = tuple(KINDS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        subject, text = samples()[chance.choice(among)]
        event = json.loads(text)
        event["id"] = str(UUID(int=chance.getrandbits(128), version=4))
        yield Mutant(kind, *KINDS[kind](chance, subject, event))


def wire(event: Any) -> bytes:
    """JSON as a careless sender writes it: half surrogate pairs and all."""
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys, outermost first."""
    if not isinstance(node, dict | list):
        return
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        yield from _places(node[key])


def _swapped(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    holder, key = chance.choice(list(_places(event)))
    holder[key] = chance.choice(STRANGE)
    return subject, wire(event)


def _removed(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    holder, key = chance.choice(list(_places(event)))
    del holder[key]
    return subject, wire(event)


def _unknown(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    holders = [event, *(holder[key] for holder, key in _places(event))]
    holder = chance.choice([one for one in holders if isinstance(one, dict)])
    holder[chance.choice(["tomorrow", "", "\x00", "__proto__", "x" * 5_000])] = chance.choice(
        STRANGE
    )
    return subject, wire(event)


def _literal(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    """A value no JSON writer makes, put where a good one stood."""
    holder, key = chance.choice(list(_places(event)))
    holder[key] = "\ue000"
    return subject, wire(event).replace('"\ue000"'.encode(), chance.choice(LITERALS), 1)


def _twice(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    key = chance.choice(list(event))
    again = json.dumps({key: chance.choice([event[key], *STRANGE])}, ensure_ascii=False)
    doubled = again.encode("utf-8", "surrogatepass")[:-1] + b","
    return subject, doubled + wire(event)[1:]


def _bits(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    body = bytearray(wire(event))
    for _ in range(chance.choice([1, 1, 2, 8])):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return subject, bytes(body)


def _truncated(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    body = wire(event)
    return subject, body[: chance.randrange(len(body))]


def _spliced(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    """The head of one event with the tail of another, or behind it."""
    body, other = wire(event), chance.choice(list(samples().values()))[1].encode()
    if chance.random() < 0.3:
        return subject, body + other
    return subject, body[: chance.randrange(len(body))] + other[chance.randrange(len(other)) :]


def _other_subject(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    own = [other for other, _ in samples().values() if other != subject]
    return chance.choice([*SUBJECTS, *own]), wire(event)


def _other_type(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    major = event["type"].removesuffix("v1") + f"v{chance.randrange(2, 99)}"
    return subject, wire(event | {"type": chance.choice([*TYPES, major])})


def _other_id(chance: random.Random, subject: str, event: Any) -> tuple[str, bytes]:
    return subject, wire(event | {"id": chance.choice(IDS)})


def _noise(chance: random.Random, subject: str, _: Any) -> tuple[str, bytes]:
    return subject, chance.randbytes(chance.choice([0, 1, 16, 4_096]))


KINDS: Final[Mapping[str, Callable[[random.Random, str, Any], tuple[str, bytes]]]] = {
    "type swapped": _swapped,
    "field removed": _removed,
    "field unknown": _unknown,
    "no JSON value": _literal,
    "key twice": _twice,
    "bits flipped": _bits,
    "truncated": _truncated,
    "spliced": _spliced,
    "another's subject": _other_subject,
    "another type or major": _other_type,
    "another id": _other_id,
    "noise": _noise,
}
"""What can be wrong with an event; each kind comes equally often."""
