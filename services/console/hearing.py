"""What the console does with what it hears: keeps it with its matter; what changes nothing leaves no trace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from contracts.base import Event
from contracts.publication import DirectoryPublished
from kit.db import Conn
from kit.delivery import Received
from services.console.projection import facts, store_told, topics

Told = tuple[str, Event[Any]]
"""Name and event."""


async def hear(conn: Conn, batch: Sequence[Received]) -> bool:
    """Keep what a batch says, in one transaction; True where any of it was news."""
    async with conn.transaction():
        return await keep(conn, [(one.name, one.event) for one in batch])


async def keep(conn: Conn, told: Iterable[Told]) -> bool:
    """Add events to the documents of their matters; the projector looks at those that changed."""
    by_matter: dict[UUID, list[Told]] = defaultdict(list)
    for name, event in told:
        if ident := facts.about(event.data):
            by_matter[UUID(ident)].append((name, event))
    if not by_matter:
        return False
    docs = await store_told.lock(conn, sorted(by_matter))
    changed, said = {}, {}
    for ticket_id, own in by_matter.items():
        doc = docs[ticket_id]
        news = [name for name, event in own if facts.hear(doc, name, event)]
        if news:
            changed[ticket_id], said[ticket_id] = doc, news
    if changed:
        await store_told.save(conn, changed, said)
    return bool(changed)


async def published(conn: Conn, batch: Sequence[Received]) -> bool:
    """Say that another version of the directory is in force: screens hold names of codes."""
    for one in batch:
        data = one.event.data
        if isinstance(data, DirectoryPublished):
            body = {"version": data.version, "effective_from": facts.iso(data.effective_from)}
            await store_told.notice(conn, topics.DIRECTORY, body)
    return bool(batch)
