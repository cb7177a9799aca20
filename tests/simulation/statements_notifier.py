"""Statements of the notifier's tickets, clocks, ladders and raised rungs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from services.notifier.clocks import store as s
from services.notifier.clocks import store_about, store_issues
from services.notifier.notices import store_occasions
from services.notifier.rates import store_facts
from services.notifier.reception import store_decision_clocks, store_decisions, store_legacy
from services.notifier.whistle import store_whistles
from tests.simulation.memory import Row, Store, answers, copied, outside

outside(
    store_occasions.SQL_NOTE,
    store_whistles.SQL_CLAIM_ALARMS,
    store_decision_clocks.SQL_CLAIM_ALARMS,
    store_decision_clocks.SQL_LOCK_LAPSING,
    store_legacy.SQL_CLAIM_REVIEWS,
    store_decisions.SQL_SETTLE_SENT,
    store_issues.SQL_KNOW,
    store_issues.SQL_JOIN,
    store_issues.SQL_CLOSE,
)
_TICKET: Final = ("ticket_id", "number", "unit", "area", "urgency", "profile", "received_at")
_SAVED: Final = (
    "version", "round", "status", "unit", "area", "urgency", "profile", "holders", "since", "counted",
)  # fmt: skip
_CLOCK: Final = (
    "ticket_id", "round", "kind", "started_at", "clock_id", "unit", "near_at", "due_at", "trace",
    "sentence", "paused_at", "stopped_at", "stopped_by", "earlier_due",
)  # fmt: skip
_MOVED: Final = (
    "unit", "near_at", "due_at", "sentence", "paused_at", "stopped_at", "stopped_by", "warn_again",
    "earlier_due",
)  # fmt: skip


def rows(names: tuple[str, ...], columns: tuple[Any, ...]) -> Iterator[Row]:
    """The rows behind `unnest($1, $2, …)`."""
    return (Row(zip(names, one, strict=True)) for one in zip(*columns, strict=True))


@answers(s.SQL_OPEN_TICKETS)
def _open(store: Store, *columns: Any) -> list[Row]:
    fresh = []
    for row in sorted(rows(_TICKET, columns), key=lambda row: row["ticket_id"]):
        new = row.changed(version=0, round=1, status="received", holders=[], since=[], counted={})
        if store["ticket_view"].add(row["ticket_id"], new):
            fresh.append(row)
    return fresh


@answers(s.SQL_LOCK_TICKETS)
def _lock(store: Store, ids: list[UUID]) -> list[Row]:
    found = (store["ticket_view"].get(one) for one in sorted(set(ids)))
    return [
        row.changed(**{n: copied(row[n]) for n in ("holders", "since", "counted")})
        for row in found
        if row is not None
    ]


@answers(s.SQL_SAVE_TICKETS)
def _save(store: Store, ids: list[UUID], *columns: Any) -> None:
    for key, row in zip(ids, rows(_SAVED, columns), strict=True):
        row["holders"], row["since"] = orjson.loads(row["holders"]), orjson.loads(row["since"])
        row["counted"] = copied(row["counted"])
        store["ticket_view"].put(key, store["ticket_view"][key].changed(**row))


@answers(s.SQL_CLOCKS)
def _clocks(store: Store, ids: list[UUID]) -> list[Row]:
    return [
        row.changed(
            earlier_due=list(row["earlier_due"]), alarmed_at=row["breached_at"] or row["warned_at"]
        )
        for one in ids
        for row in store.of("clock", one)
    ]


@answers(s.SQL_INSERT_CLOCKS)
def _insert(store: Store, *columns: Any) -> None:
    for row in rows(_CLOCK, columns):
        key = (row["ticket_id"], row["round"], row["kind"], row["started_at"])
        if key in store["clock"]:
            raise RuntimeError("duplicate key: clock_pkey")
        earlier = _times(row["earlier_due"])
        new = row.changed(earlier_due=earlier, own_trace=None, warned_at=None, breached_at=None)
        put_clock(store, key, new)


def _times(text: str) -> list[datetime]:
    return [datetime.fromisoformat(at) for at in text.strip("{}").split(",") if at]


@answers(s.SQL_SAVE_CLOCKS)
def _save_clocks(
    store: Store, ids: list[UUID], rounds: list[int], kinds: list[str], starts: list[datetime],
    *columns: Any,
) -> None:  # fmt: skip
    keys = zip(ids, rounds, kinds, starts, strict=True)
    for key, new in zip(keys, rows(_MOVED, columns), strict=True):
        old = store["clock"].get(key)
        if old is None:
            continue
        again = new.pop("warn_again")
        new["earlier_due"] = _times(new["earlier_due"])
        new["warned_at"] = None if again else old["warned_at"]
        put_clock(store, key, old.changed(**new))


@answers(s.SQL_ALIGN_CLOCKS)
def _align(store: Store, *columns: Any) -> None:
    for *key, trace, own, at in zip(*columns, strict=True):
        old = store["clock"].get(tuple(key))
        if old is not None:
            warned = old["warned_at"] if old["near_at"] <= at else None
            breached = old["breached_at"] if old["due_at"] <= at else None
            new = {"warned_at": warned, "breached_at": breached}
            put_clock(store, tuple(key), old.changed(trace=trace, own_trace=own, **new))


def put_clock(store: Store, key: tuple[Any, ...], row: Row) -> None:
    """With its generated column and under its unique index of running clocks."""
    row["next_at"] = _next_at(row)
    if row["stopped_at"] is None:
        others = (k for k in store.of("clock", key[0]) if k["clock_id"] != row["clock_id"])
        if any((k["round"], k["kind"], k["stopped_at"]) == (key[1], key[2], None) for k in others):
            raise RuntimeError("duplicate key: clock_running")
    store.keep("clock", key[0], key, row)
    store.plan("clock", key, "next_at", row["next_at"])


def _next_at(row: Row) -> datetime | None:
    if row["stopped_at"] or row["paused_at"] or row["breached_at"]:
        return None
    due: datetime = row["due_at"]
    return min(row["near_at"], due) if row["warned_at"] is None else due


@answers(store_facts.SQL_KEEP)
def _facts(store: Store, *columns: Any) -> None:
    for one in zip(*columns[: store_facts.FACT_WIDTH], strict=True):
        store["rate_fact"].put(one[:3], Row(values=[str(value) for value in one]))
    for one in zip(*columns[store_facts.FACT_WIDTH :], strict=True):
        store["rate_answer"].put(one[:3], Row(values=[str(value) for value in one]))


@answers(store_about.SQL_NOTE)
def _note_about(store: Store, ids: list[UUID], accused: list[str]) -> None:
    for key in zip(ids, accused, strict=True):
        if key not in store["ticket_about"]:
            row = Row(ticket_id=key[0], accused=key[1])
            store.keep("ticket_about", key[0], key, row)


@answers(store_about.SQL_MERGED)
def _merged_about(store: Store, ids: list[UUID], numbers: list[str]) -> None:
    for one, number in zip(ids, numbers, strict=True):
        lead = next((v for v in store["ticket_view"].values() if v["number"] == number), None)
        if lead is None:
            continue
        for row in store.of("ticket_about", one):
            _note_about(store, [lead["ticket_id"]], [row["accused"]])


@answers(store_about.SQL_OF)
def _about(store: Store, ids: list[UUID]) -> list[Row]:
    return [row for one in ids for row in store.of("ticket_about", one)]
