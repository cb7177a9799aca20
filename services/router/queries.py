"""What may be read of tickets, and by whom: the desk sees all, a person sees what the own units hold."""

from __future__ import annotations

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
from services.router.acting import DESK_ROLES, Actor, identify, ticket_view
from services.router.directory import Directory

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


async def page(  # noqa: PLR0913 - the filters of one list
    pool: Pool,
    *,
    principal: Principal,
    directory: Directory | None,
    unit: str | None,
    area: str | None,
    status: str | None,
    overdue: bool,
    q: str | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of tickets, newest first, with the cursor of the next."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        units = visible_units(principal, directory, now)
        if unit is not None:
            units = frozenset({unit}) if units is None or unit in units else frozenset()
        before = identify(cursor)[0] if cursor else None
        wanted = sorted(units) if units is not None else None
        rows = await store.tickets(conn, wanted, area, status, q, before, overdue, limit + 1)
        due = await _due(conn, [row["ticket_id"] for row in rows[:limit]])
    items = [ticket_view(row) | {"due": due.get(row["ticket_id"], {})} for row in rows[:limit]]
    return {"items": items, "next": items[-1]["ticket_id"] if len(rows) > limit else None}


async def one(
    pool: Pool, *, ticket: str, principal: Principal, directory: Directory | None
) -> dict[str, Any]:
    """A ticket with history, receipt, clocks and whistles. Raises DomainError 404."""
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
    return ticket_view(row) | {
        "due": _running(clocks),
        "history": [_line(line) for line in history],
        "receipt": orjson.loads(receipts[-1]["body"]) if receipts else None,
        "clocks": [_clock(clock) for clock in clocks],
        "whistles": [],
    }


async def _due(conn: Conn, ticket_ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    by_ticket: dict[UUID, list[Record]] = {}
    for clock in await store.clocks(conn, ticket_ids):
        by_ticket.setdefault(clock["ticket_id"], []).append(clock)
    return {ticket_id: _running(clocks) for ticket_id, clocks in by_ticket.items()}


def _running(clocks: list[Record]) -> dict[str, str]:
    return {c["kind"]: c["due_at"].isoformat() for c in clocks if c["state"] != "stopped"}


def _clock(row: Record) -> dict[str, Any]:
    return {
        "kind": row["kind"], "round": row["round"], "state": row["state"], "unit": row["unit"],
        "due_at": row["due_at"].isoformat(), "sentence": row["sentence"],
    }  # fmt: skip


def _line(row: Record) -> dict[str, Any]:
    return {
        "version": row["version"], "event": row["event"], "status": row["status"],
        "unit": row["unit"], "round": row["round"], "actor": row["actor"], "reason": row["reason"],
        "cause": row["cause"], "at": row["at"].isoformat(),
    }  # fmt: skip
