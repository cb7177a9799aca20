"""As what somebody looks at a ticket, and who is told of it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.console.access import EVERYWHERE, SEES_ALL, Access

DESKS: Final = ("dispatcher", "admin", "operator", "ruling", "auditor")
"""Roles that see every ticket, by which of them somebody is known who has several."""
APART: Final = frozenset({"ruling", "auditor"})
"""Whoever looks as one of these judges how others work: those others are not told."""


@dataclass(frozen=True, slots=True)
class Reader:
    """As what somebody looks: for a unit, or in a role."""

    unit: str | None
    role: str | None = None

    @property
    def apart(self) -> bool:
        """True for whom only those are told of who follow every area themselves."""
        return self.role in APART


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody has a ticket open in a tab."""

    ticket_id: UUID
    person: str
    tab: int
    reader: Reader
    doing: str | None
    """The action whose form is open."""


def reader(who: Access, topics: Collection[str], kept_from: Collection[str]) -> Reader | None:
    """As what somebody looks at a ticket with these topics; None for who may not see it (domain.md E23)."""
    if not who.kin.isdisjoint(kept_from):
        return None
    inboxes = {topic.removeprefix("inbox.") for topic in topics if topic.startswith("inbox.")}
    if own := inboxes & who.seat.units:
        return Reader(min(own))
    if who.roles & SEES_ALL:
        return Reader(None, next(role for role in DESKS if role in who.roles))
    if any(who.may(topic) for topic in topics):
        return Reader(min(who.seat.units & who.seat.led))
    return None


def told_of_all(who: Access) -> bool:
    """Whether somebody is told also of those who look apart."""
    return bool(who.roles & EVERYWHERE)
