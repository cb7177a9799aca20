"""Statements of the router's tickets, histories, mergers, returns, receipts and projections."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from kit.outbox import LEASE_S
from services.router.ticket import store as s
from services.router.ticket import store_life, store_merging, store_routing
from tests.simulation.memory import Row, Store, answers, copied, outside
from tests.simulation.messaging import say
from tests.simulation.statements_notifier import rows

outside(s.SQL_ALONE, store_merging.SQL_LOCK, store_life.SQL_PROPOSE)
_OPENING: Final = (
    "ticket_id", "number", "status", "unit", "post", "assists", "area", "category", "urgency",
    "profile", "version", "channel", "kind", "title", "body", "address", "accused", "confidential",
    "rule_version", "receipt_id", "received_at", "dispatched_at", "receipt", "audit_id", "detail",
    "attachments", "outcome",
)  # fmt: skip
_LINE: Final = (
    "ticket_id",
    "version",
    "event",
    "status",
    "unit",
    "actor",
    "reason",
    "cause",
    "detail",
)
_HISTORY: Final = (
    "ticket_id", "version", "event", "status", "unit", "round", "actor", "reason", "cause", "detail",
    "at",
)  # fmt: skip
_MOVED: Final = (
    "status", "unit", "post", "assists", "category", "area", "profile", "rule_version", "receipt_id",
    "version", "changed_at", "dispatched_at", "_left", "coordinator", "urgency", "round", "pending",
    "extended", "ruled", "outcome",
)  # fmt: skip
_CLOCK: Final = (
    "ticket_id", "round", "kind", "clock_id", "state", "unit", "due_at", "sentence", "said_at",
    "return_until", "trace",
)  # fmt: skip
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_RETURN: Final = ("ticket_id", "round", "unit", "reason_code", "suggested", "at")


@answers(store_routing.SQL_NOW_AND_VERSION)
def _now(store: Store) -> list[Row]:
    return [Row(now=store.business_now(), version=1, model=0)]


@answers(store_routing.SQL_OPEN)
def _open(store: Store, now: Any, *columns: Any) -> list[Row]:
    opened = set()
    for row in rows(_OPENING, columns[:27]):
        receipt, audit_id, _ = row.pop("receipt"), row.pop("audit_id"), row.pop("detail")
        row["assists"], row["attachments"] = _listed(row["assists"]), _listed(row["attachments"])
        new = row.changed(
            round=1, changed_at=now, escalation_level=0, pending=None, extended=0, ruled=0,
            coordinator=row["unit"] if row["dispatched_at"] else None,
        )  # fmt: skip
        if store["ticket"].add(row["ticket_id"], new):
            opened.add(row["ticket_id"])
            store["number"].put(row["number"], Row(ticket_id=row["ticket_id"]))
            _receipt(store, row["receipt_id"], row["ticket_id"], receipt)
            store["audit"].put(audit_id, Row(action=f"ticket.{row['status']}"))
    for line in rows(_LINE, columns[27:36]):
        if line["ticket_id"] in opened:
            _line(store, line.changed(round=1, at=now))
    for ticket_id, event_id, subject, body in zip(*columns[36:], strict=True):
        if ticket_id in opened:
            say(store, event_id, subject, body, LEASE_S)
    return [Row(ticket_id=one) for one in opened]


def _listed(text: str) -> list[str]:
    return text.split(",") if text else []


def _line(store: Store, line: Row) -> None:
    key = (line["ticket_id"], line["version"])
    if key in store["ticket_event"]:
        raise RuntimeError("duplicate key: ticket_event_pkey")
    store.keep("ticket_event", line["ticket_id"], key, line)


@answers(s.SQL_HISTORY_APPEND)
def _append(store: Store, *columns: Any) -> None:
    for line in rows(_HISTORY, columns):
        _line(store, line)


@answers(s.SQL_TICKET, s.SQL_TICKET_LOCKED)
def _ticket(store: Store, ticket_id: UUID | None, number: str | None) -> list[Row]:
    key = ticket_id or store["number"].get(number, Row(ticket_id=None))["ticket_id"]
    return [store["ticket"][key].changed()] if key in store["ticket"] else []


@answers(s.SQL_MOVE)
def _move(store: Store, ticket_id: UUID, version: int, *values: Any) -> list[Row]:
    before = store["ticket"][ticket_id]
    if before["version"] != version:
        return []
    after = Row(zip(_MOVED, values, strict=True))
    del after["_left"]
    after["pending"], after["assists"] = copied(after["pending"]), list(after["assists"])
    store["ticket"].put(ticket_id, before.changed(**after))
    return [Row(ticket_id=ticket_id)]


@answers(s.SQL_RECEIPT)
def _read_receipt(store: Store, receipt_id: UUID) -> list[Row]:
    return [Row(body=store["receipt"][receipt_id]["body"])]


@answers(s.SQL_ADD_RECEIPT)
def _receipt(store: Store, receipt_id: UUID, ticket_id: UUID, body: str) -> None:
    store.keep("receipt", ticket_id, receipt_id, Row(receipt_id=receipt_id, body=body))


@answers(s.SQL_RECEIPTS)
def _receipts(store: Store, ticket_id: UUID) -> list[Row]:
    return store.of("receipt", ticket_id)


@answers(s.SQL_PROJECT_CLOCKS)
def _project_clocks(store: Store, *columns: Any) -> None:
    for new in rows(_CLOCK, columns):
        key = (new["ticket_id"], new["round"], new["kind"])
        old = store["ticket_clock"].get(key, Row(new, said_at=_NEVER))
        same = old["clock_id"] == new["clock_id"]
        other_ended = not same and new["state"] in {"stopped", "paused"}
        until = new["return_until"] or (old["return_until"] if same else None)
        if (old["said_at"], other_ended) <= (new["said_at"], False):
            store["ticket_clock"].put(key, new.changed(return_until=until))
        elif same:
            store["ticket_clock"].put(key, old.changed(return_until=until))


@answers(s.SQL_PROJECT_LEVELS)
def _project_levels(store: Store, ids: list[UUID], levels: list[int]) -> list[Row]:
    for one, level in zip(ids, levels, strict=True):
        row = store["ticket"].get(one)
        if row is not None and row["escalation_level"] < level:
            store["ticket"].put(one, row.changed(escalation_level=level))
    return [Row(ticket_id=one) for one in ids if one not in store["ticket"]]


@answers(s.SQL_COMMAND)
def _command(store: Store, unit: str, command_id: str) -> list[Row]:
    row = store["command"].get((unit, command_id))
    return [] if row is None else [row]


@answers(s.SQL_KEEP_COMMAND)
def _keep_command(
    store: Store, command_id: str, unit: str, body_hash: bytes, reply: Any, _at: Any
) -> None:
    store["command"].add((unit, command_id), Row(body_hash=body_hash, reply=copied(reply)))


@answers(store_life.SQL_RETURNS)
def _returns(store: Store, ticket_id: UUID, round_: int) -> list[Row]:
    own = (row for row in store.of("ticket_return", ticket_id) if row["round"] == round_)
    return sorted(own, key=lambda row: (row["at"], row["unit"]))


@answers(store_life.SQL_ADD_RETURN)
def _add_return(store: Store, *values: Any) -> None:
    row = Row(zip(_RETURN, values, strict=True), outcome=None)
    key = (row["ticket_id"], row["round"], row["unit"])
    if key in store["ticket_return"]:
        raise RuntimeError("duplicate key: ticket_return_pkey")
    store.keep("ticket_return", row["ticket_id"], key, row)


@answers(store_life.SQL_ANSWER_RETURNS)
def _answer_returns(store: Store, ticket_id: UUID, round_: int, lead: str, _at: Any) -> None:
    for row in store.of("ticket_return", ticket_id):
        if row["round"] == round_ and row["outcome"] is None:
            outcome = "refused" if row["unit"] == lead else "upheld"
            key = (ticket_id, round_, row["unit"])
            store["ticket_return"].put(key, row.changed(outcome=outcome))


@answers(store_life.SQL_HEARD)
def _heard(store: Store, ticket_id: UUID, cause: str) -> list[Row]:
    return [Row(exists=any(row["cause"] == cause for row in store.of("ticket_event", ticket_id)))]


@answers(store_life.SQL_HANDED_IN)
def _handed_in(store: Store, ticket_id: UUID) -> list[Row]:
    own = (r["version"] for r in store.of("ticket_event", ticket_id) if r["event"] == "handled")
    return [Row(max=max(own, default=None))]


@answers(store_life.SQL_TIMES)
def _times(store: Store, ticket_id: UUID, round_: int) -> list[Row]:
    keys = ((ticket_id, round_, kind) for kind in ("result", "sign_for"))
    return [store["ticket_clock"][key] for key in keys if key in store["ticket_clock"]]


@answers(store_merging.SQL_TREE)
def _tree(store: Store, ids: list[UUID]) -> list[Row]:
    followers, above = store["follower"], dict.fromkeys(ids)
    waiting = list(ids)
    while waiting:
        row = followers.get(waiting.pop())
        if row is not None and row["into_ticket"] not in above:
            above[row["into_ticket"]] = None
            waiting.append(row["into_ticket"])
    whole, waiting = dict(above), list(above)
    while waiting:
        for child in store.children["follower", waiting.pop()]:
            joined = followers.get(child)
            if joined is not None and child not in whole and joined["into_ticket"] in whole:
                whole[child] = None
                waiting.append(child)
    return [_member(store, one) for one in whole if one in store["ticket"]]


def _member(store: Store, one: UUID) -> Row:
    ticket, joined = store["ticket"][one], store["follower"].get(one)
    begun = [
        row["at"]
        for row in store.of("ticket_event", one)
        if row["round"] == ticket["round"] and row["event"] in {"dispatched", "reopened"}
    ]
    return ticket.changed(
        into_ticket=joined["into_ticket"] if joined else None,
        before=joined["before"] if joined else None,
        joined=joined["joined"] if joined else None,
        dispatched_at=min(begun, default=None),
    )


@answers(store_merging.SQL_FOLLOW)
def _follow(store: Store, ticket_id: UUID, into: UUID, before: str, at: Any) -> None:
    joined = store["ticket"][into]["round"]
    row = Row(into_ticket=into, joined=joined, before=before, at=at)
    store.keep("follower", into, ticket_id, row)


@answers(store_merging.SQL_LEAVE)
def _leave(store: Store, ticket_id: UUID) -> None:
    store["follower"].drop(ticket_id)
