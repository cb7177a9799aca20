"""The router in this process, on a real database, spoken to over HTTP as the dispatch desk does."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from nats.aio.client import Client

from chuishao.tokens import issue
from contracts.clock import ClockEvent, ClockKind, Trace
from contracts.complaint import ComplaintChanged
from kit.attachments.shelf import Shelf
from kit.attachments.storage import FolderStorage, Storage
from kit.auth import TokenVerifier
from kit.db import Pool, reading, transaction
from kit.edge import Edge
from kit.http import Shared
from kit.ids import new_id
from kit.relay import Relay
from services.router import actions, facts
from services.router.acting import Office
from services.router.api import make_app
from services.router.blowing import WhistleOffice
from services.router.directory.files import Tables
from services.router.publishing import catalogue
from services.router.publishing.contacts import Patience
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.model_in_use import ModelInUse
from tests.support import small
from tests.support.heard import received
from tests.support.servers import people_pool

_KEY: Final = Ed25519PrivateKey.generate()
PRIVATE: Final = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC: Final = (
    _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
)
_NUMBERS: Final = itertools.count(1)
GARBAGE: Final[dict[str, Any]] = {"text": "垃圾没人清", "address": "金桂苑3号楼"}
LIFT: Final[dict[str, Any]] = {"text": "电梯困人", "address": "金桂苑5号楼"}
LAMP: Final[dict[str, Any]] = {"text": "路灯不亮", "address": "东社区"}
"""Dispatched to GT-1 and WY-1, both with the help of SQ-1, and to SZ."""
UNSURE: Final[dict[str, Any]] = {"text": "垃圾堆在电梯口", "address": "金桂苑3号楼"}
UNKNOWN: Final[dict[str, Any]] = {"text": "到底管不管"}
BORDER: Final[dict[str, Any]] = {"text": "幸福里垃圾没人清"}
"""What a person must look at."""


def _signed(person: str, *roles: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue(PRIVATE, person, roles)}"}


@dataclass(slots=True)
class Desk:
    """A router with the small directory; its relay finds no broker, so events stay in the outbox."""

    pool: Pool
    dsn: str
    office: Office
    http: httpx.AsyncClient
    shelf: Shelf
    read: int = 0
    """Events of the outbox that were read already."""
    _tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, who: str) -> dict[str, str]:
        """The desk's dispatcher, another role of that name, or `unit:CODE` for the leader of a unit."""
        if who not in self._tokens:
            role, _, unit = who.partition(":")
            person = f"P-{unit}-L" if unit else "P-DESK-L" if role == "dispatcher" else role
            self._tokens[who] = _signed(person, role)
        return self._tokens[who]

    async def file(self, text: str, *, hours: float = 0, **fields: Any) -> str:
        """Route a complaint received so many hours after Monday 10:00; the ticket's id."""
        ticket_id = str(new_id())
        at = small.MONDAY + timedelta(hours=hours)
        number = f"261116{next(_NUMBERS):06}"
        data = small.complaint(
            text, complaint_id=ticket_id, number=number, received_at=at, **fields
        )
        async with transaction(self.pool) as conn:
            await actions.route(
                conn, [received("complaint.received", data, at)], self.office.in_use
            )
        return ticket_id

    async def get(self, path: str, *, who: str = "dispatcher", **params: Any) -> httpx.Response:
        """Read over HTTP."""
        return await self.http.get(f"/v1/{path}", params=params, headers=self.token(who))

    async def ticket(self, ident: str, *, who: str = "dispatcher") -> dict[str, Any]:
        """A ticket by id or number; fails when it is not shown."""
        answer = await self.get(f"tickets/{ident}", who=who)
        assert answer.status_code == httpx.codes.OK, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def act(
        self, ident: str, action: str, *, who: str = "dispatcher", **body: Any
    ) -> httpx.Response:
        """Take an action over HTTP."""
        return await self.http.post(
            f"/v1/tickets/{ident}/{action}", json=body, headers=self.token(who)
        )

    async def did(self, ident: str, action: str, *, who: str = "dispatcher", **data: Any) -> Any:
        """Take an action that must be taken; the answer."""
        answer = await self.act(ident, action, who=who, data=data)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    async def merge(self, one: str, into: str) -> httpx.Response:
        """Merge a ticket into another one."""
        return await self.act(one, "merge", data={"into": into, "reason": "同一件事"})

    async def waiting(self, **params: Any) -> list[dict[str, Any]]:
        """The first page of the triage desk's list."""
        answer = await self.get("triage", **params)
        assert answer.status_code == httpx.codes.OK, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def said(self) -> list[tuple[str, dict[str, Any]]]:
        """Events since the last time: event and addressee, and the data, as the outbox keeps them."""
        rows = await self.pool.fetch(
            "select subject, body from outbox order by tx, position offset $1", self.read
        )
        self.read += len(rows)
        return [
            (".".join(row["subject"].split(".")[1:3]), orjson.loads(row["body"])["data"])
            for row in rows
        ]

    async def fact(self, ident: str, event: str, once: UUID | None = None, **data: Any) -> None:
        """What intake says of the complaint; `once` is the event's id where it comes twice."""
        ticket = await self.ticket(ident)
        changed = ComplaintChanged(
            complaint_id=ticket["complaint_id"], number=ticket["number"], **data
        )
        one = received(f"complaint.{event}", changed, small.MONDAY)
        if once is not None:
            one.event_id = once
        async with reading(self.pool) as conn:
            await facts.heed(conn, [one])

    async def breached(self, ident: str, kind: ClockKind) -> None:
        """A limit passed, as the notifier says."""
        ticket = await self.ticket(ident)
        data = _clock(ticket["ticket_id"], kind, small.MONDAY, ticket["round"])
        async with reading(self.pool) as conn:
            await facts.passed(conn, [received("clock.breached", data, small.MONDAY)])

    async def clock_said(
        self, ticket_id: str, kind: ClockKind, due_at: datetime, **more: Any
    ) -> None:
        """What the notifier would say about a running clock."""
        data = _clock(ticket_id, kind, due_at, 1, **more)
        async with transaction(self.pool) as conn:
            await actions.project_clocks(conn, [received("clock.set", data, small.MONDAY)])

    async def at(self, hours: float) -> datetime:
        """Set business time to so many hours after Monday 10:00."""
        conn = await asyncpg.connect(self.dsn)
        now: datetime = await conn.fetchval(
            "select chuishao.set_business_clock($1)", small.MONDAY + timedelta(hours=hours)
        )
        await conn.close()
        return now

    def person(self, unit: str) -> str:
        """The leader of a unit of the small directory."""
        return f"P-{unit}-L"


