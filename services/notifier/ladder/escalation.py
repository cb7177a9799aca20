"""A raised rung: which level, who is told, because of which clock; logged and published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.escalation import EntryRule, EscalationEvent, ReceptionLevel
from services.notifier.ladder.ladder import Rung
from services.notifier.ladder.orgtree import Org, Told
from services.notifier.reception.entry import Arrival

_AT_THE_DESK: Final = frozenset({ClockKind.DISPATCH.value, ClockKind.CALLBACK.value})
"""What the desk owes: to find a unit, and to ask the requester, which the handler never does."""


class Escalation(NamedTuple):
    """A row of table `escalation`."""

    escalation_id: UUID
    ticket_id: UUID
    number: str
    round: int
    level: int
    clock: ClockKind
    reason: str
    """The rung's clock and moment: `result@due+1wd`."""
    unit: str
    area: str
    urgency: Urgency
    recipients: tuple[str, ...]
    vacant: tuple[str, ...]
    """Roles nobody fills: `secretary@SQ-001`."""
    due_at: datetime
    """Due time of the watched clock."""
    raised_at: datetime
    policy: int | None = None
    """Directory version the rung was planned with."""
    phone: bool = False
    """The recipients are to be rung up."""
    repeat_s: int = 0
    """Seconds until it is said again while nobody acknowledges it."""
    repeat_max: int = 0
    repeats: int = 0
    """How often it was said again."""

    def event(self, at: datetime, *, by: str | None = None) -> EscalationEvent:
        """As published; `by` is the post that acknowledged it."""
        return EscalationEvent(
            escalation_id=str(self.escalation_id),
            ticket_id=str(self.ticket_id),
            number=self.number,
            round=self.round,
            level=self.level,
            clock=self.clock,
            reason=self.reason,
            unit=self.unit,
            recipients=self.recipients,
            area=self.area,
            urgency=self.urgency,
            due_at=self.due_at,
            at=at,
            vacant=self.vacant,
            rule_version=self.policy,
            phone=self.phone,
            repeat=self.repeats,
            by=by,
        )

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Escalation:
        """From a row of the table."""
        values = {name: row[name] for name in cls._fields}
        values["clock"], values["urgency"] = ClockKind(row["clock"]), Urgency(row["urgency"])
        return cls(**values)


class Raised(NamedTuple):
    """A rung that fired, and whether it puts the ticket on a secretary's queue."""

    escalation: Escalation
    item: Arrival | None
    passed_to: int | None = None
    """The level whose people were told because nobody of its own can be reached; 0: the first office upwards."""

    @property
    def heard(self) -> bool:
        """False when nobody is there to be told: the level is skipped with a note."""
        return bool(self.escalation.recipients) or self.item is not None


class Raiser:
    """Raises rungs at one moment; remembers who is told, for thousands may be due at once."""

    def __init__(
        self,
        org: Org,
        now: datetime,
        new_id: Callable[[], UUID],
        about: Mapping[UUID, frozenset[str]] = MappingProxyType({}),
    ) -> None:
        """`about` says of tickets which units they are complaints about: nobody tied to those is told."""
        self._about = about
        self._org = org
        self._now = now
        self._new_id = new_id
        self._told: dict[tuple[int, tuple[str, ...], str, str], Told] = {}

    def fire(
        self, row: Mapping[str, Any], rung: Rung, due_at: datetime, rungs: Sequence[Rung] = ()
    ) -> Raised:
        """Fire a rung of a claimed ladder; `due_at` is the due time of the clock it watches.

        Where nobody is responsible yet, or the matter waits for its call-back, the desk of the area stands
        for the unit. A level on which nobody can be reached is skipped at once: the people of the next of
        `rungs` are told now, and of theirs in its own time (domain.md D5, E15).
        """
        area, unit = row["area"], row["unit"]
        if rung["clock"] in _AT_THE_DESK:
            unit = self._org.roster.desk(area)
        accused = self._about.get(row["ticket_id"], frozenset())
        told = self._who(rung, unit, area)
        told = Told(self._free(told.posts, accused), told.vacant)
        passed_to = None
        if not told.posts:
            posts, passed_to = self._above(rung["level"], rungs, unit, area, accused)
            told = Told(posts, told.vacant)
        escalation = Escalation(
            escalation_id=self._new_id(),
            ticket_id=row["ticket_id"],
            number=row["number"],
            round=row["round"],
            level=rung["level"],
            clock=ClockKind(rung["clock"]),
            reason=f"{rung['clock']}@{rung['at']}",
            unit=unit,
            area=area,
            urgency=Urgency(row["urgency"]),
            recipients=told.posts,
            vacant=told.vacant,
            due_at=due_at,
            raised_at=self._now,
            policy=rung.get("version"),
            phone=rung.get("phone", False),
            repeat_s=rung.get("repeat_s", 0),
            repeat_max=rung.get("repeat_max", 0),
        )
        return Raised(escalation, self._item(escalation, rung), passed_to)

    def _free(self, posts: tuple[str, ...], accused: frozenset[str]) -> tuple[str, ...]:
        """Of some posts those whose holders have nothing to do with whom the matter is about."""
        roster = self._org.roster
        return tuple(p for p in posts if not roster.tied(roster.person(p), accused, self._now))

    def _above(
        self, level: int, rungs: Sequence[Rung], unit: str, area: str, accused: frozenset[str]
    ) -> tuple[tuple[str, ...], int | None]:
        """Who stands in for a level nobody of which can be reached, and from which level they are."""
        higher = (rung for rung in rungs if rung["level"] > level)
        for rung in sorted(higher, key=lambda rung: rung["level"]):
            if posts := self._free(self._who(rung, unit, area).posts, accused):
                return posts, rung["level"]
        posts = self._free(self._org.anybody(unit, area, self._now), accused)
        return posts, 0 if posts else None

    def _who(self, rung: Rung, unit: str, area: str) -> Told:
        key = (rung["level"], tuple(rung["who"]), unit, area)
        told = self._told.get(key)
        if told is None:
            told = self._org.told(rung["level"], rung["who"], unit=unit, area=area, now=self._now)
            self._told[key] = told
        return told

    def _item(self, e: Escalation, rung: Rung) -> Arrival | None:
        if rung["reception"] is None:
            return None
        return Arrival(
            e.ticket_id,
            EntryRule.OVERDUE_L4,
            self._now,
            cause=f"level {e.level}",
            round=e.round,
            level=ReceptionLevel(rung["reception"]),
            unit=e.unit,
        )
