"""Who is told on which level: posts found through the org tree, deputies, the rota, and the offices with a secretary.

Roles of a rung are looked up in the holding unit and in the office of the rung's level (2 community,
3 and 4 subdistrict, 5 district); whoever is found is told. A post that cannot be reached (vacant, its
holder away, no telephone) is filled by its deputy; a role nobody fills is left out with a note (domain.md
D5, E15; ladder.toml). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.directory import Post
from contracts.escalation import ReceptionLevel
from services.notifier.clocks.clock import NOBODY
from services.notifier.roster.post import there
from services.notifier.roster.roster import Roster

OFFICE_OF: Final[Mapping[int, ReceptionLevel]] = {
    2: ReceptionLevel.COMMUNITY,
    3: ReceptionLevel.SUBDISTRICT,
    4: ReceptionLevel.SUBDISTRICT,
    5: ReceptionLevel.DISTRICT,
}
"""Which office joins in on which level; on level 1 the holding unit is by itself."""
_LEADING: Final = frozenset({"leader", "deputy", "duty_lead", "secretary"})
_HEADS: Final = ("secretary", "leader", "deputy", "duty_lead")


@dataclass(frozen=True, slots=True)
class Told:
    """Posts that are told, and roles nobody fills (`secretary@SQ-001`), also where another unit's is told."""

    posts: tuple[str, ...]
    vacant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Org:
    """The roster as the ladder climbs it."""

    roster: Roster

    def told(self, level: int, who: Sequence[str], *, unit: str, area: str, now: datetime) -> Told:
        """Who is told when a rung of that level fires for a ticket of that unit and area."""
        places = [known] if (known := self.roster.unit(unit)) else []
        if level in OFFICE_OF:
            office = self.roster.unit(self.roster.office(OFFICE_OF[level], area, unit) or "")
            places += [office] if office else []
        posts: dict[str, None] = {}
        vacant = []
        for role in who:
            filled_at = {place.code: self._filled(place.code, role, area, now) for place in places}
            found = [post for posts_there in filled_at.values() for post in posts_there]
            if found:
                empty = (place for place, filled in filled_at.items() if not filled)
                vacant += [f"{role}@{place}" for place in empty if self.roster.in_role(place, role)]
            else:
                found = [
                    post
                    for place in places
                    if place.deputy
                    for post in self._filled(place.deputy, role, area, now)
                ]
            if not found:
                vacant.append(f"{role}@{places[-1].code if places else NOBODY}")
            posts |= dict.fromkeys(found)
        return Told(tuple(posts), tuple(vacant))

    def anybody(self, unit: str, area: str, now: datetime) -> tuple[str, ...]:
        """Heads of the first office upwards in which somebody can be reached: where a rung without people goes."""
        for level in OFFICE_OF:
            if told := self.told(level, _HEADS, unit=unit, area=area, now=now).posts:
                return told
        return ()

    def _filled(self, unit: str, role: str, area: str, now: datetime) -> list[str]:
        """Posts of a role in a unit, those for the area before all others, deputies stepping in."""
        if role == "duty_lead" and (on_turn := self._leading(unit, now)):
            return on_turn
        standing = (self._standing(post, now) for post in self.roster.in_role(unit, role, area))
        return [post for post in standing if post is not None]

    def _leading(self, unit: str, now: datetime) -> list[str]:
        """Leading posts of a unit that are on the rota now and have a telephone."""
        on_turn = self.roster.on_turn(unit, now)
        return [post.post for post in on_turn if post.role in _LEADING and post.phone]

    def _standing(self, post: Post, now: datetime) -> str | None:
        """The first at work of the post and its deputies that can be reached, else the first of them."""
        line = self.roster.line(post.post)
        reachable = [one for one in line if one.phone and there(one, now)]
        at_work = (one.post for one in reachable if self.roster.at_work(one, now))
        return next(at_work, reachable[0].post if reachable else None)