def _clock(
    ticket_id: str, kind: ClockKind, due_at: datetime, round_: int, **more: Any
) -> ClockEvent:
    trace = Trace(
        start=small.MONDAY, limit="24h", profile="standard", urgency="normal",
        calendar="standard", calendar_version=1,
    )  # fmt: skip
    return ClockEvent(
        clock_id=str(new_id()), ticket_id=ticket_id, number="-", round=round_, kind=kind,
        unit="DESK", area="", due_at=due_at, trace=trace, sentence="-", at=small.MONDAY, **more,
    )  # fmt: skip


@asynccontextmanager
async def opened(
    pool: Pool, dsn: str, tables: Tables | None = None, storage: Storage | None = None
) -> AsyncIterator[Desk]:
    """A desk on Monday at 10:00; `dsn` may set the business clock, `storage` keeps proof."""
    in_use = DirectoryInUse(pool)
    people = await people_pool(pool, "router")
    office = Office(pool, Relay(pool, Client(), service="router"), in_use, people)
    shared = Shared("router", pool, TokenVerifier(PUBLIC), {})
    shelf = Shelf(pool, storage or FolderStorage(Path("/nonexistent")))
    whistles = WhistleOffice(pool, office.relay, in_use, people)
    app = make_app(
        shared,
        people=people,
        office=office,
        whistles=whistles,
        in_use=in_use,
        models=ModelInUse(),
        patience=Patience(),
        shelf=shelf,
    )
    transport = httpx.ASGITransport(Edge(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://router") as http:
        desk = Desk(pool, dsn, office, http, shelf)
        await desk.at(-1)
        await catalogue.publish(pool, tables or small.tables(), by="test")
        await in_use.known()
        await desk.at(0)
        await desk.said()
        yield desk
    await people.close()


def ids(*texts: str) -> list[UUID]:
    """Ids as the database has them."""
    return [UUID(text) for text in texts]
