"""Looks for likely duplicates of what somebody is about to file."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from asyncpg import Record

from contracts.complaint import Datum, Kind, Point
from kit import audit
from kit.auth import Principal
from kit.city_time import CITY_TIME
from kit.db import Pool, transaction
from kit.masking import mask
from services.intake import likeness, store_alike
from services.intake.directory import Codes
from services.intake.duplicate import Asked, Likely, Question, Stored, likely
from services.intake.looking import looking
from services.intake.position import wgs84
from services.intake.store_alike import Traces
from services.intake.vault import Vault
from services.intake.whereabouts import PlaceNames, Where

REMEMBERED: Final = 4_096
TEXT_LENGTH: Final = 2 * likeness.COMPARED
"""Characters read of a stored text: enough to compare once what is no letter is gone."""
_WEIGHTS: Final = {"text": 1.0, "place": 2.0, "door": 4.0, "cell": 2.0}
"""What sharing a mark is worth for being looked at, divided by how many share it."""

Told = tuple[str, date, tuple[str, ...]]


class Searcher:
    """Asks intake's own tables; the caller's phone only as its blind index."""

    def __init__(self, pool: Pool, people: Pool, vault: Vault) -> None:
        self._pool = pool
        self._people = people
        self._vault = vault
        self._told: OrderedDict[Told, None] = OrderedDict()

    async def search(self, question: Question, codes: Codes, who: Principal) -> Sequence[Likely]:
        """At most `question.limit` likely duplicates, best first.

        That complaints came from the phone in the question is told only after it was noted who was told.
        """
        names = codes.names
        said = mask(f"{question.title or ''} {question.text}")
        words = likeness.plain(said)
        where = names.where(
            mask(question.address) if question.address else None,
            said,
            grids=(question.grid_code,),
            point=wgs84(question.position()),
        )
        window = timedelta(days=question.days)
        caller = self._vault.phone_indexes(question.phone) if question.phone else []
        async with looking(self._people, codes.staff, who) as (conn, now):
            looked_for = traces(words, where, now - window, now, caller=caller)
            rows = await store_alike.alike(conn, looked_for, now - window, TEXT_LENGTH)
        asked = Asked(likeness.grams(words), where, question.category, question.kind, now, window)
        found = likely(asked, [_stored(row, names) for row in rows], question.limit)
        await self._note(found, who.sub, now)
        return found

    async def _note(self, found: Sequence[Likely], sub: str, now: datetime) -> None:
        """An audit row for each new answer about a caller; not one for each letter typed."""
        numbers = tuple(sorted(one.stored.number for one in found if one.stored.same_caller))
        told: Told = (sub, now.astimezone(CITY_TIME).date(), numbers)
        if not numbers or told in self._told:
            return
        entry = audit.Entry(now, sub, "complaint.same_caller", "-", {"numbers": numbers})
        async with transaction(self._pool) as conn:
            await audit.record(conn, [entry])
        self._told[told] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)


def traces(
    words: str, where: Where, since: datetime, now: datetime, *, caller: Sequence[bytes]
) -> Traces:
    """Every mark of a question in every 30 days from `since` to `now`, with its weight."""
    weights = dict.fromkeys(likeness.marks(words, likeness.ASKED), _WEIGHTS["text"])
    for kind, token in where.asked():
        weights[likeness.mark_of(kind, token)] = _WEIGHTS[kind]
    periods = range(likeness.period(since), likeness.period(now) + 1)
    keys = [key for number in periods for key in likeness.keys(weights, number)]
    return Traces(keys, [*weights.values()] * len(periods), caller)


def _stored(row: Record, names: PlaceNames) -> Stored:
    point = (
        Point(lon=row["lon"], lat=row["lat"], datum=Datum(row["datum"]))
        if row["datum"] is not None
        else None
    )
    text = f"{row['title'] or ''} {row['text']}"
    return Stored(
        complaint_id=row["complaint_id"],
        number=row["number"],
        received_at=row["received_at"],
        kind=Kind(row["kind"]),
        words=likeness.grams(likeness.plain(text)),
        where=names.where(
            row["address"],
            text,
            grids=(row["grid_code"], row["filed_grid"]),
            point=wgs84(point),
        ),
        same_caller=row["same_caller"],
        title=row["title"],
        text=row["text"],
        address=row["address"],
        grid_code=row["grid_code"],
        category=row["category"],
        status=row["status"],
    )
