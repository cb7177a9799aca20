"""Which tickets are worked on under which other one, and what follows from that (domain.md E18, E19). Pure.

Merged tickets form trees. A ticket keeps its number, complaint, words and history in the tree; only its
state says `merged`, and the state it had is kept to return to. Merging a ticket that others follow takes
them along, because they stay below it; unmerging it takes them out again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.complaint import Urgency
from contracts.ticket import Since, TicketStatus
from kit.errors import DomainError, Kind
from kit.validation import wrong_field

FINAL: Final = frozenset(
    {TicketStatus.CLOSED, TicketStatus.DECLINED, TicketStatus.MERGED, TicketStatus.WITHDRAWN}
)
"""States in which no work goes on, so none can go on under such a ticket."""
MOST: Final = 500
"""Followers of one ticket: their numbers go out with an event; more callers are a hot issue."""


@dataclass(frozen=True, slots=True)
class Member:
    """A ticket as far as merging is concerned."""

    ticket_id: UUID
    number: str
    status: TicketStatus
    units: frozenset[str]
    """Who holds it and who assists."""
    accused: str | None
    urgency: str
    profile: str
    round: int
    received_at: datetime
    dispatched_at: datetime | None
    """When its result clock began: the first dispatch of the round, or the start of a later round."""
    into: UUID | None = None
    """The ticket it was merged into, itself perhaps merged; None while it stands by itself."""
    before: TicketStatus | None = None
    """The state it had then."""
    joined: int | None = None
    """The round that the other ticket was in then."""


Tree = Mapping[UUID, Member]
"""Tickets by id: whole trees, from the ticket that is worked on down to the last follower."""


def upwards(tree: Tree, one: UUID) -> list[Member]:
    """A ticket, the one it was merged into, and so on, up to the one that is worked on."""
    chain = [tree[one]]
    while (into := chain[-1].into) is not None:
        chain.append(tree[into])
    return chain


def root(tree: Tree, one: UUID) -> Member:
    """The ticket under which the work on `one` goes on; itself while it is not merged."""
    return upwards(tree, one)[-1]


def followers(tree: Tree, one: UUID) -> list[Member]:
    """All tickets merged into `one`, directly or through others, first received first."""
    below: dict[UUID, list[Member]] = defaultdict(list)
    for member in tree.values():
        if member.into is not None:
            below[member.into].append(member)
    found = list(below[one])
    for member in found:
        found += below[member.ticket_id]
    return sorted(found, key=lambda m: (m.received_at, m.ticket_id))


def accused(tree: Tree, one: UUID) -> frozenset[str]:
    """Parties complained about in a ticket or in one that follows it; none of them may handle it."""
    named = (m.accused for m in (tree[one], *followers(tree, one)))
    return frozenset(code for code in named if code is not None)


def since(tree: Tree, one: UUID) -> tuple[Since, ...]:
    """The earliest times of followers, one entry for all that share what due times are computed from.

    Whether anybody was responsible yet is part of that: a dispatch clock ran for those alone.
    """
    earliest: dict[tuple[str, str, int, int, bool], Since] = {}
    for child in (m for m in tree.values() if m.into == one):
        for m in (child, *followers(tree, child.ticket_id)):
            joined = child.joined or 1
            key = (m.urgency, m.profile, m.round, joined, m.dispatched_at is None)
            own = Since(
                urgency=Urgency(m.urgency),
                profile=m.profile,
                round=m.round,
                joined=joined,
                received_at=m.received_at,
                dispatched_at=m.dispatched_at,
            )
            earliest[key] = _earlier(earliest[key], own) if key in earliest else own
    return tuple(earliest[key] for key in sorted(earliest))


def _earlier(one: Since, other: Since) -> Since:
    dispatched = [at for at in (one.dispatched_at, other.dispatched_at) if at is not None]
    return one.model_copy(
        update={
            "received_at": min(one.received_at, other.received_at),
            "dispatched_at": min(dispatched, default=None),
        }
    )


def merge(tree: Tree, one: UUID, into: UUID) -> Tree:
    """The tree in which the work on `one` goes on under `into`. Raises DomainError 409, 422."""
    member, target = tree[one], tree[into]
    if one == into:
        raise _wrong("不能并入工单自己", "a ticket cannot be merged into itself")
    if target.status is TicketStatus.MERGED:
        now = root(tree, into).number
        raise _refused(
            "merged-already",
            zh=f"工单 {target.number} 已并入 {now}，请并入 {now}。",
            en=f"Ticket {target.number} was merged into {now}; merge into {now}.",
        )
    if target.status in FINAL:
        raise _refused(
            "target-closed",
            zh=f"工单 {target.number} 已经办完，不能再并入；请选择在办的工单。",
            en=f"Work on ticket {target.number} has ended; choose one that is open.",
        )
    if len(followers(tree, into)) + len(followers(tree, one)) >= MOST:
        raise _refused(
            "too-many-followers",
            zh=f"一张工单最多并入 {MOST} 件；请按热点问题处理。",
            en=f"At most {MOST} tickets go on under one; treat it as a hot issue.",
        )
    moved = replace(
        member,
        status=TicketStatus.MERGED,
        into=into,
        before=member.status,
        joined=target.round,
    )
    return {**tree, one: moved}


def unmerge(tree: Tree, one: UUID) -> Tree:
    """The tree in which a merged ticket stands by itself again, in the state it had."""
    member = tree[one]
    if member.before is None:
        raise ValueError(member.number)
    return {**tree, one: replace(member, status=member.before, into=None, before=None, joined=None)}


def _wrong(zh: str, en: str) -> DomainError:
    return wrong_field("data.into", zh=zh, en=en)


def _refused(slug: str, *, zh: str, en: str) -> DomainError:
    return DomainError(slug, Kind.CONFLICT, field="data.into", zh=zh, en=en)
