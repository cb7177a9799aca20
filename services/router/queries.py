"""What may be read of tickets, and by whom: the desk sees all, a person sees what the own units hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from asyncpg import Record

from kit.auth import Principal
from kit.clock import business_now
from kit.db import Conn, Pool, reading
from kit.errors import not_found
from services.router import store
from services.router.acting import DESK_ROLES, identify
from services.router.deed import Actor
from services.router.directory import Directory
from services.router.labels import Labels
from services.router.receipt_text import receipt_text
from services.router.viewing import clock_view, line_view, running, ticket_view

PAGE: Final = 100
SEES_ALL: Final = (*DESK_ROLES, "ruling", "auditor", "service", "operator")


def actor_of(principal: Principal, directory: Directory | None, now: datetime) -> Actor:
    """The person behind a token with the units the directory gives today."""
    units = directory.units_of(principal.sub, now) if directory else frozenset()
    return Actor(principal.sub, units, desk=principal.has(*DESK_ROLES))


def visible_units(
    principal: Principal, directory: Directory | None, now: datetime
) -> frozenset[str] | None:
    """None for who sees every ticket; else the own units and, for a secretary, those below them."""
    if principal.has(*SEES_ALL):
        return None
    own = directory.units_of(principal.sub, now) if directory else frozenset()
    if directory is None or not principal.has("secretary"):
        return own
    below = set(own)
    grown = True
    while grown:
        found = {u.code for u in directory.units.values() if u.parent in below} - below
        below |= found
        grown = bool(found)
    return frozenset(below)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of tickets is narrowed to."""

    unit: str | None = None
    area: str | None = None
    status: str | None = None
    q: str | None = None
    """The beginning of a number."""
    overdue: bool = False
    cursor: str | None = None
    limit: int = 50


async def page(
    pool: Pool, principal: Principal, directory: Directory | None, wanted: Filter
) -> dict[str, Any]:
    """A page of tickets, newest first, with the cursor of the next."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        units = visible_units(principal, directory, now)
        if wanted.unit is not None:
            allowed = units is None or wanted.unit in units
            units = frozenset({wanted.unit}) if allowed else frozenset()
        rows = await store.tickets(
            conn,
            sorted(units) if units is not None else None,
            wanted.area,
            wanted.status,
            wanted.q,
            identify(wanted.cursor)[0] if wanted.cursor else None,
            wanted.overdue,
            wanted.limit + 1,
        )
        shown = rows[: wanted.limit]
        due = await _due(conn, [row["ticket_id"] for row in shown])
    items = [ticket_view(row) | {"due": due.get(row["ticket_id"], {})} for row in shown]
    return {"items": items, "next": items[-1]["ticket_id"] if len(rows) > wanted.limit else None}


async def one(
    pool: Pool,
    *,
    ticket: str,
    principal: Principal,
    directory: Directory | None,
    english: bool = False,
) -> dict[str, Any]:
    """A ticket with history, receipt, clocks and whistles. Raises DomainError 404.

    The receipt also in plain words, with the names of the directory in use.
    """
    ticket_id, number = identify(ticket)
    async with reading(pool) as conn:
        now = await business_now(conn)
        row = await store.ticket(conn, ticket_id, number)
        units = visible_units(principal, directory, now)
        if row is None or (units is not None and not units & {row["unit"], *row["assists"]}):
            raise not_found("工单", "ticket")
        history = await store.history(conn, row["ticket_id"])
        receipts = await store.receipts(conn, row["ticket_id"])
        clocks = await store.clocks(conn, [row["ticket_id"]])
    receipt = orjson.loads(receipts[-1]["body"]) if receipts else None
    told = receipt and directory and receipt_text(receipt, Labels(directory, english))
    return ticket_view(row) | {
        "due": running(clocks),
        "history": [line_view(line) for line in history],
        "receipt": receipt,
        "receipt_text": told or None,
        "clocks": [clock_view(clock) for clock in clocks],
        "whistles": [],
    }


async def _due(conn: Conn, ticket_ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    by_ticket: dict[UUID, list[Record]] = {}
    for clock in await store.clocks(conn, ticket_ids):
        by_ticket.setdefault(clock["ticket_id"], []).append(clock)
    return {ticket_id: running(clocks) for ticket_id, clocks in by_ticket.items()}
