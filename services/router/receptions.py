"""What a secretary decided at a reception, as far as the ticket is concerned (domain.md D7; product.md section 5).

A matter that was assigned goes to the unit that was named, as by a ruling: final in its round, every clock
running on. Whoever has it already is supervised; everything else stands in the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.command import Command, CommandData
from contracts.escalation import DecisionKind, DecisionTold, ReceptionEvent
from contracts.ticket import TicketStatus
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn
from kit.delivery import Effects, Received
from kit.errors import DomainError
from kit.outbox import Outgoing
from services.router.decision import receipt
from services.router.desk import deciding, returning
from services.router.directory.directory import Directory
from services.router.publishing.in_use import DirectoryInUse
from services.router.ticket import store, store_life
from services.router.ticket.answering_facts import NOTED
from services.router.ticket.deed import Asked, Deed, dispatched
from services.router.ticket.routing import BY_ROUTER
from services.router.ticket.seeing import Actor
from services.router.ticket.standing import Standing
from services.router.ticket.ticket import By, Step

S = TicketStatus
DECIDED: Final = "reception.decided"
REASON: Final = "reception_decision"
MOVABLE: Final = frozenset(
    {S.TRIAGE, S.DISPATCHED, S.ACCEPTED, S.IN_PROGRESS, S.RETURNED, S.ARBITRATION, S.ON_HOLD}
)
"""States in which somebody is, or has to be made, responsible for the work."""


async def heed(conn: Conn, received: Sequence[Received], in_use: DirectoryInUse) -> Effects:
    """Apply decisions, one ticket at a time, each once; without a directory they wait."""
    effects = Effects()
    for one in received:
        data = one.event.data
        if one.name != DECIDED or not isinstance(data, ReceptionEvent) or data.decision is None:
            continue
        directory = in_use.directory
        if directory is None:
            effects.waiting.append(one)
            continue
        async with conn.transaction():
            now = await business_now(conn)
            effects.events += await _apply(
                conn, (data, data.decision), one.event.id, directory, now
            )
    return effects


async def _apply(
    conn: Conn,
    said: tuple[ReceptionEvent, DecisionTold],
    cause: str,
    directory: Directory,
    now: datetime,
) -> list[Outgoing]:
    data, decision = said
    row = await store.ticket(conn, UUID(data.ticket_id), None, lock=True)
    if row is None or await store_life.heard(conn, row["ticket_id"], cause):
        return []
    detail: dict[str, Any] = {
        "fact": DECIDED,
        **decision.model_dump(mode="json", exclude_none=True),
        "level": data.level.value,
    }
    asked = _asked(row, data, decision, cause, now)
    deed = await _deed(conn, asked, decision, directory, detail)
    if not await store.move(conn, deed.row, deed.after, deed.version, now):
        raise RuntimeError(f"ticket {row['number']} changed under its lock")
    await store.append_history(conn, deed.lines())
    events = deed.events()
    await outbox.append(conn, events)
    told = {"events": [event for event, _ in deed.told], **deed.detail}
    who, about = deed.asked.actor.person, str(row["ticket_id"])
    await audit.record(conn, [audit.Entry(now, who, "ticket.decided", about, told)])
    return events


async def _deed(
    conn: Conn,
    asked: Asked,
    decision: DecisionTold,
    directory: Directory,
    detail: dict[str, Any],
) -> Deed:
    """Handed over, supervised, or noted: also where the unit named must not have the matter."""
    before, row = asked.before, asked.row
    if decision.kind is not DecisionKind.ASSIGN or before.status not in MOVABLE:
        return _said(asked, NOTED, detail)
    if decision.owner == before.unit:
        return _said(asked, "supervised", detail)
    against = await returning.held_against(conn, asked, directory)
    if decision.owner not in directory.units:
        return _said(asked, NOTED, detail | {"refused": "unknown-unit"})
    try:
        decided = deciding.reassign(asked.command.data, before, against)
    except DomainError as refused:
        return _said(asked, NOTED, detail | {"refused": refused.slug})
    await store.add_receipt(
        conn, against.receipt_id, row["ticket_id"], receipt.dump(decided.receipt)
    )
    await store_life.answer_returns(conn, row["ticket_id"], before.round, decision.owner, asked.at)
    after = replace(decided.after, ruled=before.round, pending=None)
    deed = dispatched(asked, after, decided.reason, detail | decided.detail)
    if before.status is S.ARBITRATION:
        return replace(deed, told=(("ruled", after.unit), *deed.told))
    return deed


def _said(asked: Asked, event: str, detail: dict[str, Any]) -> Deed:
    told = ((event, asked.row["unit"]),)
    return Deed(asked, Standing.of(asked.row), told, asked.row, detail, reason=REASON)


def _asked(
    row: Record, data: ReceptionEvent, decision: DecisionTold, cause: str, at: datetime
) -> Asked:
    """The secretary's decision as a step of the router's own; who decided is named."""
    step = Step(TicketStatus(row["status"]), NOTED, By.SYSTEM)
    command = Command(command_id=cause, data=CommandData(unit=decision.owner, reason=REASON))
    return Asked(row, step, command, Actor(data.actor or BY_ROUTER, frozenset()), at, seen=False)
