"""What the notifier does with whistles: their clocks, and no-shows for a secretary's table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from contracts.escalation import EntryRule
from contracts.whistle import WhistleEvent
from kit import outbox
from kit.db import Conn
from kit.delivery import Effects, Received
from kit.ids import new_id
from kit.outbox import Outgoing
from kit.patience import lacks_version
from services.notifier.directory import Directory
from services.notifier.ending import parse_id
from services.notifier.reception.entry import Arrival
from services.notifier.telling import Word, tell
from services.notifier.whistle import store_whistles
from services.notifier.whistle.whistle import Whistle, WhistleTiming

Told = tuple[Received, WhistleEvent]


async def apply(
    conn: Conn, batch: Sequence[Received], directory: Directory, arrivals: list[Arrival]
) -> Effects:
    """Apply whistle events in version order: older ones change nothing, gaps wait.

    What they put on a secretary's table is added to `arrivals`.
    """
    heard = _by_whistle(batch)
    if not heard:
        return Effects()
    first = [_stranger(w, own[0][1]) for w, own in heard.items() if own[0][1].version == 1]
    await store_whistles.open_whistles(conn, first)
    whistles = await store_whistles.lock_whistles(conn, sorted(heard))
    effects = Effects()
    due: dict[UUID, list[Told]] = {}
    for whistle_id, own in heard.items():
        now, early = _in_turn(own, whistles.get(whistle_id))
        if early:
            known = whistles[whistle_id].version if whistle_id in whistles else 0
            lacks = lacks_version("吹哨", "whistle", whistle_id, known + len(now) + 1)
            effects.wait([one for one, _ in early], lacks)
        if now:
            due[whistle_id] = now
    if due:
        effects.events = await _write(conn, due, whistles, directory)
        arrivals += _missed([told for own in due.values() for told in own])
    return effects


async def _write(
    conn: Conn,
    due: Mapping[UUID, list[Told]],
    whistles: Mapping[UUID, Whistle],
    directory: Directory,
) -> list[Outgoing]:
    clocks = await store_whistles.clocks(conn, list(due))
    timings = []
    for whistle_id, own in due.items():
        timing = WhistleTiming(whistles[whistle_id], clocks[whistle_id], new_id)
        for one, data in own:
            timing.hear(one.name, data, one.event.id, directory)
        timings.append(timing)
    await store_whistles.save_whistles(conn, [t.whistle for t in timings])
    await store_whistles.begin(conn, [(t.whistle.whistle_id, c) for t in timings for c in t.begun])
    await store_whistles.stop(conn, [c for t in timings for c in t.changed.values()])
    events = await tell(conn, [t.said for t in timings])
    await outbox.append(conn, events)
    return events


def _missed(told: Sequence[Told]) -> Iterator[Arrival]:
    """A department that did not come puts the ticket on the street secretary's table (domain.md D7)."""
    for one, data in told:
        if one.name == "whistle.no_show" and data.ticket_id is not None:
            ticket_id = parse_id(data.ticket_id)
            yield Arrival(ticket_id, EntryRule.WHISTLE_NO_SHOW, data.at, unit=data.unit)


async def sound(conn: Conn, now: datetime, limit: int) -> tuple[list[Outgoing], bool]:
    """Sound the alarms that are due: events, and whether there may be more."""
    rows = await store_whistles.claim_alarms(conn, now, limit)
    return await tell(conn, [[_alarm(row, now)] for row in rows]), len(rows) == limit


def _alarm(row: Record, now: datetime) -> Word:
    name = "clock.breached" if row["breached_at"] else "clock.near_due"
    whistle = store_whistles.whistle_of(row, row["whistle_kind"])
    return name, whistle.event(store_whistles.clock_of(row), now)


def _by_whistle(batch: Sequence[Received]) -> dict[UUID, list[Told]]:
    found: dict[UUID, list[Told]] = defaultdict(list)
    for one in batch:
        if isinstance(data := one.event.data, WhistleEvent):
            found[parse_id(data.whistle_id)].append((one, data))
    for own in found.values():
        own.sort(key=lambda told: told[1].version)
    return found


def _in_turn(own: list[Told], whistle: Whistle | None) -> tuple[list[Told], list[Told]]:
    """What can be applied now, and what must wait for an earlier version."""
    version = whistle.version if whistle else 0
    now: list[Told] = []
    for index, one in enumerate(own):
        if whistle is None or one[1].version > version + 1:
            return now, own[index:]
        if one[1].version == version + 1:
            now.append(one)
            version += 1
    return now, []


def _stranger(whistle_id: UUID, data: WhistleEvent) -> Whistle:
    return Whistle(
        whistle_id=whistle_id,
        version=0,
        ticket_id=parse_id(data.ticket_id) if data.ticket_id else None,
        number=data.number,
        round=data.round or 1,
        kind=data.kind,
        blower=data.blower,
        area=data.area,
    )
