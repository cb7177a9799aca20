"""What a clock of a whistle means to the router: due times shown beside it, no-shows, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from contracts.clock import ClockEvent, ClockKind
from contracts.whistle import WhistleStatus
from kit.clock import business_now
from kit.db import Conn
from kit.delivery import Received
from kit.outbox import Outgoing
from services.router.blowing import save
from services.router.whistle import store_whistles
from services.router.whistle.deeds import BY_ROUTER, Asked
from services.router.whistle.states import CALLS, STEPS, Act
from services.router.whistle.steps import take
from services.router.whistle.whistle import Whistle

STATE_OF: Final = {
    "clock.set": "running",
    "clock.near_due": "near_due",
    "clock.stopped": "stopped",
    "clock.breached": "breached",
}


async def hear(conn: Conn, received: Sequence[Received]) -> list[Outgoing]:
    """Show due times, mark who did not come, close what can no longer be rated.

    Repetition changes nothing: a clock's word is kept by its time, and a step that was taken has no row
    in the tables any more. Events must be hinted once the caller's transaction, if any, is over.
    """
    told = [
        (one.name, one.event.data, one.event.id)
        for one in received
        if isinstance(one.event.data, ClockEvent) and one.event.data.whistle_id is not None
    ]
    if not told:
        return []
    await _project(conn, [(name, data) for name, data, _ in told])
    events: list[Outgoing] = []
    for name, data, cause in told:
        act = _act_of(name, data)
        if act is not None and data.whistle_id is not None:
            events += await _act(conn, UUID(data.whistle_id), act, data.unit, cause)
    return events


def _act_of(name: str, data: ClockEvent) -> Act | None:
    if data.kind is ClockKind.CHECK_IN and name == "clock.breached":
        return Act.NO_SHOW
    if data.kind is ClockKind.RATING and name in ("clock.breached", "clock.stopped"):
        return Act.CLOSE
    return None


async def _act(conn: Conn, whistle_id: UUID, act: Act, unit: str, cause: str) -> list[Outgoing]:
    """One whistle's step in a transaction of its own; nothing where it is no longer due."""
    async with conn.transaction():
        now = await business_now(conn)
        whistle = await store_whistles.whistle(conn, whistle_id, lock=True)
        if whistle is None or not _due(whistle, act, unit):
            return []
        asked = Asked(act, BY_ROUTER, now, unit=unit, cause=cause)
        return await save(conn, take(whistle, asked))


def _due(whistle: Whistle, act: Act, unit: str) -> bool:
    """False for what somebody else's step has overtaken."""
    if (whistle.status, act) not in STEPS:
        return False
    if act is Act.CLOSE:
        return whistle.status in (WhistleStatus.RESOLVED, WhistleStatus.RATED)
    call = whistle.call(unit)
    return call is not None and (call.state, act) in CALLS


async def _project(conn: Conn, told: Sequence[tuple[str, ClockEvent]]) -> None:
    newest: dict[tuple[str, str, str], tuple[str, ClockEvent]] = {}
    for name, data in told:
        key = (data.whistle_id or "", data.kind.value, data.unit)
        known = newest.get(key)
        if known is None or known[1].order <= data.order:
            newest[key] = (name, data)
    rows = [
        (
            UUID(key[0]),
            key[1],
            key[2],
            STATE_OF[name],
            data.due_at,
            data.sentence,
            data.order,
            data.trace.model_dump(mode="json"),
        )
        for key, (name, data) in sorted(newest.items(), key=lambda item: item[0])
    ]
    await store_whistles.project(conn, rows)
