"""Who may answer inside each unit: its posts by place, its rota, its working time.

Built once per directory version, so that an answer costs a few look-ups, also in a department with one
specialist for each of a city's communities. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from contracts.directory import CalendarDay, DutyTurn, Post
from services.router.directory.hours import Moment, WorkingTime

GENERAL_ROLES: Final = ("liaison", "desk", "leader", "duty_lead", "member", "deputy")
"""Who answers for a unit as a whole, in this order: the desk is there for it, leaders lead."""
_NAMED_ROLES: Final = ("specialist", "liaison")

Spot = tuple[str, str | None]
"""(unit, area a post is for); no area: the whole unit."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The answering posts of one version; every tuple in the order in which they are asked."""

    posts: Mapping[str, Post]
    named: Mapping[Spot, tuple[Post, ...]]
    """服务专员 for an area or a whole unit, and 联络员 for an area."""
    general: Mapping[Spot, tuple[Post, ...]]
    everybody: Mapping[str, tuple[Post, ...]]
    """General posts of a unit for whatever area, those for the widest first."""
    turns: Mapping[tuple[str, date], tuple[DutyTurn, ...]]
    working: WorkingTime

    @classmethod
    def of(
        cls, posts: Sequence[Post], turns: Iterable[DutyTurn], calendar: Iterable[CalendarDay]
    ) -> Self:
        """Index the rows; their order never matters."""
        named: dict[Spot, list[Post]] = defaultdict(list)
        general: dict[Spot, list[Post]] = defaultdict(list)
        everybody: dict[str, list[Post]] = defaultdict(list)
        for post in posts:
            if _is_named(post):
                named[post.unit, post.area].append(post)
            elif post.role in GENERAL_ROLES:
                general[post.unit, post.area].append(post)
                everybody[post.unit].append(post)
        rota: dict[tuple[str, date], list[DutyTurn]] = defaultdict(list)
        for turn in turns:
            rota[turn.unit, turn.date].append(turn)
        return cls(
            posts={post.post: post for post in posts},
            named={at: tuple(sorted(found, key=_named_order)) for at, found in named.items()},
            general={at: tuple(sorted(found, key=_general_order)) for at, found in general.items()},
            everybody={
                unit: tuple(sorted(found, key=_wide_first)) for unit, found in everybody.items()
            },
            turns={at: tuple(sorted(found, key=_turn_order)) for at, found in rota.items()},
            working=WorkingTime.of(calendar),
        )

    def on_turn(self, unit: str, now: Moment) -> Iterator[Post]:
        """Posts of the unit that the rota names for this moment, whatever their role."""
        for turn in self.turns.get((unit, now.day), ()):
            post = self.posts.get(turn.post)
            if post is not None and post.unit == unit and turn.start <= now.clock < turn.end:
                yield post


def in_office(post: Post, day: date) -> bool:
    """True while somebody holds the post; `day` is a day of the city."""
    return post.valid_to is None or day < post.valid_to


def _is_named(post: Post) -> bool:
    return post.role == "specialist" or (post.role == "liaison" and post.area is not None)


def _named_order(post: Post) -> tuple[int, str]:
    return _NAMED_ROLES.index(post.role), post.post


def _general_order(post: Post) -> tuple[int, str]:
    return GENERAL_ROLES.index(post.role), post.post


def _wide_first(post: Post) -> tuple[int, int, str]:
    return len(post.area or ""), *_general_order(post)


def _turn_order(turn: DutyTurn) -> tuple[str, str, str]:
    return turn.start, turn.end, turn.post
