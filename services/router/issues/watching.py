"""Look at what was opened since the last look: tickets join a hot issue, or complete a new one.

Routing knows nothing of it. The look reads the router's own events in the order of their commits, from
a mark that only one process at a time can hold; issues, members, events, audit rows and the mark move
in one transaction, so nothing is opened twice and nothing is passed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from asyncpg import Record

from contracts.complaint import Urgency
from contracts.directory import AreaLevel
from contracts.publication import IssueEvent
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.ids import new_id
from kit.outbox import Outgoing, outgoing
from services.router.directory.directory import Directory
from services.router.issues import store_issues
from services.router.issues.issue_words import READ, pairs
from services.router.issues.issues import (
    COMPARED,
    DEFAULTS,
    UNCOUNTED,
    Issue,
    Sighting,
    Sorted,
    places,
    sort_out,
)
from services.router.place.blocks import DEPTH

SERVICE: Final = "router"
BY_ROUTER: Final = "system:router"
NEWS: Final = 300
"""Events of the router that one look takes."""
NEWEST: Final = 60
"""Tickets compared in one place."""
LEVELS: Final = {depth: AreaLevel(level) for level, depth in DEPTH.items()}


@dataclass(slots=True)
class Looked:
    """What a look did."""

    events: list[Outgoing] = field(default_factory=list)
    more: bool = False
    """There may be more to look at already."""


async def look(pool: Pool, directory: Directory, *, limit: int = NEWS) -> Looked:
    """One transaction; does nothing while another process is looking."""
    done = Looked()
    async with transaction(pool) as conn:
        mark = await store_issues.mark(conn)
        if mark is None:
            return done
        now = await business_now(conn)
        rows = await store_issues.news(conn, mark["tx"], mark["position"], limit)
        done.more = len(rows) == limit
        newcomers = await _newcomers(conn, rows, directory, now)
        if newcomers:
            done.events += await _sort(conn, newcomers, directory, now)
        done.events += await _end_quiet(conn, now)
        await outbox.append(conn, done.events)
        if rows:
            await store_issues.move_mark(conn, rows[-1]["tx"], rows[-1]["position"])
            await store_issues.age(conn, now - 2 * DEFAULTS.window)
    return done


async def _newcomers(
    conn: Conn, news: Sequence[Record], directory: Directory, now: datetime
) -> list[Sighting]:
    """Tickets that were opened, placed or named anew, as far as they count here."""
    ids = {UUID(orjson.loads(row["body"])["subject"]) for row in news if row["body"] is not None}
    if not ids:
        return []
    since = now - DEFAULTS.window
    rows = await store_issues.newcomers(conn, list(ids), since, READ, sorted(UNCOUNTED))
    found = [_sighting(row, directory) for row in rows]
    return [one for one in found if one.places]


def _sighting(row: Record, directory: Directory) -> Sighting:
    chain = directory.chains.get(row["area"] or "", ())
    return Sighting(
        ticket_id=row["ticket_id"],
        category=row["category"],
        places=places((code, LEVELS[directory.depth(code)]) for code in chain),
        critical=row["urgency"] == Urgency.CRITICAL.value,
        said_at=row["received_at"],
        words=pairs(row["title"], row["body"]),
    )


async def _sort(
    conn: Conn, newcomers: list[Sighting], directory: Directory, now: datetime
) -> list[Outgoing]:
    keys = {key for one in newcomers for key in _keys(one)}
    ids = [one.ticket_id for one in newcomers]
    await store_issues.watch(
        conn, ids, [(s.ticket_id, *key[:2], s.said_at) for s in newcomers for key in _keys(s)]
    )
    areas = sorted({area for area, _, _ in keys})
    issues = [_issue(row) for row in await store_issues.around(conn, areas, READ, COMPARED)]
    counted = await store_issues.recent(conn, sorted(keys), now - 2 * DEFAULTS.window, NEWEST, READ)
    recent = [_sighting(row, directory) for row in counted]
    # Comparing words takes a while where much is said at once; routing goes on meanwhile.
    done = await asyncio.to_thread(sort_out, newcomers, issues, recent, now=now, new_id=new_id)
    await _save(conn, done, now)
    await audit.record(conn, _entries(done, now))
    return list(_events(done, now))


def _keys(one: Sighting) -> list[tuple[str, str, int]]:
    """(area, matter, fewest tickets that can open an issue) under which a ticket is counted."""
    found = []
    for level, area in one.places.items():
        matter = "" if level is AreaLevel.COMPOUND else one.category
        if matter is not None:
            found.append((area, matter, DEFAULTS.least(level)))
    return found


def _issue(row: Record) -> Issue:
    return Issue(
        issue_id=row["issue_id"],
        level=AreaLevel(row["level"]),
        area=row["area"],
        category=row["category"],
        tickets=row["tickets"],
        heat=row["heat"],
        last_at=row["last_at"],
        words=[pairs(None, words) for words in row["words"]],
    )


async def _save(conn: Conn, done: Sorted, now: datetime) -> None:
    opened = [issue for issue, _ in done.opened]
    if opened:
        rows: list[tuple[Any, ...]] = [
            (i.issue_id, i.level.value, i.area, i.category, i.tickets, i.heat, i.last_at)
            for i in opened
        ]
        await store_issues.open_issues(conn, rows, now)
    new = {issue.issue_id for issue in opened}
    grown = {i.issue_id: i for i, _, _ in done.joined if i.issue_id not in new}
    if grown:
        await store_issues.grow(
            conn, [(i.issue_id, i.tickets, i.heat, i.last_at) for i in grown.values()]
        )
    members = [(s.ticket_id, i.issue_id) for i, found in done.opened for s in found]
    members += [(s.ticket_id, i.issue_id) for i, s, _ in done.joined]
    if members:
        await store_issues.join(conn, list(members), now)


def _events(done: Sorted, now: datetime) -> Iterable[Outgoing]:
    """Each member once: the first with `opened`, the others with `joined`."""
    for issue, found in done.opened:
        for name, one in zip(("opened", *["joined"] * len(found)), found, strict=False):
            yield _say(name, issue, one, len(found), now)
    for issue, one, tickets in done.joined:
        yield _say("joined", issue, one, tickets, now)


def _say(name: str, issue: Issue, one: Sighting, tickets: int, now: datetime) -> Outgoing:
    data = IssueEvent(
        issue_id=str(issue.issue_id),
        area=issue.area,
        ticket_id=str(one.ticket_id),
        tickets=tickets,
        at=now,
        level=issue.level.value,
        category=issue.category,
    )
    return announce(name, data)


def announce(name: str, data: IssueEvent) -> Outgoing:
    """One issue event on its area's subject."""
    return outgoing(
        f"issue.{name}", data, source=SERVICE, about=data.issue_id, at=data.at, area=data.area
    )


