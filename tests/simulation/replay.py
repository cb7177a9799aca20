"""All facts of a world once more, in order and without a fault: the same views, facts of rates and clocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, cast

from contracts.catalog import decode
from kit.delivery import Received
from kit.outbox import Outgoing
from services.notifier import actions
from tests.simulation.memory import Pool, Row, Store
from tests.simulation.service import outgoing_of
from tests.support import city

if TYPE_CHECKING:
    from tests.simulation.world import World

_CLOCK: Final = (
    "ticket_id", "round", "kind", "started_at", "unit", "near_at", "due_at", "sentence", "paused_at",
    "stopped_at", "stopped_by", "earlier_due",
)  # fmt: skip
_VIEW: Final = (
    "version", "round", "status", "unit", "area", "urgency", "profile", "holders", "since", "counted",
)  # fmt: skip


async def replayed(world: World) -> list[str]:
    """What the live notifier has otherwise than an empty one that is told everything in order."""
    clean = Store("clean")
    clean.now = world.notifier.store.now
    rows = [
        (row["order"], service.store, key)
        for service in (world.intake, world.router)
        for key, row in service.store["outbox"].items()
    ]
    heard = [
        _received(outgoing_of(store, key)) for _, store, key in sorted(rows, key=itemgetter(0))
    ]
    book = city.directory()
    for one in heard:
        apply = (
            actions.apply_complaints if one.name.startswith("complaint.") else actions.apply_tickets
        )
        async with Pool(clean).acquire(0) as conn, conn.transaction():
            effects = await apply(cast("Any", conn), [one], book)
            if effects.waiting:
                return [f"{one.name} waits in a run without faults"]
    live = world.notifier.store
    return [*_differ(live, clean), *_clocks_differ(live, clean), *_ladders_differ(live, clean)]


def _received(one: Outgoing) -> Received:
    event = decode(one.subject, one.body)
    name = ".".join(one.subject.split(".", 2)[:2])
    return Received(event, one.event_id, cast("Any", None), name)


def _differ(live: Store, clean: Store) -> Iterator[str]:
    for one, row in clean["ticket_view"].items():
        other = live["ticket_view"].get(one, Row())
        for name in _VIEW:
            if other.get(name) != row[name]:
                yield f"{row['number']} {name}: {other.get(name)} instead of {row[name]}"
    for table in ("rate_fact", "rate_answer"):
        for key in {**clean[table], **live[table]}:
            if clean[table].get(key) != live[table].get(key):
                yield f"{table} {key}: {live[table].get(key)} instead of {clean[table].get(key)}"


def _clocks_differ(live: Store, clean: Store) -> Iterator[str]:
    mine, theirs = (
        Counter(tuple(str(row[name]) for name in _CLOCK) for row in store["clock"].values())
        for store in (live, clean)
    )
    yield from (f"clock not of these facts: {one}" for one in mine - theirs)
    yield from (f"clock missing: {one}" for one in theirs - mine)


def _ladders_differ(live: Store, clean: Store) -> Iterator[str]:
    """What is still to come of ladders that go on; nobody climbed the clean ones."""
    for key, row in clean["ladder"].items():
        own = live["ladder"].get(key, Row(rungs=[], raised=[], stopped_at=None))
        if row["stopped_at"] or own["stopped_at"]:
            if bool(row["stopped_at"]) != bool(own["stopped_at"]):
                yield f"ladder {key}: stopped {own['stopped_at']} instead of {row['stopped_at']}"
            continue
        mine, theirs = (
            sorted((r["level"], r["clock"], r["at"], r["due_at"]) for r in one["rungs"])
            for one in (own, row)
        )
        theirs = [rung for rung in theirs if rung[0] not in own["raised"]]
        if mine != theirs:
            yield f"ladder {key}: {mine} instead of {theirs}"
