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
PLACED: Final = frozenset({"ticket.dispatched", "ticket.recategorised"})
"""Events that say what a ticket is about."""
REQUESTERS: Final = 3
"""Of a hot issue (C27)."""


class Returns(NamedTuple):
    """How often a ticket was returned in its round."""

    round: int
    times: int


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


Told = tuple[str, TicketEvent, datetime]
"""Name of a ticket's event, what it says, and when it became true."""


def arrivals(told: Iterable[Told], repeats: Mapping[UUID, int]) -> Iterator[Arrival]:
    """The rules that events of tickets fulfil by themselves; `repeats` of their complaints where known."""
    for name, data, at in told:
        ticket_id = UUID(data.ticket_id)
        if name == "ticket.reopened" and data.round >= REOPENED_ROUND:
            yield Arrival(ticket_id, EntryRule.REOPENED_2, at, round=data.round)
        if name == "ticket.dispatched" and repeats.get(ticket_id, 0) >= REPEATS:
            yield Arrival(ticket_id, EntryRule.REPEAT_3, at, round=1)


def is_return(name: str, data: TicketEvent) -> bool:
    """A return is said to the unit and to the desk: the one to the unit counts."""
    return name == "ticket.returned" and data.unit == data.holder


def sent_back(
    told: Iterable[Told], before: Mapping[UUID, Returns]
) -> tuple[list[Arrival], dict[UUID, Returns]]:
    """What returns put on a table, each looked at as things stood then, and how they are counted now."""
    found, counts = [], dict(before)
    for name, data, at in told:
        if not is_return(name, data):
            continue
        ticket_id = UUID(data.ticket_id)
        so_far = counts.get(ticket_id)
        times = so_far.times if so_far is not None and so_far.round == data.round else 0
        counts[ticket_id] = Returns(data.round, times + 1)
        if times + 1 >= RETURNS:
            found.append(Arrival(ticket_id, EntryRule.RETURNED_2, at, round=data.round))
    return found, counts


class Counted(NamedTuple):
    """What events tell of a ticket that is worth remembering; None: as before."""

    category: str | None = None
    followers: int | None = None
    returns: Returns | None = None


def counted(told: Iterable[Told], returns: Mapping[UUID, Returns]) -> dict[UUID, Counted]:
    """By ticket, the last that was told of each."""
    found = {ticket_id: Counted(returns=one) for ticket_id, one in returns.items()}
    for name, data, _ in told:
        ticket_id = UUID(data.ticket_id)
        known = found.get(ticket_id, Counted())
        if isinstance(data, TicketMerged):
            found[ticket_id] = known._replace(followers=len(data.followers))
        elif name in PLACED:
            found[ticket_id] = known._replace(category=data.category or known.category)
    return found


def heaviest(rules: Iterable[EntryRule]) -> EntryRule:
    """The one that counts where several hold; of equal weight the first."""
    return max(rules, key=WEIGHT.__getitem__)
