"""What `/metrics` and `/readyz` say of a service's tables: outbox, dead letters, audit chain."""

from __future__ import annotations

from typing import Any

from kit import inbox, metrics, outbox
from kit.chain import store
from kit.db import Pool, reading


async def refresh(pool: Pool, service: str) -> None:
    """Bring the gauges up to date. Raises LOST errors without a database."""
    async with reading(pool) as conn:
        pending, age_s = await outbox.lag(conn)
        letters = await inbox.open_dead_letters(conn)
        _, waiting, lag_s = await store.standing(conn)
    metrics.OUTBOX_PENDING.labels(service).set(pending)
    metrics.OUTBOX_AGE_S.labels(service).set(age_s)
    metrics.DEAD_LETTERS.labels(service).set(letters)
    metrics.AUDIT_WAITING.labels(service).set(waiting)
    metrics.AUDIT_LAG_S.labels(service).set(lag_s)


async def audit_standing(pool: Pool) -> dict[str, Any]:
    """How far the audit chain is; a lag of more than some seconds is an alarm, and no reason to stop work."""
    async with reading(pool) as conn:
        linked, waiting, lag_s = await store.standing(conn)
    return {"linked": linked, "waiting": waiting, "lag_s": round(lag_s, 3)}
