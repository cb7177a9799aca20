"""A claimed notice with what it tells of, and the message that is made of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.complaint import Urgency
from services.notifier.notices import wording
from services.notifier.notices.channel import Message
from services.notifier.notices.wording import Names, Told


@dataclass(frozen=True, slots=True)
class Letter:
    """What is about to be sent."""

    row: Mapping[str, Any]
    """Of table `notice`."""
    matters: tuple[Told, ...]
    """What still stands of it."""


def message(letter: Letter, names: Names, tail: str = "") -> Message:
    """What is sent, composed from how things stand now."""
    row, matters = letter.row, letter.matters
    what = {"cause": row["cause"], "post": row["post"]} | wording.data(matters)
    return Message(
        subject=wording.subject(matters),
        body=wording.body(matters, names, tail),
        urgency=Urgency(row["urgency"]),
        message_id=str(row["notice_id"]),
        data=what,
    )
