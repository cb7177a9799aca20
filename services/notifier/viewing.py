"""What people may look at: queues of their own offices, clocks and escalations of their own areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.clock import ClockKind, Trace
from kit.auth import Principal
from kit.db import Pool
from kit.due_words import english
from kit.errors import not_found
from kit.validation import bad_cursor, id_cursor
from services.notifier import queries
from services.notifier.clocks import store_about
from services.notifier.directory import Directory
from services.notifier.looking import EVERYWHERE, looking
from services.notifier.queries import Wanted
from services.notifier.reception import store_hand, store_listing, store_reception
from services.notifier.reception.handing import may_read, rules_of
from services.notifier.reception.store_listing import Narrowed

ANYTHING: Final = Narrowed()
MOST_RANK: Final = 2**31 - 1
"""A rank is kept as a 32-bit number; a larger one is of no page."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page begins, and how many items it may hold."""

    cursor: str | None
    limit: int


async def queue(  # noqa: PLR0913, PLR0917 - who asks, where, and for what
    people: Pool,
    directory: Directory,
    who: Principal,
    org: str | None,
    page: Page,
    wanted: Narrowed = ANYTHING,
) -> dict[str, Any]:
    """A page of the secretary's queue, weightiest first, each with its rules; counts on the first.

    Without `org` the own offices'; a lower office's of the own area where it is named. Raises
    DomainError 404, 422.
    """
    after = _queue_cursor(page.cursor)
    async with looking(people, directory, who) as (conn, now):
        own = offices(directory, who, now)
        if org is not None and own is not None and not may_read(own, org, directory.roster):
            raise not_found("接待队列", "reception queue")
        orgs = [org] if org is not None else None if own is None else list(own)
        rows = await store_listing.page(conn, orgs, wanted, after=after, limit=page.limit)
        known = await store_hand.entries(conn, [row["item_id"] for row in rows])
        counts = await store_listing.counts(conn, orgs) if after is None else None
    last = f"{rows[-1]['rank']}~{rows[-1]['item_id']}" if len(rows) == page.limit else None
    items = [
        store_reception.item_of(row).show(now) | {"rules": rules_of(known[row["item_id"]])}
        for row in rows
    ]
    return {"items": items, "next": last} | ({"counts": counts} if counts else {})


async def clocks(
    people: Pool, directory: Directory, who: Principal, ticket_id: UUID
) -> dict[str, Any]:
    """All clocks of a ticket with their traces, and who held it when. Raises DomainError 404."""
    async with looking(people, directory, who) as (conn, now):
        ticket = await queries.ticket(conn, ticket_id)
        areas = _areas(directory, who, now)
        if ticket is None or (areas is not None and not ticket["area"].startswith(areas)):
            raise not_found("工单", "ticket")
        about = await store_about.of(conn, [ticket_id])
        if directory.roster.tied(who.sub, about.get(ticket_id, ()), now):
            raise not_found("工单", "ticket")
        rows = await queries.ticket_clocks(conn, ticket_id)
    return {
        "ticket_id": str(ticket_id),
        "number": ticket["number"],
        "status": ticket["status"],
        "round": ticket["round"],
        "holders": ticket["holders"],
        "items": [clock_shown(row, now) for row in rows],
        "next": None,
    }


def in_english(found: dict[str, Any], part: str = "items") -> dict[str, Any]:
    """The same with the clocks of that part, shown as `clock_shown` does, telling their reasons in English."""
    return found | {part: [item | {"sentence": _english(item)} for item in found[part]]}


def decisions_in_english(decisions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Decisions as `receiving.pages` shows them, their clocks telling their reasons in English."""
    return [in_english(one, "clocks") for one in decisions]


async def escalations(
    people: Pool, directory: Directory, who: Principal, wanted: Wanted, page: Page
) -> dict[str, Any]:
    """A page of raised rungs, newest first. Raises DomainError 422."""
    before = id_cursor(page.cursor)
    async with looking(people, directory, who) as (conn, now):
        hidden = directory.roster.kin(who.sub, now)
        wanted = replace(wanted, within=_areas(directory, who, now), hidden=hidden)
        rows = await queries.escalations(conn, wanted, before, page.limit)
    last = str(rows[-1]["escalation_id"]) if len(rows) == page.limit else None
    return {"items": [_shown(row) for row in rows], "next": last}


def offices(
    directory: Directory, who: Principal, now: datetime
) -> dict[str, tuple[str, ...]] | None:
    """The offices in which somebody is secretary or deputy now, with their areas; None: sees all."""
    return None if who.has(*EVERYWHERE) else directory.roster.offices_of(who.sub, now)


def _areas(directory: Directory, who: Principal, now: datetime) -> tuple[str, ...] | None:
    own = offices(directory, who, now)
    return None if own is None else tuple(area for areas in own.values() for area in areas)


def clock_shown(row: Record, now: datetime) -> dict[str, Any]:
    """A clock with its sentence, trace and earlier due times, and how it stands now."""
    return _shown(row) | {"state": _state(row, now)}


def _shown(row: Record) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _english(item: dict[str, Any]) -> str:
    earlier = [datetime.fromisoformat(at) for at in item["earlier_due"]]
    due_at, trace = datetime.fromisoformat(item["due_at"]), Trace.model_validate(item["trace"])
    return english(ClockKind(item["kind"]), due_at, trace, earlier)


def _state(row: Record, now: datetime) -> str:
    if row["stopped_at"] is not None:
        return "stopped"
    if row["paused_at"] is not None:
        return "paused"
    return "overdue" if row["due_at"] <= now else "running"


def _queue_cursor(cursor: str | None) -> tuple[int, UUID] | None:
    if cursor is None:
        return None
    score, _, item_id = cursor.partition("~")
    try:
        found = int(score), UUID(item_id)
    except ValueError:
        raise bad_cursor() from None
    if abs(found[0]) > MOST_RANK:
        raise bad_cursor()
    return found
