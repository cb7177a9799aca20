"""A router's database with a directory and tickets, worked with as its processes do, without a broker."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
from asyncpg import Record
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.catalog import make
from contracts.command import Command
from kit.db import Pool, transaction
from kit.delivery import Received
from kit.ids import new_id
from kit.relay import Relay
from services.router import actions
from services.router.acting import Office
from services.router.publishing.catalogue import publish
from services.router.publishing.in_use import DirectoryInUse
from services.router.succession.following import follow_directory
from services.router.ticket.seeing import Actor
from tests.support.small import MONDAY, complaint

RUBBISH = "垃圾没人清"


class City:
    """A router's database with a directory and tickets."""

    def __init__(self, pool: Pool, dsn: str) -> None:
        self.pool = pool
        self.dsn = dsn
        self.in_use = DirectoryInUse(pool)
        self.office = Office(pool, Relay(pool, Client(), service="router"), self.in_use, pool)

    async def at(self, when: datetime) -> None:
        conn = await asyncpg.connect(self.dsn)
        await conn.execute("select chuishao.set_business_clock($1)", when)
        await conn.close()

    async def publish(self, tables: Any) -> None:
        await publish(self.pool, tables, by="test")
        await self.in_use.known()

    async def file(self, text: str = RUBBISH, **more: Any) -> UUID:
        """Route a complaint; the id of its ticket."""
        ticket_id = new_id()
        number = f"2611{str(ticket_id.int)[-8:]}"
        data = complaint(text, complaint_id=str(ticket_id), number=number, **more)
        async with transaction(self.pool) as conn:
            await actions.route(conn, [received("complaint.received", data)], self.in_use)
        return ticket_id

    async def act(self, ticket_id: UUID, *steps: str) -> None:
        row = await self.ticket(ticket_id)
        who = Actor("P1", frozenset({row["unit"]}))
        for step in steps:
            await self.office.act(str(ticket_id), step, Command(), who)

    async def ticket(self, ticket_id: UUID) -> Record:
        row = await self.pool.fetchrow("select * from ticket where ticket_id = $1", ticket_id)
        assert row is not None
        return row

    async def history(self, ticket_id: UUID) -> list[tuple[str, str, int]]:
        rows = await self.pool.fetch(
            "select event, unit, version from ticket_event where ticket_id = $1 order by version",
            ticket_id,
        )
        return [tuple(row) for row in rows]

    async def follow(self) -> int:
        """Follow until nothing is left; how many tickets moved."""
        moved = 0
        while True:
            done = await follow_directory(self.pool, self.in_use, limit=3)
            moved += done.moved
            if not done.more:
                return moved


def received(name: str, data: Any) -> Received:
    event_id = new_id()
    event = make(name, data, event_id=str(event_id), source="intake", about="x", at=MONDAY)
    return Received(event, event_id, cast("Msg", None), name)
