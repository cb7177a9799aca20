"""The dossier of a matter on a secretary's table: everything the meeting needs, on one page (domain.md D7, F3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final

from asyncpg import Record

from kit.auth import Principal
from kit.db import Conn, Pool
from kit.validation import id_of
from services.notifier import queries, viewing
from services.notifier.asking import Asking
from services.notifier.directory import Directory
from services.notifier.legacy import reviews_of
from services.notifier.looking import looking
from services.notifier.queries import Wanted
from services.notifier.receiving import pages
from services.notifier.reception import (
    brief,
    handing,
    legacy,
    naming,
    store_dossier,
    store_hand,
    store_legacy,
)
from services.notifier.reception.store_reception import item_of

RUNGS: Final = 50


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a dossier: token and language go on to the router, so that its own rights hold."""

    who: Principal
    bearer: str
    language: str


@dataclass(frozen=True, slots=True)
class Dossiers:
    """Builds dossiers."""

    people: Pool
    asking: Asking

    async def build(self, item: str, reader: Reader, directory: Directory) -> dict[str, Any]:
        """The dossier of an item on a table the reader may read. Raises DomainError 404.

        `missing` names what the router would not or could not say; everything else is there all the same.
        """
        async with looking(self.people, directory, reader.who) as (conn, now):
            row = await store_hand.item(conn, id_of(item, *handing.ITEM))
            own = viewing.offices(directory, reader.who, now)
            if row is None or not (
                own is None or handing.may_read(own, row["org"], directory.roster)
            ):
                raise handing.no_item()
            known = await _known(conn, row, now)
            told = chain.from_iterable(rung["recipients"] for rung in known["escalations"])
            known["posts"] = naming.posts(told, directory.roster, own, now)
        if reader.language == "en":
            known = viewing.in_english(known, "clocks")
            known["decisions"] = viewing.decisions_in_english(known["decisions"])
        asked = await self.asking.ticket(row["ticket_id"], reader.bearer, reader.language)
        ticket = asked.ticket or {}
        history = ticket.get("history") or []
        return known | {
            "ticket": {k: v for k, v in ticket.items() if k not in _ELSEWHERE} or None,
            "missing": [{"part": part, "why": asked.missing} for part in _ASKED]
            if asked.missing
            else [],
            "receipt": ticket.get("receipt_text"),
            "timeline": brief.timeline(history, known["item"]["rules"], known["escalations"]),
            "whistles": ticket.get("whistles") or [],
            "callbacks": brief.callbacks(history),
            "photos": brief.attachments(ticket),
        }


_ASKED: Final = ("ticket", "receipt", "history", "whistles", "callbacks", "photos")
"""Parts of a dossier that the router is asked for."""
_ELSEWHERE: Final = frozenset(
    {"history", "receipt", "receipts", "receipt_text", "whistles", "proofs", "clocks", "held"}
)
"""Of the router's answer: what stands in another part, or is the notifier's own to say."""


async def _known(conn: Conn, row: Record, now: datetime) -> dict[str, Any]:
    """What the notifier holds itself."""
    ticket_id = row["ticket_id"]
    entries = await store_hand.entries(conn, [row["item_id"]])
    view = await queries.ticket(conn, ticket_id)
    clocks = await queries.ticket_clocks(conn, ticket_id)
    rungs = await queries.escalations(conn, Wanted(ticket_id=ticket_id), None, RUNGS)
    matters = await store_legacy.of_ticket(conn, ticket_id)
    found = await reviews_of(conn, [one["legacy_id"] for one in matters])
    earlier = await store_dossier.earlier(conn, row)
    ids = [one["item_id"] for one in earlier]
    before = await store_hand.entries(conn, ids)
    about = await pages.decisions_about(conn, [row["item_id"], *ids], now)
    decided = [one for own in about.values() for one in own]
    closed = row["closed_at"].isoformat() if row["closed_at"] else None
    rules = handing.rules_of(entries[row["item_id"]])
    return {
        "made_at": now.isoformat(),
        "item": item_of(row).show(now) | {"rules": rules, "closed_at": closed},
        "holders": brief.holders(view["holders"] if view else [], now),
        "clocks": [viewing.clock_shown(one, now) for one in clocks],
        "escalations": brief.told(reversed(rungs)),
        "legacy": [
            legacy.shown(one, now) | {"reviews": found[one["legacy_id"]]} for one in matters
        ],
        "decisions": sorted(decided, key=lambda one: str(one["decided_at"]), reverse=True),
        "earlier": [
            item_of(one).show(now)
            | {
                "why": brief.HOW[one["how"]],
                "rules": handing.rules_of(before[one["item_id"]]),
                "closed_at": one["closed_at"].isoformat() if one["closed_at"] else None,
            }
            for one in earlier
        ],
    }
