"""Proof of handling: uploads that belong to a ticket; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.attachments import store
from kit.attachments.shelf import file_view, unusable
from kit.db import Conn


async def claim_proof(
    conn: Conn, ids: Sequence[str], ticket_id: UUID, sub: str, at: datetime
) -> None:
    """Make uploads of the actor `sub` proof of a ticket, in the caller's transaction.

    Proof of the same ticket may be named again. Raises DomainError 422 on `data.proof`, naming the first
    id that is unknown, another person's, or used for another ticket; the caller's transaction then rolls
    back and nothing is linked.
    """
    wrong = await store.claim(conn, ids, ticket_id, sub, at) if ids else None
    if wrong is not None:
        raise unusable("data.proof", wrong)


async def proofs(conn: Conn, ticket_id: UUID) -> list[dict[str, Any]]:
    """The proof of a ticket, oldest first, with where and when it was taken: that is what it proves."""
    return [file_view(row, whereabouts=True) for row in await store.used_by(conn, ticket_id)]
