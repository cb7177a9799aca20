"""Statements of secretaries' tables: counts, entries, items."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.notifier.clocks.clock import FINAL
from services.notifier.reception import store_queue, store_reception
from tests.simulation.memory import Row, Store, answers, outside
from tests.simulation.statements_notifier import rows

outside(store_queue.SQL_CARRIERS, store_queue.SQL_ISSUES_OF)
_ENTRY: Final = ("ticket_id", "round", "rule", "cause", "at", "queued_by", "reason")
_ITEM: Final = (
    "item_id", "ticket_id", "number", "round", "level", "org", "rule", "requesters", "care", "unit",
    "area", "received_at", "queued_at", "points", "issue_id", "category",
)  # fmt: skip
_MATTER: Final = Row(category=None, followers=0, repeats=0, round=1, returns=0)


@answers(store_queue.SQL_RETURNS)
def _returns(store: Store, ids: list[UUID]) -> list[Row]:
    return [store["matter"][one] for one in ids if one in store["matter"]]


@answers(store_queue.SQL_COUNT)
def _count(store: Store, *columns: Any) -> list[Row]:
    told, (merged, back) = columns[:5], columns[5:]
    found = []
    for one, category, followers, round_, returns in zip(*told, strict=True):
        old = store["matter"].get(one)
        new = (old or _MATTER).changed(ticket_id=one)
        new["category"] = category or new["category"]
        if old is None or one in merged:
            new["followers"] = followers
        if old is None or one in back:
            new["round"], new["returns"] = round_, returns
        store["matter"].put(one, new)
        found.append(Row(ticket_id=one, repeats=new["repeats"]))
    return found


@answers(store_queue.SQL_REPEATED)
def _repeated(store: Store, ids: list[UUID], repeats: list[int]) -> None:
    for one, times in zip(ids, repeats, strict=True):
        old = store["matter"].get(one, _MATTER)
        store["matter"].put(one, old.changed(ticket_id=one, repeats=times))


def _open_item(store: Store, ticket_id: UUID) -> Row | None:
    own = (row for row in store.of("reception_item", ticket_id) if row["closed_at"] is None)
    return next(own, None)


@answers(store_queue.SQL_FACTS)
def _facts(store: Store, ids: list[UUID]) -> list[Row]:
    found = []
    for one in ids:
        view = store["ticket_view"].get(one)
        if view is None:
            continue
        matter, item = store["matter"].get(one, _MATTER), _open_item(store, one)
        names = ("item_id", "level", "org", "rule", "points")
        about: dict[str, Any] = {name: item[name] if item else None for name in names}
        counted = {"category": matter["category"], "requesters": 1 + matter["followers"]}
        found.append(view.changed(**counted, **about))
    return found


@answers(store_queue.SQL_ENTER)
def _enter(store: Store, *columns: Any) -> list[Row]:
    fresh = []
    for row in rows(_ENTRY, columns):
        key = Row((name, row[name]) for name in _ENTRY[:4])
        if store["reception_entry"].add(tuple(key), row):
            fresh.append(key)
    return fresh


@answers(store_queue.SQL_QUEUE)
def _queue(store: Store, *columns: Any) -> list[Row]:
    queued = []
    for row in rows(_ITEM, columns):
        old = _open_item(store, row["ticket_id"])
        if old is None:
            new = row.changed(
                state="queued",
                carried=0,
                session_id=None,
                care_kind=None,
                care_by=None,
                closed_at=None,
            )
        else:
            same = ("level", "org", "rule", "points", "round", "unit", "area")
            new = old.changed(**{name: row[name] for name in same})
            new["requesters"] = max(old["requesters"], row["requesters"])
            new["category"] = row["category"] or old["category"]
        _put(store, new)
        queued.append(new)
    return queued


def _put(store: Store, row: Row) -> None:
    store.keep("reception_item", row["ticket_id"], row["item_id"], row)


@answers(store_queue.SQL_RECOUNT)
def _recount(store: Store, ids: list[UUID], _issues: list[UUID]) -> None:
    for one in ids:
        item = _open_item(store, one)
        if item is not None:
            waiting = 1 + store["matter"].get(one, _MATTER)["followers"]
            _put(store, item.changed(requesters=waiting))


@answers(store_reception.SQL_WITHDRAW)
def _withdraw(store: Store, ids: list[UUID], times: list[datetime]) -> list[Row]:
    items = [(_open_item(store, one), at) for one, at in zip(ids, times, strict=True)]
    gone = [item.changed(closed_at=at, state="withdrawn") for item, at in items if item]
    for item in gone:
        _put(store, item)
    return gone


@answers(store_reception.SQL_QUEUE_AGAIN)
def _queue_again(store: Store, *columns: Any) -> list[Row]:
    found = []
    for one, round_, merged_at in zip(*columns, strict=True):
        if _open_item(store, one) is not None:
            continue
        own = [row for row in store.of("reception_item", one) if row["state"] == "withdrawn"]
        gone = [r for r in own if r["round"] <= round_ and r["closed_at"] >= merged_at]
        for row in gone[:1]:
            back = row.changed(closed_at=None, state="queued", session_id=None)
            _put(store, back)
            found.append(back)
    return found


def open_items(store: Store) -> list[Row]:
    """What lies on tables."""
    return [row for row in store["reception_item"].values() if row["closed_at"] is None]


def ended(view: Row) -> bool:
    """Nothing runs in this state."""
    return view["status"] in FINAL
