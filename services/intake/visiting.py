"""A resident looks up their own matter: the last four digits of the phone, five wrong tries an hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from asyncpg import Record

from contracts.ticket import TicketStatus
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from services.intake import store_visits as store
from services.intake.number import is_number
from services.intake.resident import (
    WITHIN,
    View,
    digits_of,
    household,
    no_match,
    not_digits,
    recent_of,
    too_many,
    wait,
)
from services.intake.vault import Vault

NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Visits:
    """The resident's door: knows digests only, no phone and no address."""

    pool: Pool
    vault: Vault

    async def look(self, number: str, digits: str, address: str) -> View:
        """Where the matter stands. Raises DomainError 404, 422, 429.

        An unknown number is asked about like a known one, so that nothing tells them apart. Wrong tries
        are counted under lock: many at once are no more than one after the other.
        """
        four = digits_of(digits)
        if four is None:
            raise not_digits()
        tokens = sorted(
            {self.vault.token("number", number), self.vault.token("address", household(address))}
        )
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            known = await store.tries(conn, tokens, now)
            waits = [left for one in known.values() if (left := wait(one, now)) is not None]
            if waits:
                raise too_many(max(waits))
            found = await self._opened(conn, number, four)
            if found is None:
                kept = {token: [*recent_of(one, now), now] for token, one in known.items()}
                await store.keep_tries(conn, kept, now)
                await store.forget(conn, now - 2 * WITHIN)
        if found is None:
            raise no_match()
        return _view(found)

    async def _opened(self, conn: Conn, number: str, digits: str) -> Record | None:
        row = await store.place(conn, number) if is_number(number) else None
        about = row["complaint_id"] if row else NOBODY
        right = await store.tail_is(conn, about, self.vault.tails(str(about), digits))
        return row if right else None


def _view(row: Record) -> View:
    declined = row["decline_reason"] is not None
    opening = TicketStatus.DECLINED if declined else TicketStatus.RECEIVED
    status = TicketStatus(row["lead_status"]) if row["lead_status"] else opening
    if row["withdrawn_at"] is not None:
        return View(
            row["number"], TicketStatus.WITHDRAWN, together=False, since=row["withdrawn_at"]
        )
    return View(
        number=row["number"],
        status=status,
        together=row["status"] == TicketStatus.MERGED.value,
        since=row["since"] or row["received_at"],
    )
