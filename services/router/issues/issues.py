"""When tickets become one hot issue: count, place and time (domain.md A6 rows 71 and 72, E18, E20). Pure.

So many tickets about one matter from one place inside a window open an issue. In one compound the
category alone makes them one matter; in a wider place their words have to agree as well, so that two
unlike complaints of a kind are not taken for one. Each ticket stays a ticket of its own, with its
clocks and its answer.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from contracts.complaint import Kind
from contracts.directory import AreaLevel

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a hot issue opens and closes. Every figure is our own choice; each says why."""

    needed: Mapping[AreaLevel, int]
    """Tickets inside the window, by the place they share, narrowest first."""
    window: timedelta
    quiet: timedelta
    """An issue that no ticket has joined for so long is over."""
    critical_share: float
    """A group with a critical matter opens at this share of the number, rounded up."""
    alike: float
    """Words in common, as a share of the shorter message's, from which two messages agree."""
    agreeing: float
    """Share of an issue's messages a newcomer has to agree with."""

    def count(self, level: AreaLevel, *, critical: bool) -> int:
        """How many tickets it takes."""
        base = self.needed[level]
        return -int(-base * self.critical_share // 1) if critical else base

    def least(self, level: AreaLevel) -> int:
        """Below this many no issue opens at a level, whatever the matter."""
        return self.count(level, critical=True)


DEFAULTS: Final = Thresholds(
    # A compound of the sample has about 1,100 residents and 110 kinds of matter: five messages of one
    # kind in a day are no chance there. Wider places have more chance, so they take more, and words.
    needed={AreaLevel.COMPOUND: 5, AreaLevel.COMMUNITY: 8, AreaLevel.SUBDISTRICT: 20},
    # People report what they meet in the course of a day; yesterday's outage is in today's calls.
    window=timedelta(hours=24),
    # Long enough for a weekend on which nobody writes, short enough that the next outage is a new one.
    quiet=timedelta(hours=48),
    # Gas, fire, a lift with people in it: three messages from one compound are enough.
    critical_share=0.5,
    # Measured on real messages: three quarters of the pairs of one matter share this much, one in ten
    # of the pairs that have only the kind of matter in common.
    alike=0.13,
    agreeing=0.5,
)
ACROSS_KINDS: Final = 0.2
"""Words in common from which two messages of one compound agree although their categories differ."""
COMPARED: Final = 12
"""Newest messages of an issue a newcomer is compared with."""
UNCOUNTED: Final = frozenset({Kind.PRAISE.value})
HALF_LIFE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A ticket as far as hot issues go."""

    ticket_id: UUID
    category: str | None
    places: Mapping[AreaLevel, str]
    """Area codes by level, of those that count."""
    critical: bool
    said_at: datetime
    """When the resident said it, so that a backlog routed late counts by its own time."""
    words: Words


@dataclass(slots=True)
class Issue:
    """An open hot issue; `heat` as of `last_at`."""

    issue_id: UUID
    level: AreaLevel
    area: str
    category: str | None
    tickets: int
    heat: float
    last_at: datetime
    words: list[Words]
    """Of its newest members."""

    def take(self, one: Sighting, at: datetime) -> None:
        """Another ticket joined."""
        self.heat = cooled(self.heat, at - self.last_at) + 1
        self.tickets += 1
        self.last_at = max(self.last_at, at)
        self.words = [one.words, *self.words][:COMPARED]


def cooled(heat: float, span: timedelta) -> float:
    """Heat after a time: each ticket counts one when it joins and half as much with every day."""
    return heat * math.pow(0.5, max(span, timedelta()) / HALF_LIFE)


def places(chain: Iterable[tuple[str, AreaLevel]]) -> dict[AreaLevel, str]:
    """Of an area and its ancestors, those in which tickets are counted."""
    return {level: code for code, level in chain if level in DEFAULTS.needed}


def overlap(one: Words, other: Words) -> float:
    """Share of the shorter message's words that the other has too."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter else 0.0


def belongs(one: Sighting, issue: Issue, rules: Thresholds = DEFAULTS) -> bool:
    """True when a ticket is about an open issue."""
    if one.places.get(issue.level) != issue.area:
        return False
    same = one.category is not None and one.category == issue.category
    if issue.level is AreaLevel.COMPOUND and same:
        return True
    if issue.level is not AreaLevel.COMPOUND and not same:
        return False
    least = rules.alike if same else ACROSS_KINDS
    agreeing = sum(overlap(one.words, words) >= least for words in issue.words)
    return bool(issue.words) and agreeing >= rules.agreeing * len(issue.words)


def home(one: Sighting, issues: Collection[Issue], rules: Thresholds = DEFAULTS) -> Issue | None:
    """The open issue a ticket is about, in the narrowest place; of several the largest."""
    fitting = [issue for issue in issues if belongs(one, issue, rules)]
    order = list(rules.needed)
    return min(fitting, key=lambda i: (order.index(i.level), -i.tickets, i.issue_id), default=None)


Counted = Mapping[str, Mapping[UUID, Sighting]]
"""Area code to the tickets of no issue that lie in it."""


def group(
    one: Sighting, counted: Counted, rules: Thresholds = DEFAULTS
) -> tuple[AreaLevel, list[Sighting]] | None:
    """The level and tickets of an issue that a ticket completes, by time; None while there are too few."""
    for level in rules.needed:
        around = counted.get(one.places.get(level, ""), {})
        found = [one, *(other for other in around.values() if together(one, other, level, rules))]
        critical = any(other.critical for other in found)
        if len(found) >= rules.count(level, critical=critical):
            return level, sorted(found, key=lambda s: (s.said_at, s.ticket_id))
    return None


def together(one: Sighting, other: Sighting, level: AreaLevel, rules: Thresholds) -> bool:
    """True when two tickets of one place are about one matter, and near enough in time."""
    if other.ticket_id == one.ticket_id or abs(one.said_at - other.said_at) > rules.window:
        return False
    same = one.category is not None and one.category == other.category
    if level is AreaLevel.COMPOUND:
        return same or overlap(one.words, other.words) >= ACROSS_KINDS
    return same and overlap(one.words, other.words) >= rules.alike


def category_of(found: Sequence[Sighting]) -> str | None:
    """The category most of a group have; None when none is known."""
    known = Counter(one.category for one in found if one.category is not None)
    return min(known, key=lambda code: (-known[code], code), default=None)


@dataclass(slots=True)
class Sorted:
    """What some newcomers led to: issues opened with their first tickets, and tickets that joined."""

    opened: list[tuple[Issue, list[Sighting]]] = field(default_factory=list)
    joined: list[tuple[Issue, Sighting, int]] = field(default_factory=list)
    """With the number of the issue's tickets after it."""


def sort_out(
    newcomers: Sequence[Sighting],
    issues: Sequence[Issue],
    recent: Iterable[Sighting],
    *,
    now: datetime,
    new_id: Callable[[], UUID],
) -> Sorted:
    """Give each newcomer to an open issue, or open one where it completes a group; `issues` grow."""
    done, known = Sorted(), list(issues)
    counted: dict[str, dict[UUID, Sighting]] = defaultdict(dict)
    coming = {one.ticket_id for one in newcomers}
    for one in recent:
        if one.ticket_id not in coming:
            _count(counted, one)
    for one in newcomers:
        issue = home(one, known)
        if issue is not None:
            issue.take(one, now)
            done.joined.append((issue, one, issue.tickets))
            continue
        found = group(one, counted)
        issue = _opened(*found, now=now, issue_id=new_id()) if found else None
        if found is None or issue is None or any(_same(issue, other) for other in known):
            _count(counted, one)
            continue
        known.append(issue)
        done.opened.append((issue, found[1]))
        for member in found[1]:
            for area in member.places.values():
                counted[area].pop(member.ticket_id, None)
    return done


def _count(counted: dict[str, dict[UUID, Sighting]], one: Sighting) -> None:
    for area in one.places.values():
        counted[area][one.ticket_id] = one


def _same(one: Issue, other: Issue) -> bool:
    """One matter of one place is one open issue; unlike words of a kind wait until it is closed."""
    return (one.area, one.category) == (other.area, other.category)


def _opened(level: AreaLevel, found: list[Sighting], *, now: datetime, issue_id: UUID) -> Issue:
    return Issue(
        issue_id=issue_id,
        level=level,
        area=found[-1].places[level],
        category=category_of(found),
        tickets=len(found),
        heat=float(len(found)),
        last_at=now,
        words=[one.words for one in reversed(found)][:COMPARED],
    )
