"""The notifier in this process, on a real database, spoken to over HTTP; its relay finds no broker."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import httpx
from nats.aio.client import Client
from nats.aio.msg import Msg

from chuishao.tokens import issue
from contracts.catalog import decode
from kit.auth import TokenVerifier
from kit.db import Pool, transaction
from kit.delivery import Received
from kit.edge import Edge
from kit.http import Shared
from kit.relay import Relay
from services.notifier.actions import apply_tickets
from services.notifier.api import make_app
from services.notifier.asking import Asking
from services.notifier.directory import Directory, Holder
from services.notifier.replies.door import RouterDoor
from services.notifier.replying import ReplyDesk
from tests.support import city
from tests.support.desk import PRIVATE, PUBLIC, Desk
from tests.support.servers import people_pool


def relay_of(pool: Pool) -> Relay:
    """A relay without a broker: events stay in the outbox."""
    return Relay(pool, Client(), service="notifier")


@dataclass(slots=True)
class Front:
    """The notifier's HTTP with the sample district."""

    http: httpx.AsyncClient

    async def get(
        self, to: str, who: str = "P0007", role: str = "secretary", /, **more: Any
    ) -> httpx.Response:
        """Read as a person of the sample district; `headers` besides the token, the rest as a query."""
        headers = more.pop("headers", {}) | signed(who, role)
        return await self.http.get(f"/v1/reception/{to}", params=more, headers=headers)

    async def post(
        self, to: str, who: str = "P0007", role: str = "secretary", /, **body: Any
    ) -> httpx.Response:
        """Write as a person of the sample district."""
        return await self.http.post(f"/v1/reception/{to}", json=body, headers=signed(who, role))


def signed(who: str, role: str) -> dict[str, str]:
    """A token both services take."""
    return {"Authorization": f"Bearer {issue(PRIVATE, who, (role,))}"}


@asynccontextmanager
async def front(
    pool: Pool, router: httpx.AsyncClient, directory: Directory | None = None
) -> AsyncIterator[Front]:
    """The notifier's routes; `router` is whom it asks, the directory the sample district's if none is given."""
    holder = Holder()
    holder.use(directory or city.directory())
    shared = Shared("notifier", pool, TokenVerifier(PUBLIC), {})
    people = await people_pool(pool, "notifier")
    app = make_app(
        shared,
        people=people,
        holder=holder,
        relay=relay_of(pool),
        asking=Asking(router),
        replies=ReplyDesk(pool, holder, (), RouterDoor(router)),
    )
    transport = httpx.ASGITransport(Edge(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as http:
        yield Front(http)
    await people.close()


async def hear(desk: Desk, pool: Pool) -> None:
    """Hand all that the router said of tickets over to the notifier, in another order."""
    rows = await desk.pool.fetch(
        "select event_id, subject, body from outbox where subject like 'ticket.%' order by position"
    )
    batch = [
        Received(
            decode(row["subject"], row["body"]),
            row["event_id"],
            cast("Msg", None),
            ".".join(row["subject"].split(".")[:2]),
        )
        for row in rows
    ]
    random.Random(0).shuffle(batch)  # noqa: S311 - an order, not a secret
    while batch:
        async with transaction(pool) as conn:
            batch = (await apply_tickets(conn, batch, city.directory())).waiting


async def lying(pool: Pool, ticket_id: str) -> dict[str, Any]:
    """The open item of a ticket."""
    row = await pool.fetchrow(
        "select * from reception_item where ticket_id = $1 and closed_at is null", UUID(ticket_id)
    )
    assert row is not None
    return dict(row)
