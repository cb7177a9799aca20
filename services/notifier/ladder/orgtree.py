"""Who is told on which level: units, posts, deputies, the rota, and the offices with a secretary.

Roles of a rung are looked up in the holding unit and in the office of the rung's level (2 community,
3 and 4 subdistrict, 5 district); whoever is found is told. A post that cannot be reached (vacant, its
holder away, no telephone) is filled by its deputy; a role nobody fills is left out with a note (domain.md
D5, E15; ladder.toml).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from contracts.directory import DutyTurn, Post, Unit, UnitKind
from contracts.escalation import ReceptionLevel
from contracts.notation import covers
from services.notifier.clocks.clock import NOBODY
from services.notifier.worktime.calendar import CITY, WorkCalendar

OFFICE_OF: Final[Mapping[int, ReceptionLevel]] = {
    2: ReceptionLevel.COMMUNITY,
    3: ReceptionLevel.SUBDISTRICT,
    4: ReceptionLevel.SUBDISTRICT,
    5: ReceptionLevel.DISTRICT,
}
"""Which office joins in on which level; on level 1 the holding unit is by itself."""
_KIND: Final = {
    ReceptionLevel.COMMUNITY: UnitKind.COMMUNITY,
    ReceptionLevel.SUBDISTRICT: UnitKind.SUBDISTRICT,
    ReceptionLevel.DISTRICT: UnitKind.DISTRICT,
}
_UPWARDS: Final = tuple(_KIND)
_LEADING: Final = frozenset({"leader", "deputy", "duty_lead", "secretary"})
SECRETARIES: Final = frozenset({"secretary", "deputy"})
_HEADS: Final = ("secretary", "leader", "deputy", "duty_lead")


@dataclass(frozen=True, slots=True)
class Told:
    """Posts that are told, and roles nobody fills (`secretary@SQ-001`)."""

    posts: tuple[str, ...]
    vacant: tuple[str, ...] = ()


class Org:
    """The org tree of one directory version. Built once, never changed."""

    def __init__(
        self,
        units: Sequence[Unit],
        posts: Sequence[Post],
        turns: Sequence[DutyTurn],
        calendars: Mapping[str, WorkCalendar],
    ) -> None:
        self._units = {unit.code: unit for unit in units}
        self._calendars = calendars
        self._posts = {post.post: post for post in posts}
        self._by_role: dict[tuple[str, str], list[Post]] = defaultdict(list)
        for post in posts:
            self._by_role[post.unit, post.role].append(post)
        self._turns: dict[tuple[str, str], list[DutyTurn]] = defaultdict(list)
        for turn in turns:
            self._turns[turn.unit, turn.date.isoformat()].append(turn)
        self._serving: dict[tuple[UnitKind, str], str] = {}
        for unit in sorted(units, key=lambda unit: unit.code, reverse=True):
            for area in unit.area:
                self._serving[unit.kind, area] = unit.code
        self._desks = sorted(unit.code for unit in units if unit.kind is UnitKind.DESK)

    def tables(self) -> list[Mapping[Any, object]]:
        """Its tables, large in a whole city."""
        return [self._units, self._posts, self._by_role, self._turns, self._serving]

    @property
    def units(self) -> Collection[Unit]:
        """Every unit."""
        return self._units.values()

    def calendar_of(self, unit: str) -> str:
        """Name of the calendar a unit works by; the standard one for an unknown unit."""
        known = self._units.get(unit)
        return known.calendar if known else "standard"

    def desk(self, area: str) -> str:
        """The triage desk for an area: that of the deepest area it lies in, else the first desk."""
        for code in _upwards(area):
            if found := self._serving.get((UnitKind.DESK, code)):
                return found
        return self._desks[0] if self._desks else NOBODY

    def office(self, level: ReceptionLevel, area: str, unit: str) -> str | None:
        """The office of a level for an area; where the area does not say, that above the unit."""
        kind = _KIND[level]
        for code in _upwards(area):
            if found := self._serving.get((kind, code)):
                return found
        return next((code for code in self._line(unit) if self._units[code].kind is kind), None)

    def table(self, level: ReceptionLevel, area: str, unit: str) -> tuple[ReceptionLevel, str]:
        """Whose table a matter of that level goes to; a level without office hands it upwards."""
        for higher in _UPWARDS[_UPWARDS.index(level) :]:
            if found := self.office(higher, area, unit):
                return higher, found
        return level, self.desk(area)

    def told(self, level: int, who: Sequence[str], *, unit: str, area: str, now: datetime) -> Told:
        """Who is told when a rung of that level fires for a ticket of that unit and area."""
        places = [unit] if unit in self._units else []
        if level in OFFICE_OF and (office := self.office(OFFICE_OF[level], area, unit)):
            places.append(office)
        posts: dict[str, None] = {}
        vacant = []
        for role in who:
            found = [post for place in places for post in self._filled(place, role, area, now)]
            if not found:
                found = [
                    post
                    for place in places
                    if (deputy := self._units[place].deputy)
                    for post in self._filled(deputy, role, area, now)
                ]
            if not found:
                vacant.append(f"{role}@{places[-1] if places else NOBODY}")
            posts |= dict.fromkeys(found)
        return Told(tuple(posts), tuple(vacant))

    def anybody(self, unit: str, area: str, now: datetime) -> tuple[str, ...]:
        """Heads of the first office upwards in which somebody can be reached: where a rung without people goes."""
        for level in OFFICE_OF:
            if told := self.told(level, _HEADS, unit=unit, area=area, now=now).posts:
                return told
        return ()

    def held_by(self, person: str, now: datetime) -> dict[str, str]:
        """Posts a person holds today, with the unit of each; being away does not end a post."""
        day = now.astimezone(CITY).date()
        held = (post for post in self._posts.values() if post.person == person)
        return {post.post: post.unit for post in held if _held(post, day)}

    def offices_of(self, person: str, now: datetime) -> dict[str, tuple[str, ...]]:
        """Offices in which a person is secretary or deputy today, with the areas they serve."""
        found = {}
        day = now.astimezone(CITY).date()
        for post in self._posts.values():
            if post.person == person and post.role in SECRETARIES and _held(post, day):
                unit = self._units.get(post.unit)
                if unit is not None and unit.kind in _KIND.values():
                    found[unit.code] = unit.area
        return found

    def level_of(self, office: str) -> ReceptionLevel | None:
        """Which level of table stands in a unit; None for what is no office."""
        unit = self._units.get(office)
        return next((level for level, kind in _KIND.items() if unit and unit.kind is kind), None)

    def name_of(self, unit: str) -> str:
        """What people call a unit; its code where it is unknown."""
        known = self._units.get(unit)
        return known.name if known else unit

    def areas_of(self, office: str) -> tuple[str, ...]:
        """The areas a unit serves; none for an unknown one."""
        unit = self._units.get(office)
        return unit.area if unit else ()

    def _filled(self, unit: str, role: str, area: str, now: datetime) -> list[str]:
        """Posts of a role in a unit, those for the area before all others, deputies stepping in."""
        if role == "duty_lead" and (on_turn := self._on_turn(unit, now)):
            return [post.post for post in on_turn]
        own = self._by_role.get((unit, role), [])
        near = [post for post in own if post.area and area.startswith(post.area)]
        standing = (self._standing(post, now) for post in near or own)
        return [post for post in standing if post is not None]

    def _on_turn(self, unit: str, now: datetime) -> list[Post]:
        """Leading posts of a unit that are on the rota now, whatever their usual hours."""
        local = now.astimezone(CITY)
        clock_time = f"{local:%H:%M}"
        turns = self._turns.get((unit, local.date().isoformat()), ())
        names = (turn.post for turn in turns if turn.start <= clock_time < turn.end)
        posts = (self._posts[name] for name in names if name in self._posts)
        return [post for post in posts if post.role in _LEADING and _reachable(post, local.date())]

    def _standing(self, post: Post, now: datetime) -> str | None:
        """The post, or the deputy who is there while it cannot be reached; None when nobody can."""
        line, at_least, day = [post], None, now.astimezone(CITY).date()
        for one in line:
            if _reachable(one, day):
                if one.hours == "always" or self._at_work(one.unit, now):
                    return one.post
                at_least = at_least or one.post
            deputy = self._posts.get(one.deputy) if one.deputy else None
            if deputy is not None and deputy not in line:
                line.append(deputy)
        return at_least

    def _at_work(self, unit: str, now: datetime) -> bool:
        calendar = self._calendars.get(self.calendar_of(unit))
        return calendar is not None and calendar.is_working(now)

    def _line(self, unit: str) -> Iterator[str]:
        """A unit and those above it; ends on a cycle."""
        seen: set[str] = set()
        code: str | None = unit
        while code in self._units and code not in seen:
            assert code is not None  # noqa: S101 - it is a key
            seen.add(code)
            yield code
            code = self._units[code].parent


def _held(post: Post, day: date) -> bool:
    return post.valid_to is None or day < post.valid_to


def _reachable(post: Post, day: date) -> bool:
    return bool(post.phone) and _held(post, day) and not covers(post.away, day)


def _upwards(area: str) -> Iterator[str]:
    """An area code and those above it: 15, 12, 9, 6 digits."""
    for digits in (15, 12, 9, 6):
        if len(area) >= digits:
            yield area[:digits]
