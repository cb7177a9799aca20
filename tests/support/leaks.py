"""What counts as a leak between offices, and what a message on the wire is (tests/support/matrix.py)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from contracts.catalog import area_tokens
from contracts.listeners import READER_LIVE
from tests.support.attacks import Attack, Office
from tests.support.nats_wire import Heard

CODES: Final = re.compile(rb"[UR]-\d\d")
READER_AREAS: Final = {"R-01": "370105", "R-02": "370106001"}


@dataclass(frozen=True, slots=True)
class Leak:
    """Something got through: which attack, where it was noticed, and the first of what was seen."""

    attack: str
    where: str
    seen: str


def held(info: dict[str, Any]) -> dict[str, Any]:
    """What only its owner may change: how far it is acknowledged, what was given back, what is left."""
    return {
        "floor": info.get("ack_floor"),
        "redelivered": info.get("num_redelivered"),
        "left": info.get("num_pending", 0) + info.get("num_ack_pending", 0),
    }


def refused(heard: Heard) -> bool:
    """Nobody there, or: JetStream is not enabled for (one's own) account."""
    return b" 503\r\n" in heard.headers[:16] or b'"err_code":10039' in heard.data


def foreign(office: Office, heard: Heard) -> bool:
    """True when a message names another office than the one that got it."""
    named = CODES.findall(heard.subject.encode() + b" " + heard.headers + b" " + heard.data)
    return bool(set(named) - {office.code.encode()})


def lawful(office: Office, heard: Heard) -> bool:
    """A reader hears the clocks of its own area, which name units (product.md section 5)."""
    noun, _, _, *area = heard.subject.split(".")
    below = area_tokens(READER_AREAS.get(office.code, "")).split(".")
    return (
        office.reader
        and noun in READER_LIVE
        and all(want in ("_", got) for want, got in zip(below, area, strict=True))
    )


def number_of(heard: Heard) -> int | None:
    """Which try an answer is to."""
    inbox, _, number = heard.subject.rpartition(".")
    return int(number) if inbox == "_INBOX.hand" else None


def answered(attack: Attack) -> bool:
    """True where a refusal is an answer; an account without JetStream is silent about a reset."""
    return not attack.reply and ".CONSUMER.RESET." not in attack.subject


def shown(heard: Heard) -> str:
    return f"{heard.subject} {heard.headers[:60]!r} {heard.data[:120]!r}"
