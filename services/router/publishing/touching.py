"""What a new directory touches beside the old one: the open tickets, and the rulings it heeds."""

from __future__ import annotations

from typing import Any

from kit.db import Pool, reading
from services.router.directory.directory import Directory
from services.router.publishing import proposing, store_directory
from services.router.publishing.difference import Difference
from services.router.ticket import store_life


async def touched(pool: Pool, old: Directory, new: Directory, found: Difference) -> dict[str, Any]:
    """A difference as JSON, with the version it is taken from, the open tickets it touches, the rulings."""
    async with reading(pool) as conn:
        rows = await store_directory.open_places(conn)
        ruled = await store_life.proposals(conn, proposing.MOST)
    on_gone = {row["area"]: 0 for row in rows if row["area"] in found.gone}
    without_unit = 0
    for row in rows:
        if row["area"] in on_gone:
            on_gone[row["area"]] += row["tickets"]
        if row["unit"] not in new.units:
            without_unit += row["tickets"]
    tickets = {
        "open_tickets": sum(row["tickets"] for row in rows),
        "on_areas_that_vanish": sum(on_gone.values()),
        "of_units_that_vanish": without_unit,
        "by_area": on_gone,
    }
    proposed = proposing.drafts(ruled, new)
    return {"version": old.version, **found.view(), "tickets": tickets, "proposals": proposed}
