"""Statements of the plumbing every service has: business time, inbox, outbox, audit, dead letters."""

from __future__ import annotations

from itertools import count
from typing import Any, Final
from uuid import UUID

from kit import audit, clock, db, inbox, outbox
from kit.deadletters import store as letters
from tests.simulation.memory import Row, Store, answers, outside, seconds

outside(db.SQL_SHOW, db.SQL_IN_HAND)
ORDER: Final = count()
"""In which order things became true, over all services; no clock can be set against it."""


@answers(clock.SQL_BUSINESS_NOW)
def _now(store: Store) -> list[Row]:
    return [Row(now=store.business_now())]


@answers(clock.SQL_DATABASE_NOW)
def _written(store: Store) -> list[Row]:
    store.written = max(store.wall, store.written + seconds(0.001))
    return [Row(now=store.written)]


@answers("select true")
def _true(_store: Store) -> list[Row]:
    return [Row(true=True)]


@answers(inbox.SQL_CLAIM)
def _claim(store: Store, consumer: str, event_ids: list[UUID]) -> list[Row]:
    return [Row(event_id=e) for e in event_ids if store["inbox"].add((consumer, e), Row())]


@answers(inbox.SQL_RELEASE)
def _release(store: Store, consumer: str, event_ids: list[UUID]) -> None:
    for event_id in event_ids:
        store["inbox"].drop((consumer, event_id))


@answers(inbox.SQL_ATTEMPT)
def _attempt(store: Store, consumer: str, message: str, error: str) -> list[Row]:
    key = (consumer, message)
    before = store["delivery_attempt"].get(key)
    row = Row(attempts=before["attempts"] + 1 if before else 1, last_error=error)
    store["delivery_attempt"].put(key, row)
    return [row]


@answers(inbox.SQL_FORGET)
def _forget(store: Store, consumer: str, message: str) -> None:
    store["delivery_attempt"].drop((consumer, message))


@answers(inbox.SQL_BURY)
def _bury(store: Store, *columns: Any) -> None:
    for ident, consumer, message, _stream, _seq, subject, _headers, body, *why in zip(
        *columns, strict=True
    ):
        before = store["dead_letter"].get((consumer, message))
        row = Row(
            dead_letter_id=before["dead_letter_id"] if before else ident, consumer=consumer,
            message=message, subject=subject, body=body, replay_asked_by=None, reason=why[0],
            error=why[1], resolved=False,
        )  # fmt: skip
        store["dead_letter"].put((consumer, message), row)


def gap_letters(store: Store) -> dict[UUID, Row]:
    """Those that lack an earlier event, by id."""
    rows = store["dead_letter"].values()
    return {r["dead_letter_id"]: r for r in rows if r["reason"] == "gap" and not r["resolved"]}


@answers(letters.SQL_GAPS)
def _gaps(store: Store, consumer: str, after: UUID, most: int) -> list[Row]:
    found = sorted(i for i, r in gap_letters(store).items() if r["consumer"] == consumer)
    return [Row(dead_letter_id=ident) for ident in found if ident > after][:most]


@answers(letters.SQL_GAP)
def _gap(store: Store, ident: UUID) -> list[Row]:
    row = gap_letters(store).get(ident)
    return [row] if row else []


def _change(store: Store, ident: UUID, **values: Any) -> None:
    for key, row in list(store["dead_letter"].items()):
        if row["dead_letter_id"] == ident:
            store["dead_letter"].put(key, row.changed(**values))


@answers(letters.SQL_DONE)
def _done(store: Store, ident: UUID, _resolution: str, _who: str) -> None:
    _change(store, ident, resolved=True)


@answers(letters.SQL_LACKING)
def _lacking(store: Store, ident: UUID, lacks: str) -> None:
    _change(store, ident, error=lacks)


@answers(letters.SQL_FAILED)
def _failed(store: Store, ident: UUID, reason: str, error: str) -> None:
    _change(store, ident, reason=reason, error=error)


@answers(outbox.SQL_APPEND)
def _append(
    store: Store, ids: list[UUID], subjects: list[str], bodies: list[bytes], lease_s: float
) -> None:
    for event_id, subject, body in zip(ids, subjects, bodies, strict=True):
        say(store, event_id, subject, body, lease_s)


def say(store: Store, event_id: UUID, subject: str, body: bytes, lease_s: float = 5) -> None:
    """Kept for ever, and pending until published; in the order of commits, which is the order of rows."""
    row = Row(event_id=event_id, subject=subject, body=body, order=next(ORDER))
    if not store["outbox"].add(event_id, row):
        raise RuntimeError("an event id was used twice")
    row = Row(event_id=event_id, attempt=0, lease_until=store.wall + seconds(lease_s))
    store["outbox_pending"].put(event_id, row)


@answers(outbox.SQL_PUBLISHED)
def _published(store: Store, ids: list[UUID]) -> None:
    for event_id in ids:
        store["outbox_pending"].drop(event_id)


@answers(audit.SQL_AUDIT)
def _audit(store: Store, ids: list[UUID], *columns: list[Any]) -> None:
    for key, at, actor, action, about, _ in zip(ids, *columns, strict=True):
        store["audit"].put(key, Row(at=at, actor=actor, action=action, object=about))
