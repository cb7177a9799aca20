"""Acknowledging a raised rung: it is not said again; the climb goes on (domain.md D5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.errors import DomainError, Kind, not_found
from kit.outbox import Outgoing
from kit.relay import Relay
from services.notifier.clocks import store_about
from services.notifier.directory import Directory
from services.notifier.ending import say
from services.notifier.ladder import store_repeats
from services.notifier.ladder.escalation import Escalation


async def acknowledge(
    pool: Pool, relay: Relay, directory: Directory, person: str, escalation_id: UUID
) -> dict[str, Any]:
    """Note who knows of it, once.

    A recipient may, or somebody of the unit that holds the ticket; for others, and for whoever is tied to a
    unit it is about by now, it does not exist (404).
    Asked again it gives the first answer. Raises DomainError 404, 409 for one that was cleared.
    """
    async with transaction(pool) as conn:
        now = await business_now(conn)
        row = await store_repeats.lock(conn, escalation_id)
        post = None if row is None else await _post(conn, row, directory, person, now)
        if row is None or post is None:
            raise not_found("升级提醒", "escalation")
        if row["acknowledged_at"] is not None:
            return _shown(row, row["acknowledged_at"], row["acknowledged_by"])
        if row["cleared_at"] is not None:
            raise _cleared()
        events = await _note(conn, Escalation.of(row), person, post, now)
    relay.hint(events)
    return _shown(row, now, post)


async def _post(
    conn: Conn, row: Record, directory: Directory, person: str, now: datetime
) -> str | None:
    about = await store_about.of(conn, [row["ticket_id"]])
    if directory.roster.tied(person, about.get(row["ticket_id"], ()), now):
        return None
    return _by(row, directory, person, now)


def _by(row: Record, directory: Directory, person: str, now: datetime) -> str | None:
    """The post in which this person may acknowledge it: as a recipient before as one of the unit."""
    held = {post.post: post.unit for post in directory.roster.held_by(person, now)}
    told = [post for post in row["recipients"] if post in held]
    own = sorted(post for post, unit in held.items() if unit in {row["unit"], row["holder"]})
    return next(iter((*told, *own)), None)


async def _note(
    conn: Conn, escalation: Escalation, person: str, post: str, now: datetime
) -> list[Outgoing]:
    await store_repeats.acknowledge(conn, escalation.escalation_id, now, post)
    data = escalation.event(now, by=post)
    events = [say("escalation.acknowledged", data, to=data.level)]
    await outbox.append(conn, events)
    detail = {"escalation": str(escalation.escalation_id), "level": data.level, "post": post}
    entry = audit.Entry(now, person, "escalation.acknowledge", data.ticket_id, detail)
    await audit.record(conn, [entry])
    return events


def _shown(row: Record, at: datetime, post: str) -> dict[str, Any]:
    return {
        "escalation_id": str(row["escalation_id"]),
        "ticket_id": str(row["ticket_id"]),
        "number": row["number"],
        "level": row["level"],
        "acknowledged_at": at.isoformat(),
        "acknowledged_by": post,
    }


def _cleared() -> DomainError:
    return DomainError(
        "escalation-cleared",
        Kind.CONFLICT,
        zh="工单已办结或撤下，这次升级已经解除，无需确认。",
        en="The ticket has ended and this escalation was cleared; there is nothing to acknowledge.",
    )
