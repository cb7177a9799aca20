"""What may be read of tickets, and by whom: the desk sees all, a person sees what the own units hold."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from asyncpg import Record

from kit.auth import Principal
from kit.db import Conn, Pool
from kit.errors import not_found
from kit.looking import look
from kit.sight import NOTHING, Sight
from kit.validation import id_cursor
from services.router import permitted
from services.router.desk.choice_text import told_in_words
from services.router.directory.directory import Directory
from services.router.issues import store_issues
from services.router.ticket import (
    merging,
    seeing,
    store,
    store_lists,
    store_merging,
    store_proof,
)
from services.router.ticket.seeing import DESK_ROLES, Actor
from services.router.ticket.ticket import identify
from services.router.ticket.viewing import clock_view, held, line_view, running, ticket_view
from services.router.whistle import store_whistles

PAGE: Final = 100
NONE: Final = UUID(int=0)
SEES_ALL: Final = (*DESK_ROLES, "ruling", "auditor", "service", "operator")


def actor_of(principal: Principal, directory: Directory | None, now: datetime) -> Actor:
    """The person behind a token with the units the directory gives today."""
    return seeing.actor(principal.sub, directory, now, roles=principal.roles)


def visible_units(
    principal: Principal, directory: Directory | None, now: datetime
) -> frozenset[str] | None:
    """None for who sees every ticket; else the own units and, for a secretary, those below the office.

    The office is one in which the directory gives a leading post today: a role alone stands above nobody.
    """
    if principal.has(*SEES_ALL):
        return None
    who = actor_of(principal, directory, now)
    if directory is None or not principal.has("secretary"):
        return who.units
    below = set(who.leads)
    grown = True
    while grown:
        found = {u.code for u in directory.units.values() if u.parent in below} - below
        below |= found
        grown = bool(found)
    return who.units | below


def sight_of(principal: Principal, directory: Directory | None, now: datetime) -> Sight:
    """What the row policies are told of somebody."""
    units = visible_units(principal, directory, now)
    who = actor_of(principal, directory, now)
    return who.sight(everything=units is None, told=units or NOTHING)


def looking(
    people: Pool, principal: Principal, directory: Directory | None
) -> AbstractAsyncContextManager[tuple[Conn, datetime]]:
    """A transaction that sees what somebody may see, and its time."""
    return look(people, partial(sight_of, principal, directory))


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
    people: Pool, principal: Principal, directory: Directory | None, wanted: Filter
) -> dict[str, Any]:
    """A page of tickets, newest first, with the cursor of the next. Raises DomainError 422."""
    before = id_cursor(wanted.cursor)
    async with looking(people, principal, directory) as (conn, now):
        who = actor_of(principal, directory, now)
        units = visible_units(principal, directory, now)
        hidden = frozenset() if units is None else who.kin
        if units is not None and who.serves(wanted.area):
            units = None
        if wanted.unit is not None:
            allowed = units is None or wanted.unit in units
            units = frozenset({wanted.unit}) if allowed else frozenset()
        rows = await store_lists.page(
            conn,
            sorted(units) if units is not None else None,
            wanted.area,
            wanted.status,
            wanted.q,
            before,
            wanted.overdue,
            wanted.limit + 1,
            sorted(hidden),
        )
        shown = rows[: wanted.limit]
        ids = [row["ticket_id"] for row in shown]
        known = await due(conn, ids)
        issues = await store_issues.issues_of(conn, ids)
    items = [
        ticket_view(row)
        | {"due": known.get(row["ticket_id"], {}), "issue_id": issues.get(row["ticket_id"])}
        for row in shown
    ]
    return {"items": items, "next": items[-1]["ticket_id"] if len(rows) > wanted.limit else None}


async def one(
    people: Pool,
    *,
    ticket: str,
    principal: Principal,
    directory: Directory | None,
    english: bool = False,
) -> dict[str, Any]:
    """A ticket with history, receipts, clocks, whistles and who follows it. Raises DomainError 404.

    The newest receipt also in plain words, with the names of the directory in use; these and the
    sentences of clocks in the language asked for. Who works on a
    ticket may read those merged into it: their words are part of the matter now.
    """
    ticket_id, number = identify(ticket)
    async with looking(people, principal, directory) as (conn, now):
        row = await store.ticket(conn, ticket_id, number)
        # Asked where there is none as well: a no that came sooner would tell which ones exist.
        known = row["ticket_id"] if row else ticket_id or NONE
        tree = await store_merging.tree(conn, [known])
        units = visible_units(principal, directory, now)
        called = await store_whistles.called_for(conn, known)
        if row is None:
            raise not_found("工单", "ticket")
        top = merging.root(tree, known)
        seen = Seen(top.units | called, merging.accused(tree, top.ticket_id))
        if not _sees(principal, directory, now, row, seen):
            raise not_found("工单", "ticket")
        proof = await store_proof.proofs(conn, row["ticket_id"])
        history = await store.history(conn, row["ticket_id"])
        receipts = await store.receipts(conn, row["ticket_id"])
        clocks = await store.clocks(conn, [row["ticket_id"]])
        issues = await store_issues.issues_of(conn, [row["ticket_id"]])
        who = actor_of(principal, directory, now)
        whistles = [
            whistle
            for whistle in await store_whistles.of_ticket(conn, row["ticket_id"])
            if units is None or whistle.known_to(units, who.kin)
        ]
        timed = await store_whistles.clocks(conn, [one.whistle_id for one in whistles])
    shown = [orjson.loads(receipt["body"]) for receipt in receipts]
    told = told_in_words(shown[-1], directory, english=english) if shown and directory else None
    return ticket_view(row) | {
        "due": running(clocks),
        "issue_id": issues.get(row["ticket_id"]),
        "history": [line_view(line) for line in history],
        "held": held(history),
        "receipt": shown[-1] if shown else None,
        "receipt_text": told,
        "receipts": shown,
        "clocks": [clock_view(clock, english=english) for clock in clocks],
        "whistles": [permitted.whistle_shown(w, timed, units, who, now) for w in whistles],
        "may": permitted.actions(who, row),
        "proofs": proof,
        "merged": [member.number for member in merging.followers(tree, row["ticket_id"])],
        "merged_into": top.number if top.ticket_id != row["ticket_id"] else None,
    }


class Seen(NamedTuple):
    """What else decides who sees a ticket."""

    working: frozenset[str]
    """Units that work on it under another ticket, or are called by a whistle."""
    about: frozenset[str]
    """Units complained about in it or in any ticket it is worked on with."""


def _sees(
    principal: Principal,
    directory: Directory | None,
    now: datetime,
    row: Record,
    seen: Seen,
) -> bool:
    """Who sees the ticket; of a merged one who works on it; and whom an open whistle calls.

    Nobody tied to a party complained about, here or in a ticket it is worked on with.
    """
    if principal.has(*SEES_ALL):
        return True
    who = actor_of(principal, directory, now)
    with_them = {
        "unit": row["unit"],
        "assists": seen.working,
        "area": None,
        "accused": row["accused"],
    }
    return who.sees(row, seen.about) or who.sees(with_them, seen.about)


async def may_see_proof(
    conn: Conn,
    proof: Mapping[str, Any],
    principal: Principal,
    directory: Directory | None,
    now: datetime,
) -> bool:
    """Whether somebody may see the ticket a file is proof of."""
    row = await store.ticket(conn, proof["used_by"], None)
    tree = await store_merging.tree(conn, [proof["used_by"]])
    called = await store_whistles.called_for(conn, proof["used_by"])
    if row is None:
        return False
    working = merging.root(tree, row["ticket_id"]).units | called
    about = merging.accused(tree, merging.root(tree, row["ticket_id"]).ticket_id)
    return _sees(principal, directory, now, row, Seen(working, about))


async def due(conn: Conn, ticket_ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    """Due times that still count, by ticket and kind of clock."""
    by_ticket: dict[UUID, list[Record]] = {}
    for clock in await store.clocks(conn, ticket_ids):
        by_ticket.setdefault(clock["ticket_id"], []).append(clock)
    return {ticket_id: running(clocks) for ticket_id, clocks in by_ticket.items()}
