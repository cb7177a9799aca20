"""The triage desk's list: what waits for a person, why, and what may be chosen with one key.

Order: urgency (critical, urgent, the rest), then when the dispatch clock is due, then when it was
received. `next` is a place in that order, so what comes or goes in between shifts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from asyncpg import Record

from kit.auth import Principal
from kit.db import Pool
from kit.validation import bad_cursor
from services.router import queries
from services.router.decision import reasons
from services.router.decision.labels import Labels
from services.router.desk import store_triage
from services.router.desk.store_triage import Place, Wanted
from services.router.desk.suggesting import Matter, suggest
from services.router.directory.directory import Directory
from services.router.ticket import merging, store_merging
from services.router.ticket.merging import Tree
from services.router.ticket.seeing import DESK_ROLES
from services.router.ticket.viewing import ticket_view

READERS: Final = (*DESK_ROLES, "ruling", "auditor")
_NUMBER: Final = "([0-9]{1,18}|9223372036854775807)"
_CURSOR: Final = re.compile(
    f"([0-2])~{_NUMBER}~{_NUMBER}~([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"
)
WORDS: Final = ("title", "text", "address")


async def page(
    people: Pool, who: Principal, directory: Directory | None, wanted: Wanted, language: str
) -> dict[str, Any]:
    """A page of what waits, most urgent and oldest first, in `zh` or `en`."""
    async with queries.looking(people, who, directory) as (conn, now):
        rows = await store_triage.waiting(conn, replace(wanted, limit=wanted.limit + 1))
        shown = rows[: wanted.limit]
        ids = [row["ticket_id"] for row in shown]
        tree = await store_merging.tree(conn, ids)
        due = await queries.due(conn, ids)
    reader = Reader(directory, tree, language, now, desk=who.has(*DESK_ROLES))
    items = [reader.item(row) | {"due": due.get(row["ticket_id"], {})} for row in shown]
    return {"items": items, "next": _cursor(shown[-1]) if len(rows) > wanted.limit else None}


def place(cursor: str | None) -> Place | None:
    """A place in the list from the `next` of the page before. Raises DomainError 422."""
    if cursor is None:
        return None
    read = _CURSOR.fullmatch(cursor)
    if read is None:
        raise bad_cursor()
    rank, due, received, ticket_id = read.groups()
    return Place(int(rank), int(due), int(received), UUID(ticket_id))


def _cursor(row: Record) -> str:
    return "~".join(str(row[name]) for name in ("rank", "due", "received", "ticket_id"))


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at the list, in which language, with which directory at hand."""

    directory: Directory | None
    tree: Tree
    language: str
    now: datetime
    desk: bool
    """Of the desk itself; others see no words of a confidential matter."""

    def item(self, row: Record) -> dict[str, Any]:
        """One ticket that waits: its words, why it is here, the receipt in short, and suggestions."""
        receipt = orjson.loads(row["receipt"])
        hidden = row["confidential"] and not self.desk
        code = receipt["reason"]
        return (
            ticket_view(row)
            | (dict.fromkeys(WORDS) if hidden else {})
            | {
                "confidential": row["confidential"],
                "reason": {"code": code, "words": reasons.words(code, self.language)},
                "receipt": self._summary(receipt, hidden=hidden),
                "suggestions": self._suggestions(row, receipt),
                "merged": [m.number for m in merging.followers(self.tree, row["ticket_id"])],
            }
        )

    def _summary(self, receipt: Mapping[str, Any], *, hidden: bool) -> dict[str, Any]:
        """What the receipt rests on, with names beside codes; what was read in the words may be hidden."""
        place_, category, said = receipt["place"], receipt["category"], receipt["duty"]
        obliged = said["unit"] if said else None
        return {
            "directory_version": receipt["versions"]["directory"]
            if "versions" in receipt
            else receipt["directory_version"],
            "place": {
                "area": place_["area"],
                "area_name": self._name("areas", place_["area"]),
                "score": place_["score"],
                "names": [] if hidden else place_["names"],
                "runners_up": [self._named("areas", code) for code in place_["runners_up"]],
                "near_border": place_["near_border"],
            },
            "category": {
                "code": category["code"],
                "name": self._name("categories", category["code"]),
                "score": category["score"],
                "words": [] if hidden else category["words"],
                "best": [self._named("categories", b["code"]) for b in category["best"]],
            },
            "owner": self._named("units", obliged) if obliged else None,
        }

    def _suggestions(self, row: Record, receipt: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self.directory is None:
            return []
        labels = Labels(self.directory, self.language == "en")
        accused = merging.accused(self.tree, row["ticket_id"])
        matter = Matter(row["unit"], row["category"], row["area"], receipt, accused, self.now)
        return [
            {
                "choice": number,
                "unit": one.unit,
                "unit_name": labels.unit(one.unit),
                "category": one.category,
                "category_name": labels.category(one.category) if one.category else None,
                "area": one.area,
                "area_name": labels.area(one.area) if one.area else None,
                "why": one.why(labels),
                "score": one.score,
            }
            for number, one in enumerate(suggest(matter, self.directory), 1)
        ]

    def _named(self, part: str, code: str) -> dict[str, str | None]:
        return {"code": code, "name": self._name(part, code)}

    def _name(self, part: str, code: str | None) -> str | None:
        if self.directory is None or code is None:
            return None
        labels = Labels(self.directory, self.language == "en")
        return {"units": labels.unit, "areas": labels.area, "categories": labels.category}[part](
            code
        )
