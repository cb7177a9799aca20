"""What intake does besides filing (registrar.py): find, reveal, project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record

from contracts.ticket import TicketEvent
from kit import audit
from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from kit.delivery import Effects, Received
from kit.errors import not_found
from kit.masking import mask
from services.intake import store
from services.intake.number import is_number
from services.intake.vault import Vault


@dataclass(frozen=True, slots=True)
class Archive:
    """Identities behind `reveal`: a pool of the role that may read them, and the keys."""

    vault_pool: Pool
    vault: Vault


async def find(pool: Pool, id_or_number: str) -> Record:
    """One complaint, masked. Raises DomainError 404."""
    complaint_id, its_number = _identify(id_or_number)
    async with reading(pool) as conn:
        row = await store.complaint(conn, complaint_id, its_number)
    if row is None:
        raise not_found("诉求", "complaint")
    return row


async def reveal(
    pool: Pool, archive: Archive, *, id_or_number: str, sub: str, reason: str
) -> dict[str, Any]:
    """Identity and original words of one complaint; the audit row is committed first. Raises 404."""
    row = await find(pool, id_or_number)
    complaint_id = row["complaint_id"]
    async with transaction(pool) as conn:
        now = await business_now(conn)
        entry = audit.Entry(
            now, sub, "complaint.reveal", str(complaint_id), {"reason": mask(reason)}
        )
        await audit.record(conn, [entry])
    async with reading(archive.vault_pool) as conn:
        sealed = await store.unseal(conn, complaint_id)
    return archive.vault.open(str(complaint_id), *sealed) if sealed else {}


async def project_tickets(conn: Conn, received: Sequence[Received]) -> Effects:
    """Note the newest state of each ticket."""
    newest: dict[str, TicketEvent] = {}
    for one in received:
        data = one.event.data
        if isinstance(data, TicketEvent):
            known = newest.get(data.complaint_id)
            if known is None or known.version < data.version:
                newest[data.complaint_id] = data
    if newest:
        rows: list[tuple[Any, ...]] = [
            (UUID(d.complaint_id), d.status.value, d.holder, d.round, d.version, d.area, d.category)
            for d in sorted(newest.values(), key=lambda d: d.complaint_id)
        ]
        await store.project(conn, rows)
    return Effects()


def _identify(id_or_number: str) -> tuple[UUID | None, str | None]:
    if is_number(id_or_number):
        return None, id_or_number
    try:
        return UUID(id_or_number), None
    except ValueError:
        raise not_found("诉求", "complaint") from None
