"""Offices that receive, and the people in them: who may decide there, who keeps the record (domain.md D7). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final

from contracts.directory import Post, Unit, UnitKind
from contracts.escalation import ReceptionLevel
from services.notifier.worktime.calendar import CITY

LEVEL_OF: Final[Mapping[UnitKind, ReceptionLevel]] = {
    UnitKind.COMMUNITY: ReceptionLevel.COMMUNITY,
    UnitKind.SUBDISTRICT: ReceptionLevel.SUBDISTRICT,
    UnitKind.DISTRICT: ReceptionLevel.DISTRICT,
}
DECIDING: Final = frozenset({"secretary", "deputy"})
"""Who decides at a session, and confirms for a community."""
KEEPING: Final = DECIDING | {"desk", "dispatcher", "leader", "duty_lead"}
"""The reception office: whoever of the office sets up sessions, takes the record and closes them."""


class Offices:
    """Units, posts and people of one directory version, as receptions need them. Never changed."""

    def __init__(self, units: Sequence[Unit], posts: Sequence[Post]) -> None:
        self._units = {unit.code: unit for unit in units}
        self._posts = {post.post: post for post in posts}
        self._of: dict[str, list[Post]] = defaultdict(list)
        for post in posts:
            self._of[post.person].append(post)

    def tables(self) -> list[Mapping[Any, object]]:
        """Its tables, large in a whole city."""
        return [self._units, self._posts, self._of]

    def level(self, unit: str) -> ReceptionLevel | None:
        """Whose table an office keeps; None for a unit that receives nobody."""
        known = self._units.get(unit)
        return LEVEL_OF.get(known.kind) if known else None

    def named(self, code: str) -> tuple[str, str | None] | None:
        """(unit, post) of a unit's code or of a post's; None for a code of neither."""
        if code in self._units:
            return code, None
        post = self._posts.get(code)
        return (post.unit, post.post) if post else None

    def name(self, code: str) -> str:
        """A unit's or post's name for people; the code where it is gone."""
        if unit := self._units.get(code):
            return unit.name
        post = self._posts.get(code)
        return self._units[post.unit].name if post and post.unit in self._units else code

    def nearest(self, code: str) -> list[str]:
        """Codes of units and posts that look like a wrong one."""
        return get_close_matches(code, sorted([*self._units, *self._posts]), n=3, cutoff=0.5)

    def roles(self, person: str, now: datetime) -> dict[str, frozenset[str]]:
        """The units in which a person holds a post today, with the roles."""
        today = now.astimezone(CITY).date()
        found: dict[str, set[str]] = defaultdict(set)
        for post in self._of.get(person, ()):
            if post.valid_to is None or today < post.valid_to:
                found[post.unit].add(post.role)
        return {unit: frozenset(roles) for unit, roles in found.items()}
