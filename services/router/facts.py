"""What the router answers by itself: facts about a complaint, and limits that passed (product.md section 5).

The ticket's state is the router's alone, so what intake says is a statement of fact: it leads where
`ticket.SYSTEM_STEPS` says, or it lost a race, is noted in the history and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.clock import ClockEvent, ClockKind
from contracts.complaint import ComplaintChanged
from contracts.ticket import TicketStatus
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn
from kit.delivery import Effects, Received
from kit.outbox import Outgoing
from kit.patience import lacks_complaint
from services.router.ticket import (
    answering_facts,
    merging,
    releasing,
    store,
    store_life,
    store_merging,
)
from services.router.ticket.answering_facts import Fact
from services.router.ticket.deed import Deed
from services.router.ticket.merging import Tree
from services.router.ticket.ticket import Cause

PASSED: Final = {
    ClockKind.RETURN_ANSWER: Cause.RETURN_OVERDUE,
    ClockKind.HOLD_REVIEW: Cause.REVIEW_DUE,
}
"""What a passed limit does to a ticket; other limits are the ladder's."""


async def heed(conn: Conn, received: Sequence[Received]) -> Effects:
    """Apply call-backs, withdrawals, reopenings and further words, one ticket at a time, each once.

    One look says of all which tickets are not there yet: thousands that wait are looked at again and again.
    """
    effects = Effects()
    said = [(o, o.event.data) for o in received if isinstance(o.event.data, ComplaintChanged)]
    about = {UUID(data.complaint_id) for _, data in said}
    known = await store_merging.tree(conn, sorted(about)) if about else {}
    for one, data in said:
        if UUID(data.complaint_id) not in known:
            effects.wait([one], lacks_complaint(data.number))
            continue
        async with conn.transaction():
            now = await business_now(conn)
            fact = Fact.of(one.name, data, str(one.event_id), now)
            events = await _apply(conn, UUID(data.complaint_id), fact)
        if events is None:
            effects.wait([one], lacks_complaint(data.number))
        else:
            effects.events += events
    return effects


async def passed(conn: Conn, received: Sequence[Received]) -> list[Outgoing]:
    """A return nobody answered goes to a ruling, a hold ends at its review; other states stay."""
    events: list[Outgoing] = []
    for one in received:
        data = one.event.data
        if not isinstance(data, ClockEvent) or one.name != "clock.breached":
            continue
        cause = PASSED.get(data.kind)
        if cause is None:
            continue
        async with conn.transaction():
            now = await business_now(conn)
            fact = Fact.late(cause, data, str(one.event_id), now)
            events += await _apply(conn, UUID(data.ticket_id), fact) or []
    return events


async def _apply(conn: Conn, ticket_id: UUID, fact: Fact) -> list[Outgoing] | None:
    """None while the ticket is not there yet; nothing when it was applied before."""
    tree = await _held(conn, ticket_id)
    if tree is None:
        return None
    rows = await _rows(conn, ticket_id, tree)
    if await store_life.heard(conn, ticket_id, fact.cause_id):
        return []
    if fact.handed_in not in {None, await store_life.handed_in(conn, rows[-1]["ticket_id"])}:
        fact = replace(fact, cause=None)
    deeds = answering_facts.deeds(rows[0], rows[-1], fact)
    if any(deed.after.status is TicketStatus.WITHDRAWN for deed in deeds):
        followers = releasing.children(tree, ticket_id)
        deeds += await releasing.let_go(conn, deeds[0].asked, tree, followers)
        if len(rows) > 1:
            deeds.append(await releasing.taken_out(conn, deeds[0].asked, rows[1]))
    for deed in deeds:
        if not await store.move(conn, deed.row, deed.after, deed.version, fact.at):
            raise RuntimeError(f"ticket {deed.row['number']} changed under its lock")
        await store.append_history(conn, deed.lines())
    events = [event for deed in deeds for event in deed.events()]
    await outbox.append(conn, events)
    await audit.record(conn, [_entry(deed, fact.at) for deed in deeds])
    return events


async def _held(conn: Conn, ticket_id: UUID) -> Tree | None:
    """The tree of a ticket, locked as far as the fact can reach: itself, where its work goes on, who follows it.

    Somebody may merge while we wait for a lock, so the tree is read until all it needs is held.
    """
    held: set[UUID] = set()
    while True:
        tree = await store_merging.tree(conn, [ticket_id])
        if ticket_id not in tree:
            return None
        top = merging.root(tree, ticket_id).ticket_id
        wanted = {ticket_id, top, *releasing.children(tree, ticket_id)}
        if wanted <= held:
            return tree
        await store_merging.lock(conn, sorted(wanted))
        held |= wanted


async def _rows(conn: Conn, ticket_id: UUID, tree: Tree) -> list[Record]:
    """The ticket, and the one under which the work goes on; one row where it is the same."""
    ids = {ticket_id, merging.root(tree, ticket_id).ticket_id}
    found = [
        await store.ticket(conn, one, None) for one in sorted(ids, key=lambda i: i != ticket_id)
    ]
    return [row for row in found if row is not None]


def _entry(deed: Deed, at: datetime) -> audit.Entry:
    told: dict[str, Any] = {"events": [event for event, _ in deed.told], **deed.detail}
    return audit.Entry(at, deed.asked.actor.person, "ticket.fact", str(deed.row["ticket_id"]), told)
