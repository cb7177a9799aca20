"""SQL of retiring keys, as the owner of the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    from kit.db import Conn

SQL_FLOOR: Final = """
alter table vault.{table}
    drop constraint if exists sealed_under_a_kept_key,
    add constraint sealed_under_a_kept_key
        check (wrapped_key is null or key_version >= {version}) not valid
"""
SQL_PROVE_FLOOR: Final = "alter table vault.{table} validate constraint sealed_under_a_kept_key"
SQL_NO_FLOOR: Final = "alter table vault.{table} drop constraint sealed_under_a_kept_key"
SQL_RETIRE: Final = """
update vault.master_key set retired_at = chuishao.business_now()
where version < $1 and retired_at is null
"""
TABLES: Final = ("requester", "later_word")


async def retire(conn: Conn, version: int) -> None:
    """Let nothing be sealed under an older key from now on, and prove that nothing is.

    Raises asyncpg's CheckViolationError where a record still is, and changes nothing then. Filing waits for
    the first statement only, not for the proof.
    """
    async with conn.transaction():
        for table in TABLES:
            await conn.execute(SQL_FLOOR.format(table=table, version=int(version)))
    try:
        for table in TABLES:
            await conn.execute(SQL_PROVE_FLOOR.format(table=table))
    except asyncpg.CheckViolationError:
        async with conn.transaction():
            for table in TABLES:
                await conn.execute(SQL_NO_FLOOR.format(table=table))
        raise
    await conn.execute(SQL_RETIRE, version)
