"""The same command id gives the same answer, whatever the command is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Record

from kit.db import Conn
from kit.errors import DomainError, Kind
from kit.idempotency import digest
from services.router.ticket import store

Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Once:
    """A command id with what was said under it: the second time gets the first answer."""

    unit: str
    command_id: str | None
    body_hash: bytes

    @classmethod
    def of(cls, unit: str, command_id: str | None, said: Sequence[Any]) -> Once:
        """`said` is everything that makes the command another one."""
        return cls(unit, command_id, digest(said))

    async def before(self, conn: Conn) -> Reply | None:
        """What was answered; of two copies sent at once the second waits. Raises DomainError 422."""
        if self.command_id is None:
            return None
        await store.alone(conn, f"{self.unit} {self.command_id}")
        known = await store.command(conn, self.unit, self.command_id)
        return None if known is None else same_again(known, self.body_hash)

    async def keep(self, conn: Conn, state: Reply, now: datetime) -> None:
        """Remember the answer; a refusal is not remembered."""
        if self.command_id is not None:
            await store.keep_command(conn, self.command_id, self.unit, self.body_hash, state, now)


def same_again(before: Record, body_hash: bytes) -> Reply:
    """What was answered before. Raises DomainError 422 when the id was used for something else."""
    if before["body_hash"] != body_hash:
        raise DomainError(
            "command-reused",
            Kind.INVALID,
            field="command_id",
            zh="这个 command_id 已用于另一条指令，请换一个。",
            en="This command_id was used for another command; take a new one.",
        )
    known: Reply = before["reply"]
    return known
