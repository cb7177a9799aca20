"""What may be read of whistles, and by whom: who blew, who signs, who is called, and the secretaries above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from kit.auth import Principal
from kit.clock import business_now
from kit.db import Conn, Pool, reading
from kit.errors import DomainError, not_found
from kit.validation import id_cursor, wrong_field
from services.router.directory.directory import Directory
from services.router.queries import actor_of, looking, visible_units
from services.router.ticket import store
from services.router.ticket.ticket import identify
from services.router.whistle import figures, store_figures, store_whistles
from services.router.whistle.store_figures import Period
from services.router.whistle.viewing import clock_view, line_view, whistle_view
from services.router.whistle.whistle import Whistle

PAGE: Final = 100
SEES_ALL: Final = ("dispatcher", "admin", "auditor")
LONGEST: Final = timedelta(days=366)
"""Of a period that figures are asked for."""
USUAL: Final = timedelta(days=30)
YEARS: Final = range(2000, 2100)
"""In which figures may be asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of whistles is narrowed to."""

    unit: str | None = None
    """A called department."""
    blower: str | None = None
    ticket: str | None = None
    status: str | None = None
    cursor: str | None = None
    limit: int = 50


def knowing(who: Principal, directory: Directory | None, now: datetime) -> frozenset[str] | None:
    """Units for which a person may know of whistles; None for the desk, auditors and administrators."""
    if who.has(*SEES_ALL):
        return None
    member = Principal(who.sub, who.roles & {"unit", "secretary"})
    return visible_units(member, directory, now) if member.roles else frozenset()


async def page(
    people: Pool, who: Principal, directory: Directory | None, wanted: Wanted
) -> dict[str, Any]:
    """A page of whistles, newest first, with the cursor of the next. Raises DomainError 422.

    A ticket that does not exist has none, as one that the asker may not know of.
    """
    before = id_cursor(wanted.cursor)
    async with looking(people, who, directory) as (conn, now):
        units = knowing(who, directory, now)
        hidden = frozenset[str]() if units is None else actor_of(who, directory, now).kin
        ticket_id = await _ticket_id(conn, wanted.ticket)
        if wanted.ticket is not None and ticket_id is None:
            return {"items": [], "next": None}
        found = await store_whistles.page(
            conn,
            before,
            wanted.status,
            ticket_id,
            wanted.blower,
            wanted.unit,
            None if units is None else sorted(units),
            sorted(hidden),
            wanted.limit + 1,
        )
        shown = found[: wanted.limit]
        clocks = await store_whistles.clocks(conn, [one.whistle_id for one in shown])
    items = [whistle_view(one, clocks.get(one.whistle_id, []), units) for one in shown]
    return {"items": items, "next": items[-1]["whistle_id"] if len(found) > wanted.limit else None}


async def one(
    people: Pool, ident: str, who: Principal, directory: Directory | None, *, english: bool
) -> dict[str, Any]:
    """A whistle with its history and clocks, their sentences in the language asked for. Raises DomainError 404."""
    try:
        whistle_id = UUID(ident)
    except ValueError:
        raise not_found("吹哨", "whistle") from None
    async with looking(people, who, directory) as (conn, now):
        units = knowing(who, directory, now)
        whistle = await store_whistles.whistle(conn, whistle_id)
        if whistle is None or not _knows(whistle, who, directory, now):
            raise not_found("吹哨", "whistle")
        history = await store_whistles.history(conn, whistle_id)
        clocks = (await store_whistles.clocks(conn, [whistle_id])).get(whistle_id, [])
    marks = units is None or bool(units & {whistle.blower, whistle.office})
    return whistle_view(whistle, clocks, units) | {
        "history": [line_view(line, marks=marks) for line in history],
        "clocks": [clock_view(clock, english=english) for clock in clocks],
    }


async def may_see_proof(
    conn: Conn, proof: Mapping[str, Any], who: Principal, directory: Directory | None, now: datetime
) -> bool:
    """Whether somebody may know of the whistle a file is proof of; its ticket's, where it has one."""
    whistle = await store_whistles.whistle(conn, proof["used_by"])
    return whistle is not None and _knows(whistle, who, directory, now)


def _knows(whistle: Whistle, who: Principal, directory: Directory | None, now: datetime) -> bool:
    units = knowing(who, directory, now)
    return units is None or whistle.known_to(units, actor_of(who, directory, now).kin)


async def counted(  # noqa: PLR0913 - who asks for what, in which language
    pool: Pool,
    who: Principal,
    directory: Directory | None,
    *,
    by: Literal["unit", "community"],
    start: datetime | None,
    end: datetime | None,
    language: str,
) -> dict[str, Any]:
    """Figures of a period, the last 30 days unless told; formulas printed. Raises DomainError 422.

    Counts of an area, also of what its reader may not read: the worker's `pool`.
    """
    async with reading(pool) as conn:
        now = await business_now(conn)
        period = _period(who, directory, (start, end), now)
        items = await (_by_unit if by == "unit" else _by_community)(conn, period)
    return {
        "by": by,
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "formulas": figures.formulas(language),
        "items": items,
        "next": None,
    }


async def _by_unit(conn: Conn, period: Period) -> list[dict[str, Any]]:
    return [figures.item(row["key"], row) for row in await store_figures.by_unit(conn, period)]


async def _by_community(conn: Conn, period: Period) -> list[dict[str, Any]]:
    rows = {row["key"]: row for row in await store_figures.by_community(conn, period)}
    blown = await store_figures.blown(conn, period)
    tickets = await store_figures.tickets(conn, period)
    return [
        figures.item(key, rows.get(key, figures.NOTHING))
        | figures.density(blown.get(key, 0), tickets.get(key, 0))
        for key in sorted({*rows, *blown, *tickets})
    ]


def _period(
    who: Principal,
    directory: Directory | None,
    asked: tuple[datetime | None, datetime | None],
    now: datetime,
) -> Period:
    for field, at in zip(("from", "to"), asked, strict=True):
        if at is not None and at.tzinfo is None:
            raise wrong_field(field, zh="时间要带时区", en="needs an offset")
        if at is not None and at.year not in YEARS:
            raise wrong_field(
                field, zh="年份应在 2000 至 2099 之间", en="must lie in the years 2000 to 2099"
            )
    end = asked[1] or now
    start = asked[0] or end - USUAL
    if not start < end <= start + LONGEST:
        raise wrong_field(
            "from", zh="起止时间不对，最长一年", en="must lie before `to`, at most a year"
        )
    within = None
    if who.has("secretary") and not who.has(*SEES_ALL, "ruling", "dashboard"):
        own = visible_units(who, directory, now) or frozenset()
        units = directory.units if directory else {}
        within = sorted({area for unit in own for area in units[unit].area})
    return Period(start, end, within)


async def _ticket_id(conn: Conn, ticket: str | None) -> UUID | None:
    if ticket is None:
        return None
    try:
        ticket_id, number = identify(ticket)
    except DomainError:
        return None
    return await store.id_of(conn, number) if number else ticket_id
