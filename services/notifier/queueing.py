"""How matters come to a secretary's table: rules that hold, in the transaction that learns of it (domain.md D7).

One open item a ticket: a second rule is added to its list, the heaviest counts, and a table of a lower
level never takes it back. Tickets are guarded by whoever calls: consumers hold their rows, the tick the
rows of the clock or ladder it claimed; so nothing is queued for a ticket that ends at the same moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from contracts.escalation import EntryRule, ReceptionLevel, ReceptionState
from contracts.ticket import TicketEvent, TicketMerged
from kit import audit, outbox
from kit.db import Conn
from kit.ids import new_id
from kit.outbox import Outgoing
from services.notifier.clocks import store, store_about
from services.notifier.clocks.clock import FINAL, NOBODY
from services.notifier.clocks.ticket import Ticket
from services.notifier.ending import say
from services.notifier.reception import entry, store_queue
from services.notifier.reception.entry import REPEATS, Arrival, Told
from services.notifier.reception.item import WEIGHT, Item
from services.notifier.roster.roster import UPWARDS, Roster


async def follow(
    conn: Conn,
    told: Sequence[Told],
    arrivals: Sequence[Arrival],
    issues: Mapping[UUID, datetime],
    roster: Roster,
) -> list[Outgoing]:
    """What a batch of events puts on tables; one statement when nothing does.

    `issues` are those that grew, and when. Who waits for items that lie there already is counted anew.
    """
    back = [UUID(data.ticket_id) for name, data, _ in told if entry.is_return(name, data)]
    twice, returns = entry.sent_back(told, await store_queue.returns(conn, back) if back else {})
    counted = entry.counted(told, returns)
    repeats = await store_queue.count(conn, counted) if counted else {}
    found = [*arrivals, *twice, *entry.arrivals(told, repeats)]
    shifted = {UUID(data.ticket_id): at for name, data, at in told if _shifts(name, data)}
    grown = {**issues}
    if shifted:
        at = max(shifted.values())
        grown |= dict.fromkeys(await store_queue.issues_of(conn, list(shifted)), at)
    if grown:
        await store_queue.recount(conn, list(shifted), list(grown))
        found += await _carriers(conn, grown)
    elif shifted:
        await store_queue.recount(conn, list(shifted), [])
    if not found:
        return []
    own = {UUID(data.ticket_id) for _, data, _ in told}
    await store.lock_tickets(conn, sorted({one.ticket_id for one in found} - own))
    events = await enter(conn, found, roster)
    await outbox.append(conn, events)
    return events


async def repeated(
    conn: Conn, again: Mapping[UUID, int], tickets: Mapping[UUID, Ticket], roster: Roster
) -> list[Outgoing]:
    """Complaints of somebody who complained of it before; waits for the dispatch, which tells the place."""
    await store_queue.repeated(conn, sorted(again.items()))
    found = [
        Arrival(ticket_id, EntryRule.REPEAT_3, tickets[ticket_id].received_at, round=1)
        for ticket_id, times in again.items()
        if times >= REPEATS and tickets[ticket_id].unit != NOBODY
    ]
    events = await enter(conn, found, roster)
    await outbox.append(conn, events)
    return events


async def enter(conn: Conn, arrivals: Sequence[Arrival], roster: Roster) -> list[Outgoing]:
    """Note rules that hold and put their tickets on tables; what is to be said of it, not yet appended.

    A rule that was noted for its ticket, round and cause does nothing; nor does any for an ended
    ticket, but for a legacy problem, which ends only with words (domain.md F10).
    """
    if not arrivals:
        return []
    ids = list({one.ticket_id for one in arrivals})
    known, about = await store_queue.facts(conn, ids), await store_about.of(conn, ids)
    holding: dict[tuple[UUID, int, str, str], Arrival] = {}
    for a in arrivals:
        row = known.get(a.ticket_id)
        if row is not None and (row["status"] not in FINAL or a.rule is EntryRule.LEGACY):
            key = (a.ticket_id, a.round or row["round"], a.rule.value, a.cause)
            holding.setdefault(key, a)
    new = await store_queue.enter(conn, [(a, key[1]) for key, a in holding.items()])
    coming: dict[UUID, list[Arrival]] = defaultdict(list)
    for key, arrival in holding.items():
        if key in new:
            coming[arrival.ticket_id].append(arrival)
    items = await store_queue.queue(
        conn, [_item(known[one], own, roster, about.get(one, ())) for one, own in coming.items()]
    )
    entries, events = [], []
    for item in items:
        before, own = known[item.ticket_id], coming[item.ticket_id]
        entries += [_entry(item, one) for one in own]
        known_as = (before["item_id"], before["org"], before["rule"])
        lies = item.state in {ReceptionState.QUEUED, ReceptionState.SCHEDULED}
        if lies and known_as != (item.item_id, item.org, item.rule):
            data = item.event(max(one.at for one in own))
            events.append(say("reception.queued", data, to=item.level.value))
    await audit.record(conn, entries)
    return events


async def _carriers(conn: Conn, issues: Mapping[UUID, datetime]) -> list[Arrival]:
    """Hot issues that belong on a table: the oldest open ticket stands for all of them."""
    return [
        Arrival(
            row["ticket_id"],
            EntryRule.HOT_ISSUE,
            issues[row["issue_id"]],
            cause=str(row["issue_id"]),
            issue_id=row["issue_id"],
            requesters=row["requesters"],
        )
        for row in await store_queue.carriers(conn, list(issues))
    ]


def _item(row: Record, own: Sequence[Arrival], roster: Roster, accused: Collection[str]) -> Item:
    """The item of a ticket to which rules come; what lies on a table already only moves upwards.

    Never to the table of an office that the matter is about, or that stands right above such a unit.
    """
    first = own[0]
    holder = row["unit"] if row["unit"] != NOBODY else first.unit or NOBODY
    tables = [
        (one.office, one.org) if one.org else roster.table(one.office, row["area"], holder)
        for one in own
    ]
    rules = [one.rule for one in own]
    if row["item_id"] is not None:
        tables.insert(0, (ReceptionLevel(row["level"]), row["org"]))
        rules.insert(0, EntryRule(row["rule"]))
    highest = max(tables, key=lambda one: UPWARDS.index(one[0]))
    level, table = roster.free_table(highest, accused, row["area"], holder)
    rule = entry.heaviest(rules)
    return Item(
        item_id=row["item_id"] or new_id(),
        ticket_id=row["ticket_id"],
        number=row["number"],
        round=max(row["round"], *(one.round or 0 for one in own)),
        level=level,
        org=table,
        rule=rule,
        requesters=max(row["requesters"], *(one.requesters for one in own)),
        care=0,
        unit=own[-1].unit or row["unit"],
        area=row["area"],
        received_at=row["received_at"],
        queued_at=min(one.at for one in own),
        points=WEIGHT[rule],
        issue_id=next((one.issue_id for one in own if one.issue_id), None),
        category=row["category"],
    )


def _shifts(name: str, data: TicketEvent) -> bool:
    """Whether an event changes who waits for a ticket or stands for an issue."""
    return data.status in FINAL or isinstance(data, TicketMerged) or name == "ticket.reopened"


def _entry(item: Item, one: Arrival) -> audit.Entry:
    detail = {"item": str(item.item_id), "org": item.org, "rule": one.rule.value}
    return audit.Entry(one.at, one.by, "reception.queue", str(item.ticket_id), detail)
