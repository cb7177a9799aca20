"""What the lab does under the names of others: of the operator of the broker, of the database's superuser."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg

from chuishao.nats_client import connected

_NATS_SEED: Final = "chuishao_nats_seed"
_TIMEOUT_S: Final = 10.0


class RefusedError(RuntimeError):
    """The broker refused what the operator asked of it; the text is the broker's."""


def seed_of(data_dir: Path, user: str) -> str:
    """The seed of a user of the broker."""
    return (data_dir / "secrets" / user / _NATS_SEED).read_text("ascii").strip()


async def api(url: str, seed: str, subject: str, body: Any = None) -> dict[str, Any]:
    """Ask the JetStream API. Raises RefusedError."""
    async with connected(url, seed) as client:
        payload = b"" if body is None else json.dumps(body).encode()
        reply = await client.request(f"$JS.API.{subject}", payload, timeout=_TIMEOUT_S)
    answer: dict[str, Any] = json.loads(reply.data)
    if error := answer.get("error"):
        raise RefusedError(f"{subject}: {error.get('description')}")
    return answer


@asynccontextmanager
async def superuser(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection of the superuser."""
    conn = await asyncpg.connect(dsn, timeout=_TIMEOUT_S, command_timeout=_TIMEOUT_S)
    try:
        yield conn
    finally:
        conn.terminate()
