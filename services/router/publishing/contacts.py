"""Contact health (domain.md E4): who signs and answers, and which units have not for too long. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from services.router.directory.directory import Directory

WHOLE: Final = ""
"""In the place of a person: the unit as a whole."""
ASKED: Final = frozenset({"dispatched", "reopened", "urged", "supervised"})
"""Ticket events that ask a unit for something."""
SIGNED: Final = frozenset({"accepted"})
ACTED: Final = SIGNED | {"contacted", "returned", "handled", "extended", "held"}
"""Ticket events that somebody of the addressed unit brought about: it can be reached."""
_BY_NOBODY: Final = "system:"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is too long; both `choice`, set by CHUISHAO_CONTACT_UNSIGNED_DAYS and _SILENT_DAYS."""

    unsigned_days: int = 3
    """A ticket may wait so long to be signed for."""
    silent_days: int = 30
    """A unit may be asked for so long without anybody of it doing anything."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One ticket event, as far as it says something about a contact."""

    event: str
    unit: str
    actor: str | None
    at: datetime


@dataclass(slots=True)
class News:
    """What a stretch of events says about one unit or person."""

    signed_at: datetime | None = None
    acted_at: datetime | None = None
    asked_at: datetime | None = None
    """Of a unit: first asked after it last acted in this stretch."""


def told(events: Iterable[Heard]) -> dict[tuple[str, str], News]:
    """(unit, person) to what events in their order say; the unit as a whole under WHOLE."""
    found: dict[tuple[str, str], News] = {}
    for one in events:
        whole = found.setdefault((one.unit, WHOLE), News())
        if one.event in ASKED:
            whole.asked_at = whole.asked_at or one.at
        if one.event not in ACTED or one.actor is None or one.actor.startswith(_BY_NOBODY):
            continue
        whole.asked_at = None
        for news in (whole, found.setdefault((one.unit, one.actor), News())):
            news.acted_at = one.at
            if one.event in SIGNED:
                news.signed_at = one.at
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a unit or person."""

    signed_at: datetime | None = None
    acted_at: datetime | None = None
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tickets dispatched to a unit that nobody has signed for."""

    tickets: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """One unit's health."""

    unit: str
    name: str
    kept: Kept
    waiting: Waiting
    why: tuple[str, str] | None
    """Chinese and English; None while it is well."""
    posts: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def stale(self) -> bool:
        """It has not signed, or not answered at all, for too long."""
        return self.why is not None

    def view(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "unit": self.unit,
            "name": self.name,
            "stale": self.stale,
            "why": " / ".join(self.why) if self.why else None,
            "last_sign_for": _iso(self.kept.signed_at),
            "last_success": _iso(self.kept.acted_at),
            "asked_since": _iso(self.kept.asked_at),
            "unsigned": self.waiting.tickets,
            "unsigned_since": _iso(self.waiting.since),
            "posts": list(self.posts),
        }


def contact(
    directory: Directory,
    unit: str,
    people: Mapping[str, Kept],
    waiting: Waiting,
    limit: tuple[datetime, Patience],
) -> Contact:
    """A unit's health at a time; `people` holds what is known of each, the unit itself under WHOLE."""
    now, patience = limit
    kept = people.get(WHOLE, Kept())
    row = directory.units.get(unit)
    posts = tuple(
        {
            "post": post.post,
            "role": post.role,
            "last_sign_for": _iso(people.get(post.person, Kept()).signed_at),
            "last_success": _iso(people.get(post.person, Kept()).acted_at),
        }
        for post in directory.posts_of.get(unit, ())
    )
    name = row.name if row else unit
    return Contact(unit, name, kept, waiting, _why(kept, waiting, now, patience), posts)


def _why(kept: Kept, waiting: Waiting, now: datetime, patience: Patience) -> tuple[str, str] | None:
    if waiting.since and now - waiting.since > timedelta(days=patience.unsigned_days):
        days = (now - waiting.since).days
        return (
            f"{waiting.tickets} 件未签收，最早的已等 {days} 天",
            f"{waiting.tickets} unsigned, the oldest for {days} days",
        )
    if kept.asked_at and now - kept.asked_at > timedelta(days=patience.silent_days):
        days = (now - kept.asked_at).days
        return f"{days} 天没有任何回音", f"has not answered for {days} days"
    return None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
