"""Which limit each type of request has: hypotheses named by single cases, voted on by all of them.

A hypothesis is a limit as the product writes it (`7d`, `10bd`, `4wh`) on one of the calendars. Cases with
another due time than most are outvoted, never averaged. Half or more of a type's cases without a due time
make a type without a limit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from benchmarks.replay311.cases import Case
from services.notifier.worktime.calendar import ALWAYS, CalendarError, WorkCalendar
from services.notifier.worktime.limits import Duration

Tell = Callable[[str, int, int], None]
VOTERS: Final = 400
"""Cases of a group that vote; evenly spread where there are more."""
NAMING: Final = 60
NAMED: Final = 0.1
"""Share of the naming cases that must name a hypothesis for it to be voted on."""
SEVERAL: Final = 10
FREQUENT: Final = 20
"""Types that tell the city's working days."""
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_MOST: Final = 9_999
NEAR: Final = timedelta(minutes=15)
"""A case agrees with a limit that makes it due so near to when it is."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit on a calendar; `limit` None: there is none."""

    calendar: str
    limit: Duration | None

    @property
    def text(self) -> str:
        """`10bd weekdays`."""
        return f"{self.limit.text} {self.calendar}" if self.limit else "none"


NONE: Final = Rule(ALWAYS, None)
Usual = dict[str, Counter[Rule]]


@dataclass(slots=True)
class Learned:
    """The limits of a city."""

    calendars: Mapping[str, WorkCalendar]
    calendar: str
    """The one the city works by."""
    types: dict[str, Rule] = field(default_factory=dict)

    def rule(self, case: Case) -> Rule:
        """Of a case; types nobody has seen before have none."""
        return self.types.get(case.type, NONE)


def learn(cases: Sequence[Case], calendars: Mapping[str, WorkCalendar], tell: Tell) -> Learned:
    """The limit of each type, on the one calendar the city works by or on every day."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.type].append(case)
    learned = Learned(calendars, _calendar(groups, calendars))
    known = {name: calendars[name] for name in (ALWAYS, learned.calendar)}
    votes = {}
    for done, (kind, own) in enumerate(groups.items()):
        votes[kind] = _votes(own, known)
        tell("learn", done + 1, len(groups))
    usual = _usual(groups, votes)
    learned.types = {kind: _winner(own, votes[kind], usual) for kind, own in groups.items()}
    return learned


def _calendar(groups: Mapping[str, Sequence[Case]], calendars: Mapping[str, WorkCalendar]) -> str:
    """The city's working days: what explains most cases of the frequent types that do not run by the day."""
    won: Counter[str] = Counter()
    for own in sorted(groups.values(), key=len, reverse=True)[:FREQUENT]:
        for name in calendars:
            if name != ALWAYS:
                votes = _votes(own, {ALWAYS: calendars[ALWAYS], name: calendars[name]})
                best = _best(votes)
                if best and all(rule.calendar == name for rule in best):
                    won[name] += votes[best[0]]
    return max((name for name in calendars if name != ALWAYS), key=lambda name: won[name])


def _votes(cases: Sequence[Case], calendars: Mapping[str, WorkCalendar]) -> Counter[Rule]:
    """How many of a spread of cases each hypothesis explains."""
    dated = [case for case in cases if case.due is not None and case.due >= case.opened]
    namers = _spread(dated, NAMING)
    named: Counter[Rule] = Counter()
    for case in namers:
        named.update(set(_hypotheses(case, calendars)))
    voters = _spread(dated, VOTERS)
    likely = [rule for rule, count in named.most_common(SEVERAL) if count >= NAMED * len(namers)]
    return Counter(
        {rule: sum(_explains(rule, case, calendars) for case in voters) for rule in likely}
    )


def _hypotheses(case: Case, calendars: Mapping[str, WorkCalendar]) -> Iterator[Rule]:
    """Every limit that would make this case due about when it is."""
    if case.due is None:
        return
    seconds = (case.due - case.opened).total_seconds()
    for unit, length in (("d", _DAY_S), ("h", _HOUR_S), ("m", _MINUTE_S)):
        amount = round(seconds / length)
        if abs(seconds - amount * length) <= NEAR.total_seconds():
            yield from _rules(ALWAYS, unit, (amount,))
            break
    for name, calendar in calendars.items():
        if name == ALWAYS:
            continue
        try:
            worked = calendar.working_s(case.opened, case.due)
        except CalendarError:
            continue
        days = round(worked / calendar.working_day_s)
        yield from _rules(name, "bd", (days - 1, days, days + 1))
        yield from _rules(name, "wh", (round(worked / _HOUR_S),))


def _rules(calendar: str, unit: str, amounts: Iterable[int]) -> Iterator[Rule]:
    return (Rule(calendar, Duration(n, unit)) for n in amounts if 1 <= n <= _MOST)


def _explains(rule: Rule, case: Case, calendars: Mapping[str, WorkCalendar]) -> bool:
    if case.due is None or rule.limit is None:
        return case.due is None and rule.limit is None
    try:
        due = rule.limit.after(case.opened, calendars[rule.calendar])
    except CalendarError:
        return False
    return abs(due - case.due) <= NEAR


def _usual(groups: Mapping[str, Sequence[Case]], votes: Mapping[str, Counter[Rule]]) -> Usual:
    """How many cases of each department, and of the whole city (""), have which limit."""
    usual: Usual = defaultdict(Counter)
    for kind, counted in votes.items():
        best = _best(counted)
        if len(best) == 1:
            department = _department(groups[kind])
            for place in (department, ""):
                usual[place][best[0]] += counted[best[0]]
    return usual


def _winner(cases: Sequence[Case], votes: Counter[Rule], usual: Usual) -> Rule:
    """What most cases agree on; between equals, what is more usual in the department, then in the city."""
    without = sum(case.due is None for case in cases)
    best = _best(votes)
    if not best or 2 * without >= len(cases):
        return NONE
    own, city = usual[_department(cases)], usual[""]
    return max(best, key=lambda rule: (own[rule], city[rule], rule.calendar == ALWAYS))


def _department(cases: Sequence[Case]) -> str:
    return Counter(case.department for case in cases).most_common(1)[0][0]


def _best(votes: Counter[Rule]) -> list[Rule]:
    most = max(votes.values(), default=0)
    return [rule for rule, count in votes.items() if count == most] if most else []


def _spread(cases: Sequence[Case], most: int) -> Sequence[Case]:
    return cases if len(cases) <= most else [cases[i * len(cases) // most] for i in range(most)]
