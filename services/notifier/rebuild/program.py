"""`python -m services.notifier rebuild`: make the views anew in a scratch database, compare, tell.

It says what it finds as JSON lines: `{"progress": [what, done, total]}`, and `{"result": …}` at the end.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kit.db import Pool, reading
from services.notifier.rebuild import store_rebuild
from services.notifier.rebuild.comparing import compare
from services.notifier.rebuild.replaying import Source, Tell, gather, replay
from services.notifier.rebuild.views import KEPT, VIEWS, unknown


async def rebuild(live: Pool, scratch: Pool, source: Source, tell: Tell) -> dict[str, Any]:
    """Compare every view, as it is at one moment, with what the kept events lead to.

    `live` is only read. Raises httpx.HTTPError where a neighbour does not answer, DomainError where an
    event cannot be applied any more.
    """
    async with store_rebuild.snapshot(live) as conn:
        material = await gather(conn, source, tell)
        steps = await replay(scratch, material, source, tell)
        views = []
        hand = await store_rebuild.by_hand(conn)
        for done, view in enumerate(VIEWS, 1):
            async with reading(scratch) as other, other.transaction(readonly=True):
                rebuilt = await store_rebuild.rows(other, view)
            live_rows = await store_rebuild.rows(conn, view)
            aside = hand if view.by_hand else set()
            found = compare(view, _without(live_rows, aside), _without(rebuilt, aside))
            views.append(
                {
                    "view": view.name,
                    "equal": found.equal,
                    "missing": found.missing,
                    "extra": found.extra,
                    "different": found.different,
                    "examples": found.examples,
                    "not_compared": dict(view.unequal),
                    "within_a_minute": dict(view.near),
                }
            )
            tell("compare", done, len(VIEWS))
        return {
            "service": "notifier",
            "at": material.now.isoformat(),
            "steps": steps,
            "messages": len(material.heard),
            "waiting": material.waiting,
            "dead_letters": await store_rebuild.open_letters(conn),
            "views": views,
            "by_hand": len(hand),
            "kept": dict(KEPT),
            "unknown": unknown(await store_rebuild.tables(conn)),
            "agrees": all(
                not (one["missing"] or one["extra"] or one["different"]) for one in views
            ),
        }


def _without(rows: list[dict[str, Any]], aside: set[UUID]) -> list[dict[str, Any]]:
    """Rows of other tickets than those."""
    return [row for row in rows if row["ticket_id"] not in aside] if aside else rows
