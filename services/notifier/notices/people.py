"""Who answers for a unit now, how a post can be reached, and when its next shift begins. Pure.

The rota comes first, whatever the usual hours; then the post the router named, or the first role that
somebody holds; a vacant or absent post is filled by its deputy (domain.md E11, E15).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from contracts.complaint import Urgency
from contracts.directory import DutyTurn, Post, Unit, UnitKind
from contracts.notices import Contact
from services.notifier.notices.hours import at_clock, next_start, starts
from services.notifier.worktime.calendar import ALWAYS, CITY, WorkCalendar

ROLES: Final = (
    "specialist", "liaison", "desk", "dispatcher", "leader", "duty_lead", "secretary", "deputy",
    "member",
)  # fmt: skip
"""Who answers for a unit where the rota names nobody: the first role that is filled."""
SMS: Final = "sms"
"""The channel of a post's telephone, where contacts.csv says nothing about the post."""
RANK: Final = {Urgency.CRITICAL: 2, Urgency.URGENT: 1, Urgency.NORMAL: 0, Urgency.COMPLEX: 0}


class Way(NamedTuple):
    """One way to reach a post."""

    channel: str
    address: str


class People:
    """Posts, rota and contacts of one directory version. Built once, never changed."""

    def __init__(
        self,
        rows: Mapping[str, Sequence[Any]],
        calendars: Mapping[str, WorkCalendar],
    ) -> None:
        """`rows` holds the parts units, posts, duty and contacts."""
        self._units: dict[str, Unit] = {unit.code: unit for unit in rows["units"]}
        self._posts: dict[str, Post] = {post.post: post for post in rows["posts"]}
        self._calendars = calendars
        self._of: dict[str, list[Post]] = defaultdict(list)
        self._by_person: dict[str, list[str]] = defaultdict(list)
        for post in self._posts.values():
            self._of[post.unit].append(post)
            self._by_person[post.person].append(post.unit)
        self._turns: dict[str, list[DutyTurn]] = defaultdict(list)
        for turn in rows["duty"]:
            self._turns[turn.unit].append(turn)
        self._ways: dict[str, list[Contact]] = defaultdict(list)
        for contact in rows["contacts"]:
            self._ways[contact.post].append(contact)
        self._names = {
            area: unit.name.removesuffix("居委会").removesuffix("办事处")
            for unit in self._units.values()
            if unit.kind in (UnitKind.COMMUNITY, UnitKind.SUBDISTRICT, UnitKind.DISTRICT)
            for area in unit.area
        }

    def tables(self) -> list[Mapping[Any, object]]:
        """Its tables, large in a whole city."""
        return [self._posts, self._of, self._by_person, self._turns, self._ways]

    def listens(self, unit: str) -> bool:
        """True for a unit with its own NATS account."""
        known = self._units.get(unit)
        return known is not None and known.nats

    def unit_name(self, unit: str) -> str:
        """As people call it; the code of one that is gone."""
        known = self._units.get(unit)
        return known.name if known else unit

    def place(self, area: str) -> str:
        """Name of the deepest community or street around an area."""
        for digits in (15, 12, 9, 6):
            if len(area) >= digits and (name := self._names.get(area[:digits])):
                return name
        return ""

    def person(self, post: str) -> str | None:
        """Who holds the post; None when it is gone from the directory."""
        known = self._posts.get(post)
        return known.person if known else None

    def units_of(self, person: str) -> tuple[str, ...]:
        """Units in which a person holds a post."""
        return tuple(self._by_person.get(person, ()))

    def answering(self, unit: str, area: str, named: str | None, now: datetime) -> tuple[str, ...]:
        """Posts that are told what a unit is told; empty when nobody holds one."""
        if on_turn := self._on_turn(unit, now):
            return on_turn
        post = self._posts.get(named or "")
        if post is not None and post.unit == unit and (found := self.filled(post.post, now)):
            return (found,)
        own = self._of.get(unit, ())
        for role in ROLES:
            posts = [p for p in own if p.role == role]
            near = [p for p in posts if p.area and area.startswith(p.area)] or posts
            filled = [f for p in near if (f := self.filled(p.post, now))]
            if filled:
                at_work = [f for f in filled if self.on_duty(f, now)]
                return tuple(dict.fromkeys(at_work or filled[:1]))
        return ()

    def secretaries(self, org: str, now: datetime) -> tuple[str, ...]:
        """Secretary of an office, or the deputy."""
        for role in ("secretary", "deputy", "duty_lead", "leader"):
            posts = [p.post for p in self._of.get(org, ()) if p.role == role]
            if filled := [f for p in posts if (f := self.filled(p, now))]:
                return tuple(dict.fromkeys(filled))
        return self.answering(org, "", None, now)

    def filled(self, post: str, now: datetime) -> str | None:
        """The post, or the deputy standing in while it is vacant or away; None when nobody is there."""
        return next((p.post for p in self._line(post) if _there(p, now)), None)

    def deputy(self, post: str, now: datetime) -> str | None:
        """Who stands in for a post that cannot be reached: the next of its deputies that is filled."""
        known = self._posts.get(post)
        line = [
            p for p in self._line(post) if _there(p, now) and known and p.person != known.person
        ]
        return line[0].post if line else None

    def ways(self, post: str, urgency: Urgency, usable: Collection[str]) -> list[Way]:
        """How a post can be reached about such a matter, first line first."""
        known = self._posts.get(post)
        lines = self._ways.get(post)
        if lines is None:
            found = [Way(SMS, known.phone)] if known and known.phone else []
        else:
            found = [
                Way(line.channel, line.address)
                for line in lines
                if RANK[urgency] >= RANK[line.from_urgency]
            ]
        return [way for way in found if way.channel in usable]

    def address(self, post: str, channel: str) -> str | None:
        """Where a post is reached by a channel now; None when the directory no longer says."""
        found = self.ways(post, Urgency.CRITICAL, (channel,))
        return found[0].address if found else None

    def on_duty(self, post: str, now: datetime) -> bool:
        """At work by the calendar, always on duty, or on the rota now."""
        known = self._posts.get(post)
        if known is None:
            return False
        if known.hours == "always" or self._calendar(known).is_working(now):
            return True
        return post in self._on_turn(known.unit, now)

    def next_shift(self, post: str, now: datetime, digest_at: str) -> datetime:
        """When the post's next shift or turn of the rota begins, later than now.

        Who has no shifts begins at `digest_at`; so does everybody where the year is not loaded.
        """
        known = self._posts.get(post)
        times = [at_clock(digest_at, now)]
        if known is not None:
            calendar = self._calendar(known)
            if known.hours != "always" and calendar.name != ALWAYS:
                times = [next_start(calendar, now) or times[0]]
            times += [
                start for turn in self._turns.get(known.unit, ())
                if turn.post == post and (start := starts(turn)) > now
            ]  # fmt: skip
        return min(times)

    def _calendar(self, post: Post) -> WorkCalendar:
        unit = self._units.get(post.unit)
        name = unit.calendar if unit else "standard"
        return self._calendars.get(name) or self._calendars["standard"]

    def _on_turn(self, unit: str, now: datetime) -> tuple[str, ...]:
        local = now.astimezone(CITY)
        clock_time, today = f"{local:%H:%M}", local.date()
        found = (
            turn.post
            for turn in self._turns.get(unit, ())
            if turn.date == today and turn.start <= clock_time < turn.end
        )
        return tuple(
            post for post in found if (known := self._posts.get(post)) and _there(known, now)
        )

    def _line(self, post: str) -> Iterator[Post]:
        """A post and those that stand in for it, each once."""
        seen: set[str] = set()
        code: str | None = post
        while code is not None and code not in seen and (known := self._posts.get(code)):
            seen.add(code)
            yield known
            code = known.deputy


def _there(post: Post, now: datetime) -> bool:
    today = now.astimezone(CITY).date()
    if post.valid_to is not None and today >= post.valid_to:
        return False
    day = today.isoformat()
    spans = (absence.partition("..") for absence in post.away)
    return not any(first <= day <= (last or first) for first, _, last in spans)
