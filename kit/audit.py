"""Who did what to which thing: a row in the transaction of the effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from kit.db import Conn, columns
from kit.ids import new_id

SQL_AUDIT: Final = """
insert into audit (audit_id, at, actor, action, object, detail)
select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
"""
CTE_NOTE: Final = """
noted as (
    insert into audit (audit_id, at, actor, action, object, detail)
    select audit_id, at, actor, action, object, detail from noting
)"""
"""The same inside a larger statement that has a CTE `noting` with the table's columns."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: business time, actor's id, action, object's id, codes as detail.

    Residents' words never; the reason somebody gave for a decision, masked.
    """

    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, Any] = field(default_factory=dict)


async def record(conn: Conn, entries: Sequence[Entry]) -> None:
    """Write audit rows in the caller's transaction."""
    if entries:
        rows: list[tuple[Any, ...]] = [
            (new_id(), e.at, e.actor, e.action, e.object, e.detail) for e in entries
        ]
        await conn.execute(SQL_AUDIT, *columns(rows, 6))
