"""What happens at a reception session besides deciding: its agenda, hearing, putting off, its end (D7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from contracts.escalation import ReceptionState
from kit import audit
from kit.masking import mask
from kit.validation import wrong_field
from services.notifier.receiving.lifting import carry_over, told
from services.notifier.receiving.room import Room, known
from services.notifier.reception import bodies, store_sessions
from services.notifier.reception.item import Item
from services.notifier.reception.session import Outcome, Session, SessionState, fits
from services.notifier.reception.states import Act, advance

UNHEARD: Final = "not_heard"
UNDECIDED: Final = "not_decided"
PUT_OFF: Final = "put_off"


async def schedule(room: Room, body: bodies.Scheduling) -> Session:
    """Put matters on the agenda, the weightiest where none is named; take others off. Raises 409, 422."""
    session = room.session
    await _take_off(room, body.off)
    staying = [x for x in room.lines if x.here and x.item.item_id not in body.off]
    ids = list(dict.fromkeys(body.items or ()))
    if body.items is None and not body.off:
        free = session.cap - len(staying)
        ids = await store_sessions.heaviest(room.conn, session.org, max(0, free))
    ids = [one for one in ids if all(x.item.item_id != one for x in staying)]
    fits(session, len(staying), len(ids))
    found = await store_sessions.lock_items(room.conn, ids)
    items = []
    for one in ids:
        item = found.get(one)
        named = body.items is not None
        if item is None or item.org != session.org or (named and room.closed(item)):
            raise wrong_field(
                "items", zh=f"{one} 不在本单位接待队列", en=f"{one} is not queued here"
            )
        state = advance(item.state, Act.SCHEDULE)
        items.append(replace(item, state=state, session_id=session.session_id))
    await room.save(items)
    last = max((x.position for x in room.lines), default=0)
    await store_sessions.put(room.conn, session.session_id, ids, last)
    for item in items:
        room.events.append(told("scheduled", item, room.by))
        room.note("schedule", item)
    return session


async def _take_off(room: Room, ids: Sequence[UUID]) -> None:
    items = []
    for one in sorted(ids):
        item = await room.lock(one)
        items.append(replace(item, state=advance(item.state, Act.TAKE_OFF), session_id=None))
    await room.save(items)
    gone = [(item.item_id, Outcome.TAKEN_OFF.value, None) for item in items]
    await store_sessions.outcome(room.conn, room.session.session_id, gone)
    for item in items:
        room.events.append(told("queued", item, room.by, reason="taken_off"))
        room.note("take-off", item)


async def hear(room: Room, body: bodies.Hearing) -> Session:
    """A matter was heard, in which form, who was there. Raises DomainError 409, 422."""
    for code in body.present:
        known("present", code, room.directory)
    item = await room.lock(body.item)
    session = room.session
    after = replace(item, state=advance(item.state, Act.HEAR))
    await room.save([after])
    note = mask(body.note) if body.note else None
    await store_sessions.heard(
        room.conn, session.session_id, item.item_id, body.form.value, note, list(body.present),
        room.now, room.staff.person,
    )  # fmt: skip
    room.events.append(told("heard", after, room.by))
    room.note("hear", after, form=body.form.value)
    return room.opened()


async def put_off(room: Room, body: bodies.CarryingOver) -> Session:
    """A matter is carried over, with the reason. Raises DomainError 409, 422."""
    item = await room.lock(body.item)
    await _carry(room, item, PUT_OFF, mask(body.reason))
    return room.opened()


async def close(room: Room, body: bodies.Closing) -> Session:
    """The session ends; what was not heard or not decided is carried over by itself."""
    ids = [x.item.item_id for x in room.lines if x.here and x.outcome is None]
    for item in (await store_sessions.lock_items(room.conn, ids)).values():
        if item.session_id == room.session.session_id and item.state in (
            ReceptionState.SCHEDULED,
            ReceptionState.HEARD,
        ):
            heard = item.state is ReceptionState.HEARD
            await _carry(room, item, UNDECIDED if heard else UNHEARD, None)
    session = room.opened()
    about = str(session.session_id)
    room.entries.append(
        audit.Entry(room.now, room.staff.person, "reception.close", about, {"org": session.org})
    )
    minutes = mask(body.minutes) if body.minutes else None
    return replace(session, state=SessionState.CLOSED, closed_at=room.now, minutes=minutes)


async def _carry(room: Room, item: Item, reason: str, words: str | None) -> None:
    after, events = await carry_over(room.conn, room.directory, item, reason, room.by)
    await room.save([after])
    found = [(item.item_id, Outcome.CARRIED_OVER.value, words or reason)]
    await store_sessions.outcome(room.conn, room.session.session_id, found)
    room.events += events
    room.note("carry-over", after, reason=reason, carried=after.carried)
