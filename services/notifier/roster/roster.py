"""Units, posts and the rota: what the ladder, receptions, notices and rates look up about people and offices.

Built once per directory version, so that an answer costs a few look-ups in a whole city too. Who is told of
what is decided above: rungs in `ladder/orgtree.py`, notices in `notices/people.py`. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final

from contracts.directory import DutyTurn, Post, Unit, UnitKind
from contracts.escalation import ReceptionLevel
from kit.city_time import CITY_TIME
from services.notifier.clocks.clock import NOBODY
from services.notifier.roster.post import held, there, today
from services.notifier.worktime.calendar import STANDARD, WorkCalendar

UPWARDS: Final = tuple(ReceptionLevel)
"""Levels of tables, the lowest first."""
SECRETARIES: Final = frozenset({"secretary", "deputy"})
"""Roles that stand for an office: they see its table and decide there (domain.md D7)."""
_LEVEL_OF: Final[Mapping[UnitKind, ReceptionLevel]] = {
    UnitKind.COMMUNITY: ReceptionLevel.COMMUNITY,
    UnitKind.SUBDISTRICT: ReceptionLevel.SUBDISTRICT,
    UnitKind.DISTRICT: ReceptionLevel.DISTRICT,
}
_KIND: Final = {level: kind for kind, level in _LEVEL_OF.items()}


class Roster:
    """The units, posts and turns of one directory version. Never changed."""

    def __init__(
        self,
        units: Sequence[Unit],
        posts: Sequence[Post],
        turns: Sequence[DutyTurn],
        calendars: Mapping[str, WorkCalendar],
    ) -> None:
        """Where two units of a kind serve one area, that with the lower code counts."""
        self._calendars = calendars
        self._units = {unit.code: unit for unit in units}
        self._posts = {post.post: post for post in posts}
        self._by_role: dict[tuple[str, str], list[Post]] = defaultdict(list)
        self._by_person: dict[str, list[Post]] = defaultdict(list)
        for post in posts:
            self._by_role[post.unit, post.role].append(post)
            self._by_person[post.person].append(post)
        self._by_day: dict[tuple[str, date], list[DutyTurn]] = defaultdict(list)
        self._by_post: dict[str, list[DutyTurn]] = defaultdict(list)
        for turn in turns:
            self._by_day[turn.unit, turn.date].append(turn)
            self._by_post[turn.post].append(turn)
        self._serving: dict[tuple[UnitKind, str], str] = {}
        for unit in sorted(units, key=lambda unit: unit.code, reverse=True):
            for area in unit.area:
                self._serving[unit.kind, area] = unit.code
        self._desks = sorted(unit.code for unit in units if unit.kind is UnitKind.DESK)

    def tables(self) -> list[Mapping[Any, object]]:
        """Its tables, large in a whole city."""
        return [
            self._units, self._posts, self._by_role, self._by_person, self._by_day, self._by_post,
            self._serving,
        ]  # fmt: skip

    @property
    def units(self) -> Collection[Unit]:
        """Every unit."""
        return self._units.values()

    @property
    def posts(self) -> Collection[Post]:
        """Every post."""
        return self._posts.values()

    def unit(self, code: str) -> Unit | None:
        """A unit; None for one that is gone."""
        return self._units.get(code)

    def post(self, code: str | None) -> Post | None:
        """A post; None for one that is gone."""
        return self._posts.get(code) if code else None

    def person(self, post: str) -> str | None:
        """Who holds a post; None when it is gone from the directory."""
        known = self._posts.get(post)
        return known.person if known else None

    def named(self, code: str) -> tuple[str, str | None] | None:
        """(unit, post) of a unit's code or of a post's; None for a code of neither."""
        if code in self._units:
            return code, None
        post = self._posts.get(code)
        return (post.unit, post.post) if post else None

    def name(self, code: str) -> str:
        """What people call a unit, or the unit of a post; the code where it is gone."""
        found = self.named(code)
        unit = self._units.get(found[0]) if found else None
        return unit.name if unit else code

    def listens(self, unit: str) -> bool:
        """True for a unit with its own NATS account."""
        known = self._units.get(unit)
        return known is not None and known.nats

    def nearest(self, code: str) -> list[str]:
        """Codes of units and posts that look like a wrong one."""
        return get_close_matches(code, sorted([*self._units, *self._posts]), n=3, cutoff=0.5)

    def calendar_of(self, unit: str) -> str:
        """Name of the calendar a unit works by; the standard one for an unknown unit."""
        known = self._units.get(unit)
        return known.calendar if known else STANDARD

    def calendar(self, unit: str) -> WorkCalendar:
        """The calendar a unit works by, the standard one where that is gone."""
        return self._calendars.get(self.calendar_of(unit)) or self._calendars[STANDARD]

    def level(self, office: str) -> ReceptionLevel | None:
        """Whose table stands in a unit; None for one that receives nobody."""
        known = self._units.get(office)
        return _LEVEL_OF.get(known.kind) if known else None

    def areas(self, unit: str) -> tuple[str, ...]:
        """The areas a unit serves; none for an unknown one."""
        known = self._units.get(unit)
        return known.area if known else ()

    def place(self, area: str) -> str:
        """What people call the deepest community or street around an area; empty where there is none."""
        for code in _upwards(area):
            for level in UPWARDS:
                if office := self._serving.get((_KIND[level], code)):
                    return self._units[office].name.removesuffix("居委会").removesuffix("办事处")
        return ""

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
        return next((code for code in self._above(unit) if self._units[code].kind is kind), None)

    def table(self, level: ReceptionLevel, area: str, unit: str) -> tuple[ReceptionLevel, str]:
        """Whose table a matter of that level goes to; a level without office hands it upwards."""
        for higher in UPWARDS[UPWARDS.index(level) :]:
            if found := self.office(higher, area, unit):
                return higher, found
        return level, self.desk(area)

    def free_table(
        self, table: tuple[ReceptionLevel, str], accused: Collection[str], area: str, unit: str
    ) -> tuple[ReceptionLevel, str]:
        """The table, or the nearest above it whose office the matter is not about; the highest where all are."""
        ties = self.tied_units(accused) if accused else frozenset()
        while table[1] in ties and table[0] is not UPWARDS[-1]:
            table = self.table(UPWARDS[UPWARDS.index(table[0]) + 1], area, unit)
        return table

    def held_by(self, person: str, now: datetime) -> list[Post]:
        """Posts a person holds today; being away does not end a post."""
        return [post for post in self._by_person.get(person, ()) if held(post, now)]

    def offices_of(self, person: str, now: datetime) -> dict[str, tuple[str, ...]]:
        """Offices a person stands for today, with the areas they serve."""
        return {
            post.unit: self.areas(post.unit)
            for post in self.held_by(person, now)
            if post.role in SECRETARIES and self.level(post.unit) is not None
        }

    def tied_units(self, accused: Collection[str]) -> frozenset[str]:
        """The units complained about, those right above them and their deputies (domain.md C31, E23)."""
        parties = (self._units[code] for code in accused if code in self._units)
        return frozenset(accused) | {c for unit in parties for c in (unit.parent, unit.deputy) if c}

    def tied(self, person: str | None, accused: Collection[str], now: datetime) -> bool:
        """Whether somebody holds a post there: such a one must not learn of the matter, whatever else they are."""
        return person is not None and any(
            post.unit in self.tied_units(accused) for post in self.held_by(person, now)
        )

    def kin(self, person: str, now: datetime) -> frozenset[str]:
        """Units complaints about which somebody must not learn of: own ones, those right below, those stood in for."""
        own = {post.unit for post in self.held_by(person, now)}
        return frozenset(own) | {
            u.code for u in self.units if not own.isdisjoint({u.parent, u.deputy})
        }

    def in_role(self, unit: str, role: str, area: str = "") -> Sequence[Post]:
        """Posts of a role in a unit: those for the area, where it has such, else all."""
        own = self._by_role.get((unit, role), [])
        return [post for post in own if post.area and area.startswith(post.area)] or own

    def line(self, post: str) -> Iterator[Post]:
        """A post and those that stand in for it, one after the other, each once."""
        seen: set[str] = set()
        known = self._posts.get(post)
        while known is not None and known.post not in seen:
            seen.add(known.post)
            yield known
            known = self.post(known.deputy)

    def on_turn(self, unit: str, now: datetime) -> list[Post]:
        """Posts of a unit's rota whose turn it is now and that are there, whatever their usual hours."""
        clock_time = f"{now.astimezone(CITY_TIME):%H:%M}"
        turns = self._by_day.get((unit, today(now)), ())
        names = (turn.post for turn in turns if turn.start <= clock_time < turn.end)
        return [post for name in names if (post := self.post(name)) and there(post, now)]

    def turns(self, post: Post) -> Iterator[DutyTurn]:
        """A post's turns of the rota of its unit."""
        return (turn for turn in self._by_post.get(post.post, ()) if turn.unit == post.unit)

    def at_work(self, post: Post, now: datetime) -> bool:
        """Always on duty, or within the unit's working time; the rota is asked apart."""
        return post.hours == "always" or self.calendar(post.unit).is_working(now)

    def _above(self, unit: str) -> Iterator[str]:
        """A unit and those above it; ends on a cycle."""
        seen: set[str] = set()
        known = self._units.get(unit)
        while known is not None and known.code not in seen:
            seen.add(known.code)
            yield known.code
            known = self.unit(known.parent) if known.parent else None


def _upwards(area: str) -> Iterator[str]:
    """An area code and those above it: 15, 12, 9, 6 digits."""
    for digits in (15, 12, 9, 6):
        if len(area) >= digits:
            yield area[:digits]
