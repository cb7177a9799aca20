"""What must hold of a world at its end: the list of tests/support/invariants.py, in memory, and more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from contracts.ticket import TicketStatus
from kit.burial import GAP
from services.notifier.clocks.clock import FINAL
from services.router.ticket import merging, store_merging
from tests.simulation.doors import UNANSWERED
from tests.simulation.memory import Connection, Row, Store
from tests.simulation.replay import replayed
from tests.simulation.statements_reception import open_items
from tests.support import invariants

if TYPE_CHECKING:
    from tests.simulation.world import World


async def violations(world: World) -> dict[str, list[str]]:
    """Every broken invariant with up to ten offenders; empty when all hold."""
    checks = {
        "acknowledged and lost": _lost(world),
        "history with a gap": _gaps(world),
        "said twice, or not as the history has it": _said(world),
        "nobody or two answer for it": _owners(world),
        "two running clocks of a kind, or none": _running(world),
        "rung not in order": _rungs(world),
        "rung announced twice": _announced(world),
        "level beside the ticket": _levels(world),
        "rung stands though its ticket ended": _cleared(world),
        "on a table without reason": _tables(world),
        "views that differ": _views(world),
        "dead letter": _dead(world),
        "seen on the way": [*world.told.early, *world.told.broken],
        "merged and followed": await _merged(world),
        "other than without faults": await replayed(world),
    }
    found = {name: list(map(str, offenders))[:10] for name, offenders in checks.items()}
    return {name: offenders for name, offenders in found.items() if offenders}


def meanwhile(world: World) -> list[str]:
    """What holds at any moment, whatever is still under way."""
    checks = (_gaps, _said, _owners, _rungs, _announced, _buried)
    found = [one for check in checks for one in map(str, check(world))]
    return [*found, *world.told.early, *world.told.broken]


def _lost(world: World) -> Iterator[str]:
    for one, number in world.told.acknowledged.items():
        if one not in world.intake.store["complaint"]:
            yield f"{number}: acknowledged, not stored"
        elif one not in world.router.store["ticket"]:
            yield f"{number}: no ticket"
        elif world.notifier.store["ticket_view"].get(one, Row(version=0))["version"] == 0:
            yield f"{number}: the notifier never heard of it"
    for service in world.services:
        if service.store["outbox_pending"]:
            yield f"{service.name}: still in the outbox"


def _gaps(world: World) -> Iterator[str]:
    store = world.router.store
    for one, ticket in store["ticket"].items():
        lines = sorted(row["version"] for row in store.of("ticket_event", one))
        if lines != list(range(1, ticket["version"] + 1)):
            yield f"{ticket['number']}: {lines} at version {ticket['version']}"


def _events(store: Store, noun: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in store["outbox"].values():
        if row["subject"].startswith(noun):
            name = ".".join(row["subject"].split(".", 2)[:2])
            yield name, orjson.loads(row["body"])["data"]


def _said(world: World) -> Iterator[str]:
    store = world.router.store
    told = Counter((d["ticket_id"], d["version"], n) for n, d in _events(store, "ticket."))
    kept = Counter(
        (str(row["ticket_id"]), row["version"], f"ticket.{row['event']}")
        for row in store["ticket_event"].values()
    )
    yield from (str(key) for key in told if told[key] != kept[key])
    yield from (str(key) for key in kept if told[key] != kept[key])


def _owners(world: World) -> Iterator[str]:
    numbers = Counter(row["number"] for row in world.router.store["ticket"].values())
    for row in world.router.store["ticket"].values():
        if not row["unit"] or row["unit"] in row["assists"] or numbers[row["number"]] > 1:
            yield row["number"]


def _running(world: World) -> Iterator[str]:
    store = world.notifier.store
    for one, view in store["ticket_view"].items():
        clocks = [k for k in store.of("clock", one) if k["stopped_at"] is None]
        kinds = Counter((k["round"], k["kind"]) for k in clocks)
        if any(n > 1 for n in kinds.values()) or (clocks and view["status"] in FINAL):
            yield f"{view['number']}: {dict(kinds)} when {view['status']}"
        fresh = view["status"] == TicketStatus.DISPATCHED and view["round"] == 1
        if fresh and not {"resident", "result"} <= {k["kind"] for k in clocks}:
            yield f"{view['number']}: dispatched, with {dict(kinds)}"


def _rungs(world: World) -> Iterator[str]:
    """In order of time: a rung is never raised before one of its ladder that was due earlier and was raised."""
    store = world.notifier.store
    for one in store["ticket_view"]:
        raised = sorted(store.of("escalation", one), key=lambda row: row["round"])
        for a, b in pairwise(raised):
            if a["round"] == b["round"] and a["raised_at"] > b["raised_at"] and not world.jumped:
                yield f"{a['number']} round {a['round']}: {a['level']} after {b['level']}"
    for row in store["ladder"].values():
        kept = {
            r["level"]
            for r in store.of("escalation", row["ticket_id"])
            if r["round"] == row["round"]
        }
        if kept != set(row["raised"]) or len(row["raised"]) != len(set(row["raised"])):
            yield f"{row['ticket_id']} round {row['round']}: raised {row['raised']}, logged {kept}"


def _announced(world: World) -> Iterator[str]:
    """Once when it is raised; said again only as a repeat, or because a merger was undone."""
    store = world.notifier.store
    said = Counter(
        d["escalation_id"]
        for n, d in _events(store, "escalation.raised")
        if not d["repeat"] and not _was_merged(world, d["ticket_id"])
    )
    yield from (one for one, count in said.items() if count > 1)


def _cleared(world: World) -> Iterator[str]:
    """An end clears what was raised in the rounds it ends, as of its own time; while nothing ended it stands."""
    for one, ticket in world.router.store["ticket"].items():
        lines = [r for r in world.router.store.of("ticket_event", one) if r["status"] in FINAL]
        closed, open_ = _closed(world, one), ticket["status"] not in FINAL
        for rung in world.notifier.store.of("escalation", one):
            at, about = rung["cleared_at"], f"{ticket['number']} {rung['round']}:{rung['level']}"
            ends = [row["at"] for row in closed if row["round"] >= rung["round"]]
            if at is None and (ends or not open_):
                yield f"{about} is not cleared, though it ended at {ends}"
            if at is not None and at not in [row["at"] for row in lines]:
                yield f"{about} cleared at {at}, when nothing ended"


def _was_merged(world: World, ticket_id: str) -> bool:
    lines = world.router.store.of("ticket_event", UUID(ticket_id))
    return any(line["event"] == "merged" for line in lines)


def _levels(world: World) -> Iterator[str]:
    store = world.notifier.store
    for one, ticket in world.router.store["ticket"].items():
        heard = [
            r["level"] for r in store.of("escalation", one) if r["recipients"] or r["level"] > 3
        ]
        if ticket["escalation_level"] < max(
            (r["level"] for r in store.of("escalation", one) if r["recipients"]), default=0
        ) or ticket["escalation_level"] > max(heard, default=0):
            yield f"{ticket['number']}: shows {ticket['escalation_level']}, raised {heard}"


def _tables(world: World) -> Iterator[str]:
    store = world.notifier.store
    lying = Counter(item["ticket_id"] for item in open_items(store))
    for one, count in lying.items():
        view = store["ticket_view"][one]
        if count > 1 or view["status"] in FINAL:
            yield f"{view['number']}: {count} times, when {view['status']}"
    for item in open_items(store):
        if any(row["round"] >= item["round"] for row in _closed(world, item["ticket_id"])):
            yield f"{item['number']}: of round {item['round']}, which ended"


def _closed(world: World, ticket_id: UUID) -> list[Row]:
    """Lines of its history that ended it; a merger is no end."""
    ends = FINAL - {TicketStatus.MERGED}
    return [r for r in world.router.store.of("ticket_event", ticket_id) if r["status"] in ends]


def _views(world: World) -> Iterator[str]:
    for one, ticket in world.router.store["ticket"].items():
        view = world.notifier.store["ticket_view"].get(one)
        names = ("version", "round", "status", "unit", "urgency")
        if view is not None and any(view[n] != ticket[n] for n in names):
            yield f"{ticket['number']}: {[(n, view[n], ticket[n]) for n in names]}"
    yield from _shown(world)


def _shown(world: World) -> Iterator[str]:
    running = _heard(world)
    shown = world.router.store["ticket_clock"]
    windows = {
        data["clock_id"]: datetime.fromisoformat(data["return_until"])
        for name, data in _events(world.notifier.store, "clock.set")
        if data.get("return_until")
    }
    for key, due_at in running.items():
        if key not in shown or shown[key]["due_at"] != due_at or shown[key]["state"] == "stopped":
            yield f"{key}: runs until {due_at}, shown {shown.get(key)}"
    for key, row in shown.items():
        until = windows.get(str(row["clock_id"]))
        if until is not None and row["return_until"] != until:
            yield f"{key}: may be returned until {until}, shown {row['return_until']}"
        if row["state"] != "stopped" and key not in running:
            yield f"{key}: shown as {row['state']}, but it stands"


def _heard(world: World) -> dict[Any, Any]:
    """Running clocks that were told of; a dispatch clock without addressee is not, until it sounds an alarm."""
    return {
        (k["ticket_id"], k["round"], k["kind"]): k["due_at"]
        for k in world.notifier.store["clock"].values()
        if k["stopped_at"] is None
        and (k["kind"] != "dispatch" or k["unit"] != "_" or k["warned_at"])
    }


def _buried(world: World) -> Iterator[str]:
    """What lies there though nothing that is still under way could bring it back."""
    for service in world.services:
        for (consumer, message), row in service.store["dead_letter"].items():
            if not row["resolved"] and row["reason"] != GAP:
                yield f"{consumer} {message}: {row['reason']} {row['error']}"


def _dead(world: World) -> Iterator[str]:
    for service in world.services:
        for (consumer, message), row in service.store["dead_letter"].items():
            if not row["resolved"]:
                yield f"{consumer} {message}: {row['reason']} {row['error']}"


async def _merged(world: World) -> list[str]:
    connection: Any = Connection(world.router.store)
    tree = await store_merging.tree(connection, list(world.router.store["ticket"]))
    late = [
        m.number
        for m in tree.values()
        if m.into is not None and merging.root(tree, m.ticket_id).status in UNANSWERED
    ]
    return [*invariants.lost_in(tree), *late]
