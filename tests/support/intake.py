"""Intake's own HTTP over a real PostgreSQL: every layer but the socket; no broker is needed for it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

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
from contracts.catalog import BY_NAME, make
from kit.attachments.shelf import Shelf
from kit.attachments.storage import FolderStorage, Storage
from kit.auth import TokenVerifier
from kit.db import Pool, create_pool, reading
from kit.delivery import Received
from kit.edge import Edge
from kit.http import Shared
from kit.ids import new_id
from kit.limits.admission import Admission
from kit.limits.rates import Rates
from kit.relay import Relay
from kit.staff import Staff
from services.intake.actions import Archive, project_tickets
from services.intake.advising import Adviser
from services.intake.api import make_app
from services.intake.callback import Policy
from services.intake.calling import CallDesk
from services.intake.crowding import Callers
from services.intake.directory import PARTS, Codes, Holder
from services.intake.keeping.erasing import Eraser
from services.intake.keeping.retention import terms
from services.intake.keeping.revealing import Reveals
from services.intake.keeping.vault_keys import VaultKeys
from services.intake.matters import Matters
from services.intake.open311.api import Door
from services.intake.open311.desk import PartnerDesk
from services.intake.open311.promises import Promises
from services.intake.registrar import Registrar
from services.intake.saying import LaterWords
from services.intake.searching import Searcher
from services.intake.vault import Vault
from services.intake.visiting import Visits
from tests.support import small
from tests.support.servers import PASSWORD, Database, people_pool
from tests.support.small import MONDAY

_KEY: Final = Ed25519PrivateKey.generate()
_PUBLIC: Final = (
    _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
)
_PRIVATE: Final = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
REVEALS: Final = 12
"""Identities one person is shown in an hour here."""
_SECRET: Final = base64.b64encode(b"0" * 32).decode()


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody at the small district's hotline, and a look behind it."""

    http: httpx.AsyncClient
    pool: Pool
    database: Database
    shelf: Shelf
    app: Edge
    vault: Vault
    holder: Holder

    def staff(self) -> Staff:
        """Who works where in the small district."""
        return self.holder.codes.staff

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

    async def post(
        self, path: str, body: dict[str, Any], *, person: str | None = None, key: str | None = None
    ) -> httpx.Response:
        """Something said to a filed complaint, as an operator."""
        headers = signed_in("operator", person) | ({"Idempotency-Key": key} if key else {})
        return await self.http.post(f"/v1/complaints/{path}", json=body, headers=headers)

    async def get(self, path: str, role: str = "operator", **asked: Any) -> Any:
        """Read as somebody in a role."""
        answer = await self.http.get(path, params=asked, headers=signed_in(role))
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    async def said(self, name: str) -> list[dict[str, Any]]:
        """Data of the events of a name, in the order they were written."""
        found = await self.rows(
            "select body from outbox where subject like $1 order by tx, position", f"{name}.%"
        )
        return [json.loads(row["body"])["data"] for row in found]

    async def hear(self, *told: Received) -> None:
        """Project ticket events, as the consumer does with a batch."""
        async with reading(self.pool) as conn:
            await project_tickets(conn, told)

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


def ticket(filed: dict[str, Any], name: str, version: int, **data: Any) -> Received:
    """A ticket event about a filed complaint as it comes from the router."""
    at = data.pop("at", MONDAY)
    fields = {
        "ticket_id": filed["complaint_id"],
        "complaint_id": filed["complaint_id"],
        "number": filed["number"],
        "version": version,
        "round": 1,
        "unit": "SZ",
        "holder": data.get("unit", "SZ"),
        "area": small.GARDEN_3,
        "urgency": "normal",
        "rule_version": 1,
    } | data
    if name == "dispatched":
        fields |= {"channel": "hotline", "kind": "complaint", "profile": "standard"}
        fields |= {"received_at": at, "dispatched_at": at}
    model = BY_NAME[f"ticket.{name}"].data
    event = make(
        f"ticket.{name}",
        model.model_validate(fields),
        event_id=str(new_id()),
        source="router",
        about=filed["complaint_id"],
        at=at,
    )
    return Received(event, UUID(event.id), cast("Any", None), f"ticket.{name}")


class _Away(httpx.AsyncBaseTransport):
    """A server that cannot be reached."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)


def signed_in(role: str, person: str | None = None) -> dict[str, str]:
    """The header of somebody in a role; of a particular person where that matters."""
    return {"Authorization": f"Bearer {issue(_PRIVATE, person or f'P-{role}', [role])}"}


@asynccontextmanager
async def desk(  # noqa: PLR0913 - what a test may set
    database: Database,
    storage: Storage | None = None,
    *,
    router_transport: httpx.AsyncBaseTransport | None = None,
    partners: Door | None = None,
    rates: Rates | None = None,
    caller_per_hour: int = 1_000,
) -> AsyncIterator[Desk]:
    """Intake as `services/intake/app.py` puts it together, with the small district loaded.

    Without a `router_transport` the router cannot be reached.
    """
    pool = await create_pool(database.dsn("chuishao_intake"), PASSWORD, "intake", size=4)
    vault_pool = await create_pool(database.dsn("chuishao_vault"), PASSWORD, "vault", size=1)
    people = await people_pool(pool, "intake")
    vault, holder = Vault(VaultKeys.parse(_SECRET, _SECRET)), Holder()
    tables = small.tables()
    rows = {part: [row.model_dump(mode="json") for row in tables[part]] for part in PARTS}
    holder.use(Codes.of(1, rows))
    relay, callers = Relay(pool, Client(), service="intake"), Callers(vault, caller_per_hour)
    registrar, archive = Registrar(pool, relay, vault), Archive(vault_pool, vault)
    matters = Matters(pool, relay, archive, holder)
    router = httpx.AsyncClient(base_url="http://router", transport=router_transport or _Away())
    later_words = LaterWords(matters, registrar)
    shelf = Shelf(pool, storage or FolderStorage(Path("/nonexistent")))
    app = make_app(
        Shared("intake", pool, TokenVerifier(_PUBLIC), {}, rates=rates),
        people=people,
        registrar=registrar,
        callers=callers,
        holder=holder,
        searcher=Searcher(pool, people, vault),
        call_desk=CallDesk(matters, Policy()),
        later_words=later_words,
        visits=Visits(pool, vault),
        reveals=Reveals(pool, archive, holder, REVEALS),
        eraser=Eraser(pool, shelf, terms({})),
        adviser=Adviser(router),
        address_header="X-Real-IP",
        shelf=shelf,
        partners=PartnerDesk(pool, holder, registrar, callers, later_words, Promises(router)),
        partner_door=partners or Door(),
    )
    edge = Edge(app, admission=Admission(wait_s=60.0))
    transport = httpx.ASGITransport(edge)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as http:
        yield Desk(http, pool, database, shelf, edge, vault, holder)
    await router.aclose()
    await people.close()
    await vault_pool.close()
    await pool.close()
