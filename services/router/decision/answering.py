"""Which post of a unit answers at a moment, and who is passed over on the way. Pure.

Routes go to posts, not to names (product.md section 7; domain.md E2, E15, E21). The order inside a unit:

1. the named service specialist or liaison of the smallest area around the matter;
2. of the general posts, the one the duty rota names for this moment;
3. the general posts, those of the smallest area first;
4. when nobody of the unit can be reached, the unit's deputy unit, and its deputy after that.

A post nobody holds, whose holder is away or has no telephone gives way to its deputy, then to the next
post, each time with a note. Outside working time a post with `hours=work` still answers: the ticket
waits for it until the morning, because its limits count working time anyway. Only a critical or urgent
matter passes it over, and only for somebody of the unit who is on duty (source: choice).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts.complaint import Urgency
from contracts.directory import Post
from contracts.notation import covers
from services.router.directory.directory import Directory
from services.router.directory.hours import Moment, moment
from services.router.directory.roster import in_office

PRESSING: Final = frozenset({Urgency.CRITICAL, Urgency.URGENT})
"""Urgencies that do not wait for the morning while somebody of the unit is on duty."""


class Way(StrEnum):
    """By which way a post came to answer."""

    HOLDER = "holder"
    ROTA = "rota"
    DEPUTY = "deputy"


class PassedOver(StrEnum):
    """Why a post or a whole unit does not answer."""

    VACANT = "vacant"
    AWAY = "away"
    NO_PHONE = "no_phone"
    OTHER_UNIT = "other_unit"
    """A deputy of another unit, whose people could not sign for the ticket."""
    OFF_DUTY = "off_duty"
    """The rota names another post for this moment."""
    OFF_HOURS = "off_hours"
    """Outside working time, and the matter does not wait."""
    NOBODY = "nobody"
    """Of a unit: nobody can be reached, its deputy unit is asked."""


@dataclass(frozen=True, slots=True)
class Note:
    """A post, or a unit, that was passed over."""

    code: str
    why: PassedOver


@dataclass(frozen=True, slots=True)
class Answer:
    """The post that answers now."""

    unit: str
    """The unit asked for, or the deputy unit that stands in for it."""
    post: str
    role: str
    person: str
    """Staff id of who is in charge now; not for receipts, which others read."""
    way: Way
    waits: bool
    """True outside the post's hours: the ticket waits for it."""
    notes: tuple[Note, ...]


def answering_post(
    directory: Directory, unit: str, area: str | None, at: datetime, *, pressing: bool = False
) -> Answer | None:
    """Who answers for a unit about a matter in an area; None when nobody can be reached.

    `pressing`: the matter is critical or urgent. The deputy of a deputy unit is asked too; a circle ends.
    """
    now = moment(at)
    notes: tuple[Note, ...] = ()
    asked: set[str] = set()
    code: str | None = unit
    while code is not None and code in directory.units and code not in asked:
        search = _Search(directory, code, area, now)
        found = search.run(on_duty=True) if pressing else None
        found = found or search.run(on_duty=False)
        if found is not None:
            return replace(found, notes=notes + found.notes) if notes else found
        notes += (*search.notes, Note(code, PassedOver.NOBODY))
        asked.add(code)
        code = directory.units[code].deputy
    return None


class _Search:
    """One unit asked about one matter at one moment."""

    __slots__ = ("_asked", "_directory", "_now", "_on_duty", "_unit", "candidates", "notes")

    def __init__(self, directory: Directory, unit: str, area: str | None, now: Moment) -> None:
        self._directory, self._unit, self._now = directory, unit, now
        self.candidates = _candidates(directory, unit, area)

    def run(self, *, on_duty: bool) -> Answer | None:
        """The first post that can be reached; with `on_duty`, only somebody who is working now."""
        self.notes: list[Note] = []
        self._asked: set[str] = set()
        self._on_duty = on_duty
        named, general = self.candidates
        return (
            self._first(named, Way.HOLDER)
            or self._first(self._directory.roster.on_turn(self._unit, self._now), Way.ROTA)
            or self._first(general, Way.HOLDER)
        )

    def _first(self, posts: Iterable[Post], way: Way) -> Answer | None:
        for first in posts:
            found = self._standing(first)
            if found is None:
                continue
            if found is not first:
                way = Way.DEPUTY
            elif way is Way.ROTA:
                self._put_off()
            waits = not self._on_duty and not self._works_now(found)
            notes = tuple(self.notes)
            return Answer(self._unit, found.post, found.role, found.person, way, waits, notes)
        return None

    def _standing(self, first: Post) -> Post | None:
        """The post or the nearest of its deputies that can be reached; who was asked is not asked again."""
        post: Post | None = first
        while post is not None and post.post not in self._asked:
            why = self._unreachable(post)
            if why is None and self._on_duty and not self._works_now(post):
                why = PassedOver.OFF_HOURS
            if why is None:
                return post
            self._asked.add(post.post)
            self.notes.append(Note(post.post, why))
            post = self._directory.roster.posts.get(post.deputy or "")
        return None

    def _unreachable(self, post: Post) -> PassedOver | None:
        if post.unit != self._unit:
            return PassedOver.OTHER_UNIT
        if not in_office(post, self._now.day):
            return PassedOver.VACANT
        if covers(post.away, self._now.day):
            return PassedOver.AWAY
        return None if post.phone else PassedOver.NO_PHONE

    def _works_now(self, post: Post) -> bool:
        if post.hours == "always":
            return True
        roster, now = self._directory.roster, self._now
        calendar = self._directory.units[self._unit].calendar
        return roster.working.runs(calendar, now) or any(
            turn.post == post.post for turn in roster.on_turn(self._unit, now)
        )

    def _put_off(self) -> None:
        """Note whom the rota puts off: the general post that would have answered without it."""
        on_turn = {post.post for post in self._directory.roster.on_turn(self._unit, self._now)}
        for post in self.candidates[1]:
            if post.post in on_turn:
                return
            if post.post not in self._asked and self._unreachable(post) is None:
                self.notes.append(Note(post.post, PassedOver.OFF_DUTY))
                return


Candidates = tuple[tuple[Post, ...], tuple[Post, ...]]
"""Named and general posts, each in the order in which they are asked."""


def _candidates(directory: Directory, unit: str, area: str | None) -> Candidates:
    """Who may answer for the area, whoever is there today; remembered with the directory version."""
    key = ("posts", unit, area)
    known: Candidates | None = directory.memo.get(key)
    if known is None:
        roster = directory.roster
        places = (*directory.chains.get(area or "", ()), None)
        named = (post for place in places for post in roster.named.get((unit, place), ()))
        near = (post for place in places for post in roster.general.get((unit, place), ()))
        known = tuple(named), tuple(dict.fromkeys((*near, *roster.everybody.get(unit, ()))))
        directory.remember(key, known)
    return known
