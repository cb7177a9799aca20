"""How often the same requester came with the same matter before: counted from the phone's blind index.

Only the count leaves intake; whose phone it is, and which complaints were counted, stays here (domain.md E31).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from contracts.complaint import Datum, Kind, Point
from services.intake import likeness
from services.intake.duplicate import Asked, Stored, same_matter
from services.intake.filing import Draft, Masked
from services.intake.position import wgs84
from services.intake.vault import Vault
from services.intake.whereabouts import PlaceNames

WINDOW: Final = timedelta(days=180)
"""How far back a complaint of the same requester counts; source: `choice`."""
READ: Final = 2 * likeness.COMPARED
"""Characters read of an earlier complaint."""


def callers(draft: Draft, vault: Vault) -> list[bytes]:
    """The blind indexes of who asks, one a key.

    None for whom nobody shall find again, and for what is kept among few.
    """
    filing = draft.filing
    asks = filing.requester
    if asks is None or asks.anonymous or not asks.reach or filing.confidential or filing.decline:
        return []
    return vault.phone_indexes(asks.reach)


def counts(
    drafts: Sequence[Draft], words: Sequence[Masked], earlier: Sequence[Any], now: datetime
) -> list[int]:
    """For each draft how many of the caller's earlier complaints were about the same matter."""
    known: dict[int, list[Any]] = defaultdict(list)
    for row in earlier:
        known[row["place"]].append(row)
    return [
        _count(draft, masked, known[place], now) if place in known else 0
        for place, (draft, masked) in enumerate(zip(drafts, words, strict=True), 1)
    ]


def _count(draft: Draft, words: Masked, rows: Sequence[Any], now: datetime) -> int:
    filing, names = draft.filing, draft.names
    said = f"{words.title or ''} {words.text}"
    where = names.where(words.address, said, grids=(filing.grid_code,), point=wgs84(filing.point))
    grams = likeness.grams(likeness.plain(said))
    asked = Asked(grams, where, filing.category, filing.kind, now, WINDOW)
    return sum(same_matter(asked, _stored(row, names)) for row in rows)


def _stored(row: Any, names: PlaceNames) -> Stored:
    point = None
    if row["datum"] is not None:
        point = Point(lon=row["lon"], lat=row["lat"], datum=Datum(row["datum"]))
    said = f"{row['title'] or ''} {row['words']}"
    grids = (row["grid_code"], row["filed_grid"])
    return Stored(
        complaint_id=UUID(int=0),
        number="",
        received_at=row["received_at"],
        kind=Kind(row["kind"]),
        words=likeness.grams(likeness.plain(said)),
        where=names.where(row["address"], said, grids=grids, point=wgs84(point)),
        same_caller=True,
        title=None,
        text="",
        address=None,
        grid_code=None,
        category=row["category"],
        status=None,
    )
