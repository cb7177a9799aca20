"""Who answers for a unit now, how a post can be reached, and when its next shift begins. Pure.

The rota comes first, whatever the usual hours; then the post the router named, or the first role that
somebody holds; a vacant or absent post is filled by its deputy (domain.md E11, E15).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from contracts.complaint import Urgency
from contracts.notices import Contact
from services.notifier.notices.hours import at_clock, next_start, starts
from services.notifier.roster.post import there
from services.notifier.roster.roster import Roster
from services.notifier.worktime.calendar import ALWAYS

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
    """A roster with the contacts of its posts. Built once, never changed."""

    def __init__(self, roster: Roster, contacts: Sequence[Contact]) -> None:
        self._roster = roster
        self._ways: dict[str, list[Contact]] = defaultdict(list)
        for contact in contacts:
            self._ways[contact.post].append(contact)

    def tables(self) -> list[Mapping[Any, object]]:
        """Its table, large in a whole city."""
        return [self._ways]

    def answering(self, unit: str, area: str, named: str | None, now: datetime) -> tuple[str, ...]:
        """Posts that are told what a unit is told; empty when nobody holds one."""
        if on_turn := self._roster.on_turn(unit, now):
            return tuple(post.post for post in on_turn)
        post = self._roster.post(named)
        if post is not None and post.unit == unit and (found := self.filled(post.post, now)):
            return (found,)
        for role in ROLES:
            if filled := self._filled(unit, role, area, now):
                at_work = [f for f in filled if self.on_duty(f, now)]
                return tuple(dict.fromkeys(at_work or filled[:1]))
        return ()

    def secretaries(self, org: str, now: datetime) -> tuple[str, ...]:
        """Secretary of an office, or the deputy."""
        for role in ("secretary", "deputy", "duty_lead", "leader"):
            if filled := self._filled(org, role, "", now):
                return tuple(dict.fromkeys(filled))
        return self.answering(org, "", None, now)

    def filled(self, post: str, now: datetime) -> str | None:
        """The post, or the deputy standing in while it is vacant or away; None when nobody is there."""
        return next((one.post for one in self._roster.line(post) if there(one, now)), None)

    def deputy(self, post: str, now: datetime) -> str | None:
        """Who stands in for a post that cannot be reached: the next of its deputies that is filled."""
        person = self._roster.person(post)
        line = self._roster.line(post)
        return next((one.post for one in line if there(one, now) and one.person != person), None)

    def ways(self, post: str, urgency: Urgency, usable: Collection[str]) -> list[Way]:
        """How a post can be reached about such a matter, first line first."""
        known = self._roster.post(post)
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
        known = self._roster.post(post)
        if known is None:
            return False
        return self._roster.at_work(known, now) or known in self._roster.on_turn(known.unit, now)

    def next_shift(self, post: str, now: datetime, digest_at: str) -> datetime:
        """When the post's next shift or turn of the rota begins, later than now.

        Who has no shifts begins at `digest_at`; so does everybody where the year is not loaded.
        """
        known = self._roster.post(post)
        times = [at_clock(digest_at, now)]
        if known is not None:
            calendar = self._roster.calendar(known.unit)
            if known.hours != "always" and calendar.name != ALWAYS:
                times = [next_start(calendar, now) or times[0]]
            turns = self._roster.turns(known)
            times += [start for turn in turns if (start := starts(turn)) > now]
        return min(times)

    def _filled(self, unit: str, role: str, area: str, now: datetime) -> list[str]:
        """Posts of a role that are there, deputies stepping in."""
        posts = self._roster.in_role(unit, role, area)
        return [found for post in posts if (found := self.filled(post.post, now))]
