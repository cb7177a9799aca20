"""Contact health in use: read our own events on, and say who can be reached."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from asyncpg import Record

from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from services.router.directory.directory import Directory
from services.router.publishing import contacts, store_contacts
from services.router.publishing.contacts import (
    ACTED,
    ASKED,
    WHOLE,
    Contact,
    Heard,
    Kept,
    Patience,
    Waiting,
)

AT_ONCE: Final = 1_000
"""Events read in one transaction."""
PAGE: Final = 200
MOST: Final = 500
"""Stale units that are counted and listed; more of them than this is one number."""
WANTED: Final = tuple(sorted(ASKED | ACTED))


async def read_on(pool: Pool) -> bool:
    """Read the next of our own events; True when there may be more. One process at a time does."""
    async with transaction(pool) as conn:
        after = await store_contacts.read_to(conn)
        if after is None:
            return False
        rows = await store_contacts.next_events(conn, after, AT_ONCE, WANTED)
        if not rows:
            return False
        told = contacts.told(heard for row in rows if (heard := _heard(row)) is not None)
        news = [
            (*key, one.signed_at, one.acted_at, one.asked_at) for key, one in sorted(told.items())
        ]
        await store_contacts.note(conn, news, rows[-1]["tx"], rows[-1]["position"])
    return len(rows) == AT_ONCE


def _heard(row: Record) -> Heard | None:
    noun, event, *rest = row["subject"].split(".")
    if noun != "ticket" or row["body"] is None:
        return None
    said = orjson.loads(row["body"])
    return Heard(event, rest[0], said["data"].get("actor"), datetime.fromisoformat(said["time"]))


async def stale(
    pool: Pool, directory: Directory, patience: Patience, *, limit: int = MOST
) -> list[Contact]:
    """Units that have been silent for too long, by code."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        found = await _units(conn, directory, (now, patience), only_stale=True, limit=limit)
    return [one for one in found if one.stale]


async def page(
    pool: Pool, directory: Directory, patience: Patience, *, only_stale: bool, cursor: str | None
) -> dict[str, Any]:
    """A page of units by code, with their posts, and the cursor of the next."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        found = await _units(
            conn, directory, (now, patience), only_stale=only_stale, after=cursor, limit=PAGE + 1
        )
    return {
        "items": [one.view() for one in found[:PAGE]],
        "next": found[PAGE - 1].unit if len(found) > PAGE else None,
    }


async def _units(  # noqa: PLR0913 - what one page is narrowed to
    conn: Conn,
    directory: Directory,
    at: tuple[datetime, Patience],
    *,
    only_stale: bool,
    limit: int,
    after: str | None = None,
) -> list[Contact]:
    now, patience = at
    asked = now - timedelta(days=patience.silent_days)
    since = now - timedelta(days=patience.unsigned_days)
    rows = await store_contacts.units(conn, after or "", only_stale, asked, since, limit)
    people: dict[str, dict[str, Kept]] = defaultdict(dict)
    for row in await store_contacts.people(conn, [row["unit"] for row in rows]):
        people[row["unit"]][row["person"]] = _kept(row)
    return [
        contacts.contact(
            directory,
            row["unit"],
            {WHOLE: _kept(row), **people.get(row["unit"], {})},
            Waiting(row["tickets"], row["since"]),
            at,
        )
        for row in rows
    ]


def _kept(row: Record) -> Kept:
    return Kept(row["signed_at"], row["acted_at"], row["asked_at"])
