"""Destroys identities, originals and files of a complaint, on request or by age; ticket and figures stay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from asyncpg import Record
from pydantic import Field

from contracts.complaint import Kind as Matter
from kit import audit
from kit.attachments.shelf import Shelf
from kit.attachments.storage import key_of
from kit.clock import business_now
from kit.db import LOST, Conn, Pool, reading, transaction
from kit.errors import DomainError, Kind
from kit.logging import get
from kit.masking import mask
from services.intake import actions
from services.intake.complaint import Strict, Words
from services.intake.keeping import store_erasing as store
from services.intake.keeping.retention import Term, ended_before, why

log = get(__name__)

BATCH: Final = 200
PAUSE_S: Final = 3_600.0
BREATH_S: Final = 0.1
BY_AGE: Final = "retention"
"""Who destroyed it, in the audit, where no person did."""


class Basis(StrEnum):
    """On what ground an identity is destroyed before its time."""

    REQUEST = "request"
    """The person asked for it (Personal Information Protection Law art. 47)."""
    CONSENT = "consent"
    """Consent was taken back."""
    UNLAWFUL = "unlawful"
    """It should never have been taken down."""


class Order(Strict):
    """What somebody who may destroy an identity has to say."""

    basis: Basis
    reason: Annotated[Words, Field(min_length=2, max_length=200)]


@dataclass(frozen=True, slots=True)
class Eraser:
    """Where identities end."""

    pool: Pool
    shelf: Shelf
    terms: Mapping[Matter, Term]

    async def shred(self, ident: str, who: str, order: Order) -> dict[str, Any]:
        """Destroy one for good; once more changes nothing. Raises DomainError 404, 409 while it is open."""
        complaint_id: UUID = (await actions.find(self.pool, ident))["complaint_id"]
        async with transaction(self.pool) as conn:
            if not await store.has_ended(conn, complaint_id):
                raise _still_open()
            now = await business_now(conn)
            gone = await store.erase(conn, [(complaint_id, order.basis.value)], now)
            more = {"basis": order.basis.value, "reason": mask(order.reason)}
            await _note(conn, gone, who, now, {complaint_id: more})
        await self._remove_files(gone)
        row = await actions.find(self.pool, ident)
        return {
            "complaint_id": str(complaint_id),
            "number": row["number"],
            "erased_at": row["erased_at"].isoformat(),
            "erased_why": row["erased_why"],
        }

    async def retain(self) -> int:
        """Destroy a batch of what was kept long enough; how many."""
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            due = await store.due(conn, ended_before(now, self.terms), BATCH)
            ground = {row["complaint_id"]: self.terms[Matter(row["kind"])] for row in due}
            asked = [(one, why(term)) for one, term in sorted(ground.items())]
            gone = await store.erase(conn, asked, now) if asked else []
            more = {one: {"days": term.days} for one, term in ground.items()}
            await _note(conn, gone, BY_AGE, now, more)
        await self._remove_files(gone)
        return len(gone)

    async def outlook(self) -> dict[str, Any]:
        """The terms, and how much each would destroy now."""
        async with reading(self.pool) as conn:
            now = await business_now(conn)
            due = await store.count_due(conn, ended_before(now, self.terms))
        items = [
            {"kind": kind.value, "days": term.days, "source": term.source, "due": due[kind.value]}
            for kind, term in self.terms.items()
        ]
        return {"items": items, "next": None}

    async def _remove_files(self, gone: Sequence[Record]) -> None:
        """After the commit; what a crash leaves is swept as any object without a row."""
        keys = [key_of(one) for row in gone for one in row["files"]]
        if keys:
            await self.shelf.storage.delete(keys)


def retention_keeper(eraser: Eraser) -> Callable[[], Coroutine[Any, Any, None]]:
    """Destroy what is due, for ever; replicas take what another has not."""

    async def keep_terms() -> None:
        while True:
            count = 0
            try:
                count = await eraser.retain()
                if count:
                    log.info("identities_destroyed", count=count)
            except LOST as error:
                log.warning("retention_lost", error=type(error).__name__)
            await asyncio.sleep(BREATH_S if count else PAUSE_S)

    return keep_terms


async def _note(
    conn: Conn,
    gone: Sequence[Record],
    who: str,
    now: datetime,
    more: Mapping[UUID, Mapping[str, Any]],
) -> None:
    entries = [
        audit.Entry(
            now,
            who,
            "complaint.erase",
            str(row["complaint_id"]),
            {"files": len(row["files"])} | dict(more[row["complaint_id"]]),
        )
        for row in gone
    ]
    await audit.record(conn, entries)


def _still_open() -> DomainError:
    return DomainError(
        "still-open",
        Kind.CONFLICT,
        zh="该诉求尚未办结，仍需联系当事人；请办结、撤回或不予受理后再销毁。",
        en="Somebody still works on it and has to reach the resident; end or withdraw it first.",
    )
