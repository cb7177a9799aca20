"""Statements of the notifier's ladders, alarms, raised rungs and their repeats."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from services.notifier.ladder import store_ending, store_ladder, store_repeats
from tests.simulation.memory import Row, Store, answers, seconds
from tests.simulation.statements_notifier import put_clock, rows

_RUNG: Final = (
    "escalation_id", "ticket_id", "number", "round", "level", "clock", "reason", "unit", "area",
    "urgency", "due_at", "raised_at", "recipients", "vacant", "policy", "phone", "repeat_s",
    "repeat_max",
)  # fmt: skip


@answers(store_ladder.SQL_LOCK_LADDERS)
def _ladders(store: Store, ids: list[UUID]) -> list[Row]:
    found = (row for one in sorted(set(ids)) for row in store.of("ladder", one))
    return [row.changed(rungs=list(row["rungs"]), raised=list(row["raised"])) for row in found]


@answers(store_ladder.SQL_SAVE_LADDERS, store_ladder.SQL_MOVE_ON)
def _save_ladders(store: Store, *columns: Any) -> None:
    for ticket_id, round_, rungs, raised, next_due_at, *stopped in zip(*columns, strict=True):
        key = (ticket_id, round_)
        before = store["ladder"].get(key)
        row = Row(
            ticket_id=ticket_id, round=round_, rungs=orjson.loads(rungs), raised=orjson.loads(raised),
            next_due_at=next_due_at,
            stopped_at=stopped[0] if stopped else before and before["stopped_at"],
        )  # fmt: skip
        store.keep("ladder", ticket_id, key, row)
        store.plan("ladder", key, "next_due_at", next_due_at)


@answers(store_ladder.SQL_CLAIM_DUE)
def _due(store: Store, _now: datetime, limit: int) -> list[Row]:
    found = []
    for row in store.due("ladder", "next_due_at", limit):
        view = store["ticket_view"][row["ticket_id"]]
        about = {n: view[n] for n in ("number", "unit", "area", "urgency", "received_at")}
        found.append(row.changed(rungs=list(row["rungs"]), raised=list(row["raised"]), **about))
    return found


@answers(store_ladder.SQL_TICKING)
def _ticking(store: Store, ids: list[UUID]) -> list[Row]:
    names = ("ticket_id", "round", "kind", "due_at")
    return [
        Row((n, row[n]) for n in names)
        for one in ids
        for row in store.of("clock", one)
        if row["kind"] != "resident" and not row["stopped_at"] and not row["paused_at"]
    ]


@answers(store_ladder.SQL_CLAIM_ALARMS)
def _alarms(store: Store, now: datetime, limit: int) -> list[Row]:
    sounded = []
    for row in store.due("clock", "next_at", limit):
        key = (row["ticket_id"], row["round"], row["kind"], row["started_at"])
        breached = now if row["due_at"] <= now else None
        new = row.changed(warned_at=row["warned_at"] or now, breached_at=breached)
        put_clock(store, key, new)
        view = store["ticket_view"][row["ticket_id"]]
        sounded.append(new.changed(number=view["number"], area=view["area"], muted_by=None))
    return sorted(sounded, key=lambda row: row["due_at"])


@answers(store_ladder.SQL_RAISE)
def _raise(store: Store, *columns: Any) -> list[Row]:
    fresh = []
    for row in rows(_RUNG, columns):
        key = (row["ticket_id"], row["round"], row["level"])
        row["recipients"], row["vacant"] = (
            orjson.loads(row["recipients"]),
            orjson.loads(row["vacant"]),
        )
        repeats = row["repeat_max"] > 0
        row |= {"repeats": 0, "cleared_at": None}
        row["repeat_at"] = row["raised_at"] + seconds(row["repeat_s"]) if repeats else None
        if key not in store["escalation"]:
            _put_rung(store, row)
            fresh.append(row)
    return [Row(escalation_id=row["escalation_id"]) for row in fresh]


def _put_rung(store: Store, row: Row) -> None:
    key = (row["ticket_id"], row["round"], row["level"])
    store.keep("escalation", row["ticket_id"], key, row)
    store.plan("escalation", key, "repeat_at", row["repeat_at"])


@answers(store_repeats.SQL_CLAIM_REPEATS)
def _repeats(store: Store, now: datetime, limit: int) -> list[Row]:
    found = []
    for row in store.due("escalation", "repeat_at", limit):
        own = [k for k in store.of("clock", row["ticket_id"]) if k["kind"] == row["clock"]]
        runs = any(
            k["round"] == row["round"] and not (k["stopped_at"] or k["paused_at"]) for k in own
        )
        runs = runs and row["cleared_at"] is None
        step, again = seconds(row["repeat_s"]), runs and row["repeats"] + 1 < row["repeat_max"]
        at = (row["repeat_at"] if row["repeat_at"] + step > now else now) + step
        new = row.changed(repeats=row["repeats"] + runs, repeat_at=at if again else None)
        _put_rung(store, new)
        found.append(new.changed(running=runs))
    return found


@answers(store_ending.SQL_CLEAR)
def _clear(store: Store, ids: list[UUID], times: list[datetime]) -> list[Row]:
    cleared = [
        row.changed(cleared_at=at, repeat_at=None)
        for one, at in zip(ids, times, strict=True)
        for row in store.of("escalation", one)
        if row["cleared_at"] is None
    ]
    for row in cleared:
        _put_rung(store, row)
    return cleared


@answers(store_ending.SQL_UNCLEAR)
def _unclear(store: Store, *columns: Any) -> list[Row]:
    found = [
        row.changed(cleared_at=None)
        for one, round_, merged_at in zip(*columns, strict=True)
        for row in store.of("escalation", one)
        if row["round"] == round_ and row["cleared_at"] and row["cleared_at"] >= merged_at
    ]
    for row in found:
        _put_rung(store, row)
    return found