def closed(row: Record, reason: str, now: datetime) -> Outgoing:
    """`issue.closed` of a row that was just closed."""
    data = IssueEvent(
        issue_id=str(row["issue_id"]),
        area=row["area"],
        tickets=row["tickets"],
        at=now,
        level=row["level"],
        category=row["category"],
        reason=reason,
    )
    return announce("closed", data)


def _entries(done: Sorted, now: datetime) -> list[audit.Entry]:
    entries = [
        audit.Entry(
            now,
            BY_ROUTER,
            "issue.open",
            str(issue.issue_id),
            {"area": issue.area, "category": issue.category, "tickets": len(found)},
        )
        for issue, found in done.opened
    ]
    entries += [
        audit.Entry(now, BY_ROUTER, "issue.join", str(i.issue_id), {"ticket": str(s.ticket_id)})
        for i, s, _ in done.joined
    ]
    return entries


async def _end_quiet(conn: Conn, now: datetime) -> list[Outgoing]:
    rows = await store_issues.end_quiet(conn, now, now - DEFAULTS.quiet, BY_ROUTER)
    entries = [audit.Entry(now, BY_ROUTER, "issue.close", str(row["issue_id"])) for row in rows]
    await audit.record(conn, entries)
    return [closed(row, "quiet", now) for row in rows]
