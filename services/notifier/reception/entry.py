"""Why a matter comes to a secretary's table: the entry rules and the office of each (domain.md D7). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from contracts.clock import ClockKind
from contracts.escalation import EntryRule, ReceptionLevel
from contracts.ticket import TicketEvent, TicketMerged
from services.notifier.reception.item import WEIGHT

SYSTEM: Final = "system:notifier"
_C, _S = ReceptionLevel.COMMUNITY, ReceptionLevel.SUBDISTRICT
OFFICE: Final[Mapping[EntryRule, ReceptionLevel]] = {
    EntryRule.OVERDUE_L4: _S,
    EntryRule.REOPENED_2: _C,
    EntryRule.RETURNED_2: _S,
    EntryRule.RULING_LATE: _S,
    EntryRule.WHISTLE_NO_SHOW: _S,
    EntryRule.HOLD_EXPIRED: _S,
    EntryRule.HOT_ISSUE: _S,
    EntryRule.REPEAT_3: _C,
    EntryRule.LEGACY: _C,
    EntryRule.MANUAL: _C,
}
"""Whose table a rule leads to; source: `choice`. Of `overdue_l4` the rung says it, of `legacy` and
`manual` who asked. What departments owe each other is the street's, what residents say the community's."""
LATE: Final[Mapping[ClockKind, EntryRule]] = {
    ClockKind.RULING: EntryRule.RULING_LATE,
    ClockKind.HOLD_REVIEW: EntryRule.HOLD_EXPIRED,
}
"""Clocks whose breach is an entry rule by itself."""
REOPENED_ROUND: Final = 3
"""The round that begins when a matter is reopened for the second time."""
RETURNS: Final = 2
REPEATS: Final = 2
"""Earlier complaints of the same requester about the same matter: this is the third (C27)."""
REQUESTERS: Final = 3
"""Of a hot issue (C27)."""


class Matter(NamedTuple):
    """What is counted about a ticket."""

    round: int
    returns: int
    """In this round."""
    followers: int
    repeats: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A rule that holds for a ticket now."""

    ticket_id: UUID
    rule: EntryRule
    at: datetime
    cause: str = ""
    """What tells two occasions of one rule in one round apart: level, issue, review date."""
    round: int | None = None
    """None: the ticket's present one."""
    level: ReceptionLevel | None = None
    """None: that of the rule."""
    org: str | None = None
    """The office itself, where a person named it."""
    unit: str | None = None
    """Whose doing it is; None: the holder's."""
    by: str = SYSTEM
    reason: str | None = None
    issue_id: UUID | None = None
    requesters: int = 0
    """Who waits, where that is more than the ticket's own."""

    @property
    def office(self) -> ReceptionLevel:
        """On which level the table stands."""
        return self.level or OFFICE[self.rule]


def arrivals(
    name: str, data: TicketEvent, at: datetime, matter: Matter | None
) -> Iterator[Arrival]:
    """The rules that an event of a ticket fulfils; `matter` as it is after the event's batch."""
    ticket_id = UUID(data.ticket_id)
    if name == "ticket.reopened" and data.round >= REOPENED_ROUND:
        yield Arrival(ticket_id, EntryRule.REOPENED_2, at, round=data.round)
    if matter is None:
        return
    if name == "ticket.returned" and matter.returns >= RETURNS and matter.round == data.round:
        yield Arrival(ticket_id, EntryRule.RETURNED_2, at, round=data.round)
    if name == "ticket.dispatched" and matter.repeats >= REPEATS:
        yield Arrival(ticket_id, EntryRule.REPEAT_3, at, round=1)


def counted(name: str, data: TicketEvent) -> tuple[UUID, str | None, int, int, int | None] | None:
    """What an event adds to its ticket's count: (ticket, category, round, returns, followers).

    None for events that add nothing; followers None: as before. A return is said to the unit and to the
    desk: the one to the unit counts.
    """
    returned = int(name == "ticket.returned" and data.unit == data.holder)
    told = name in {"ticket.dispatched", "ticket.recategorised"}
    if isinstance(data, TicketMerged):
        return UUID(data.ticket_id), data.category, data.round, 0, len(data.followers)
    if not (returned or told):
        return None
    return UUID(data.ticket_id), data.category, data.round, returned, None


def heaviest(rules: Iterable[EntryRule]) -> EntryRule:
    """The one that counts where several hold; of equal weight the first."""
    return max(rules, key=WEIGHT.__getitem__)
