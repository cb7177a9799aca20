"""Intake's own HTTP over a real PostgreSQL: every layer but the socket; no broker is needed for it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from nats.aio.client import Client

from chuishao.tokens import issue
from kit.attachments.shelf import Shelf
from kit.attachments.storage import FolderStorage, Storage
from kit.auth import TokenVerifier
from kit.db import Pool, create_pool
from kit.edge import Edge
from kit.http import Shared
from kit.ids import new_id
from kit.relay import Relay
from services.intake.actions import Archive
from services.intake.api import make_app
from services.intake.directory import PARTS, Codes, Holder
from services.intake.registrar import Registrar
from services.intake.searching import Searcher
from services.intake.vault import Vault
from tests.support import small
from tests.support.servers import PASSWORD, Database

_KEY: Final = Ed25519PrivateKey.generate()
_PUBLIC: Final = (
    _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
)
_PRIVATE: Final = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
_SECRET: Final = base64.b64encode(b"0" * 32).decode()


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody at the small district's hotline, and a look behind it."""

    http: httpx.AsyncClient
    pool: Pool
    database: Database
    shelf: Shelf

    async def file(self, text: str, *, key: str | None = None, **fields: Any) -> dict[str, Any]:
        """File a complaint as the operator."""
        body = {"channel": "hotline", "kind": "complaint", "text": text} | fields
        headers = signed_in("operator") | {"Idempotency-Key": key or str(new_id())}
        answer = await self.http.post("/v1/complaints", json=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        filed: dict[str, Any] = answer.json()
        return filed

    async def duplicates(self, role: str = "operator", **question: Any) -> list[dict[str, Any]]:
        """Likely duplicates of what the question says."""
        answer = await self.http.post(
            "/v1/complaints/duplicates", json=question, headers=signed_in(role)
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def move_clock(self, to: datetime) -> None:
        """Set business time."""
        await self.rows("select chuishao.set_business_clock($1)", to)

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """Look into the database, as nobody in production may."""
        conn = await asyncpg.connect(self.database.dsn(), server_settings={"search_path": "intake"})
        try:
            return list(await conn.fetch(statement, *values))
        finally:
            await conn.close()


def signed_in(role: str, person: str | None = None) -> dict[str, str]:
    """The header of somebody in a role; `person` is a staff id of the small district."""
    return {"Authorization": f"Bearer {issue(_PRIVATE, person or f'P-{role}', [role])}"}


@asynccontextmanager
async def desk(database: Database, storage: Storage | None = None) -> AsyncIterator[Desk]:
    """Intake as `services/intake/app.py` puts it together, with the small district loaded.

    Files go into `storage`; left out, there is a folder for them that nobody makes.
    """
    pool = await create_pool(database.dsn("chuishao_intake"), PASSWORD, "intake", size=4)
    vault_pool = await create_pool(database.dsn("chuishao_vault"), PASSWORD, "vault", size=1)
    vault, holder = Vault(_SECRET, _SECRET), Holder()
    tables = small.tables()
    rows = {part: [row.model_dump(mode="json") for row in tables[part]] for part in PARTS}
    holder.use(Codes.of(1, rows))
    shelf = Shelf(pool, storage or FolderStorage(Path("/nonexistent")))
    app = make_app(
        Shared("intake", pool, TokenVerifier(_PUBLIC), {}),
        registrar=Registrar(pool, Relay(pool, Client(), service="intake"), vault),
        holder=holder,
        archive=Archive(vault_pool, vault),
        searcher=Searcher(pool, vault),
        shelf=shelf,
    )
    transport = httpx.ASGITransport(Edge(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as http:
        yield Desk(http, pool, database, shelf)
    await vault_pool.close()
    await pool.close()
