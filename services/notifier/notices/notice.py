"""A notice: one person told through one channel, about one occasion or several. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from contracts.complaint import Urgency
from services.notifier.notices.people import RANK
from services.notifier.notices.planning import DIGEST

TOGETHER = "digest"
"""The cause of a notice that tells of several."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is planned of a row of table `notice`."""

    notice_id: UUID
    occasion_id: UUID | None
    """None: it tells of those joined to it."""
    cause: str
    ticket_id: UUID | None
    number: str
    unit: str
    area: str
    urgency: Urgency
    level: int | None
    post: str
    person: str
    channel: str
    bundle: str
    waits_for: str | None
    planned_at: datetime
    not_before: datetime
    instead_of: UUID | None = None
    """The dead notice whose place it takes."""


class Due(NamedTuple):
    """A waiting notice that is to be sent now, alone or together."""

    notice_id: UUID
    person: str
    channel: str
    bundle: str
    post: str
    unit: str
    urgency: Urgency
    not_before: datetime


class Joined(NamedTuple):
    """Notices of one person and channel that become one message."""

    members: tuple[Due, ...]

    @property
    def urgency(self) -> Urgency:
        """The highest of them."""
        return max((one.urgency for one in self.members), key=RANK.__getitem__)

    @property
    def unit(self) -> str:
        """Theirs, where they have one in common."""
        units = {one.unit for one in self.members}
        return units.pop() if len(units) == 1 else ""


def together(waiting: Iterable[Due], now: datetime) -> tuple[list[UUID], list[Joined]]:
    """What goes alone, and what becomes one message, of notices whose bundle has one that is due.

    Everything of a unit or hot issue goes along; of a digest only what may be said by now.
    """
    due = [one for one in waiting if one.bundle != DIGEST or one.not_before <= now]
    key = attrgetter("person", "channel", "bundle")
    alone: list[UUID] = []
    joined: list[Joined] = []
    for (_, _, bundle), group in groupby(sorted(due, key=key), key):
        members = tuple(sorted(group, key=attrgetter("notice_id")))
        if not bundle or len(members) == 1:
            alone += [one.notice_id for one in members]
        else:
            joined.append(Joined(members))
    return alone, joined
