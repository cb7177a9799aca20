"""What a person does with dead letters: one transaction with its audit record."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from uuid import UUID

from kit import audit
from kit.clock import business_now
from kit.db import Pool, transaction
from kit.deadletters import store
from kit.masking import mask


async def ask_replay(pool: Pool, idents: Sequence[UUID], who: str) -> list[UUID]:
    """Have the consumer's own service apply letters once more; answers those that were open."""
    async with transaction(pool) as conn:
        rows = await store.ask(conn, idents, who)
        now = await business_now(conn)
        await audit.record(
            conn,
            [
                audit.Entry(now, who, "deadletter.replay", str(row["dead_letter_id"]), _codes(row))
                for row in rows
            ],
        )
    return [row["dead_letter_id"] for row in rows]


async def discard(pool: Pool, idents: Sequence[UUID], who: str, why: str) -> list[UUID]:
    """Put letters aside for good; answers those that were open.

    The consumer takes their events for applied from now on: what is offered again after a broker lost its
    data stays discarded too.
    """
    said = mask(why)
    async with transaction(pool) as conn:
        rows = await store.discard(conn, idents, who, said)
        now = await business_now(conn)
        for row in rows:
            with contextlib.suppress(ValueError):  # no event id: nothing to be offered again
                await store.never_again(conn, row["consumer"], str(UUID(row["message"])))
        await audit.record(
            conn,
            [
                audit.Entry(
                    now,
                    who,
                    "deadletter.discard",
                    str(row["dead_letter_id"]),
                    _codes(row) | {"why": said},
                )
                for row in rows
            ],
        )
    return [row["dead_letter_id"] for row in rows]


def _codes(row: dict[str, str]) -> dict[str, str]:
    return {name: row[name] for name in ("consumer", "message", "reason")}
