"""Receipts on a real database: stored as text, reached again byte for byte, and who coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import asyncpg
import orjson
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from chuishao.sample_complaints import read_samples
from contracts.catalog import decode, make
from contracts.command import Command
from contracts.complaint import ComplaintReceived
from contracts.directory import CatalogueEntry
from kit.auth import Principal
from kit.db import Pool, reading, transaction
from kit.delivery import Received
from kit.errors import DomainError
from kit.ids import new_id
from kit.relay import Relay
from services.router import actions, queries
from services.router.acting import Office
from services.router.decision.replay import replay
from services.router.directory.files import Tables
from services.router.publishing.catalogue import publish
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.version import build_version
from services.router.ticket.seeing import Actor
from tests.support import sample
from tests.support.servers import Database
from tests.support.small import MONDAY

DISPATCHER = Actor("P0014", frozenset(), desk=True)
ADMIN = Principal("P0000", frozenset({"admin"}))


async def _start(database: Database, pool: Pool) -> DirectoryInUse:
    """Monday morning, with the sample directory as version 1."""
    conn = await asyncpg.connect(database.dsn())
    await conn.execute("select chuishao.set_business_clock($1)", MONDAY)
    await conn.close()
    assert (await publish(pool, sample.tables(), by="test")).version == 1
    return DirectoryInUse(pool)


def _complaints() -> list[ComplaintReceived]:
    return [
        sample.received(one).model_copy(
            update={"complaint_id": str(new_id()), "number": f"2611160{n:05}"}
        )
        for n, one in enumerate(read_samples("complaints.csv"))
    ]


async def _route(
    pool: Pool, in_use: DirectoryInUse, complaints: Sequence[ComplaintReceived]
) -> None:
    """What the router does with a batch."""
    received = []
    for data in complaints:
        event_id = new_id()
        event = make(
            "complaint.received", data, event_id=str(event_id), source="intake",
            about=data.complaint_id, at=MONDAY,
        )  # fmt: skip
        received.append(Received(event, event_id, cast("Msg", None), "complaint.received"))
    async with transaction(pool) as conn:
        await actions.route(conn, received, in_use)


async def _kept(pool: Pool) -> list[tuple[Any, str]]:
    rows = await pool.fetch(
        "select t.*, r.body as receipt from ticket t join receipt r using (receipt_id)"
    )
    return [(row, row["receipt"]) for row in rows]


def _next_version() -> Tables:
    """Lifts go to the housing bureau."""
    rows: list[CatalogueEntry] = sample.tables()["catalogue"]
    catalogue = [
        row.model_copy(update={"lead": "ZJ"}) if row.category == "WY-DT" else row for row in rows
    ]
    return sample.tables() | {"catalogue": catalogue}


async def test_every_receipt_of_the_sample_day_is_reached_again_also_under_a_newer_directory(
    database: Database, router_pool: Pool
) -> None:
    in_use = await _start(database, router_pool)
    await _route(router_pool, in_use, _complaints())
    kept = await _kept(router_pool)
    assert len(kept) == 140
    assert (await publish(router_pool, _next_version(), by="test")).version == 2
    assert await in_use.known()
    assert in_use.directory is not None
    assert in_use.directory.version == 2
    async with reading(router_pool) as conn:
        old, _ = await build_version(conn, 1)
        new, _ = await build_version(conn, 2)
    wrong = [row["number"] for row, text in kept if replay(row, orjson.loads(text), old) != text]
    assert wrong == []
    # The comparison can fail: another version, other words, another time of decision.
    row, text = next((row, text) for row, text in kept if row["category"] == "WY-DT")
    receipt = orjson.loads(text)
    assert replay(row, receipt, new) != text
    assert replay({**row, "body": row["body"] + "。"}, receipt, old) != text
    receipt["inputs"]["decided_at"] = "2026-11-16T15:00:00+00:00"
    assert replay(row, receipt, old) != text


async def test_a_receipt_is_stored_with_its_keys_sorted_and_shown_in_plain_words(
    database: Database, router_pool: Pool
) -> None:
    in_use = await _start(database, router_pool)
    await _route(router_pool, in_use, _complaints()[:1])
    ((row, text),) = await _kept(router_pool)
    assert text == orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS).decode()
    shown = {
        english: await queries.one(
            router_pool,
            ticket=row["number"],
            principal=ADMIN,
            directory=in_use.directory,
            english=english,
        )
        for english in (False, True)
    }
    assert shown[False]["receipt"] == orjson.loads(text)
    assert shown[False]["receipt_text"].startswith("地点：")
    assert shown[True]["receipt_text"].startswith("Where:")


@pytest.fixture
async def office(database: Database, router_pool: Pool) -> Office:
    in_use = await _start(database, router_pool)
    relay = Relay(router_pool, Client(), service="router")  # connected to nobody: events wait
    return Office(router_pool, relay, in_use, router_pool)


async def _dispatch(office: Office, ticket: str, action: str, unit: str) -> dict[str, Any]:
    command = Command.model_validate({"data": {"unit": unit, "reason": "电话问清"}})
    return await office.act(ticket, action, command, DISPATCHER)


async def _coordinators(pool: Pool, ticket: str) -> list[tuple[str, str | None]]:
    """(event, coordinator) of everything said about a ticket, in order."""
    rows = await pool.fetch("select subject, body from outbox order by event_id")
    events = [decode(row["subject"], row["body"]) for row in rows]
    return [
        (event.type.split(".")[3], event.data.coordinator)
        for event in events
        if event.subject == ticket
    ]


async def test_who_was_first_responsible_goes_on_coordinating(
    office: Office, router_pool: Pool
) -> None:
    direct, *_ = complaints = _complaints()
    waiting = next(c for c in complaints if c.text.startswith("到底有没有人管"))
    await _route(router_pool, office.in_use, [direct, waiting])
    moved = await _dispatch(office, direct.complaint_id, "reassign", "ZJ")
    assert (moved["unit"], moved["coordinator"]) == ("ZJ", "WY-08")
    first = await _dispatch(office, waiting.complaint_id, "dispatch", "SZ")
    again = await _dispatch(office, waiting.complaint_id, "reassign", "ZJ")
    assert (first["coordinator"], again["coordinator"]) == ("SZ", "SZ")
    rows = await router_pool.fetch("select unit, coordinator from ticket order by coordinator")
    assert [tuple(row) for row in rows] == [("ZJ", "SZ"), ("ZJ", "WY-08")]
    said = await _coordinators(router_pool, waiting.complaint_id)
    assert said == [
        ("triaged", None), ("dispatched", "SZ"), ("reassigned", "SZ"), ("dispatched", "SZ"),
    ]  # fmt: skip
    assert all(c == "WY-08" for _, c in await _coordinators(router_pool, direct.complaint_id))


async def test_a_person_may_not_dispatch_to_whoever_is_tied_to_the_accused(
    office: Office, router_pool: Pool
) -> None:
    about = _complaints()[0].model_copy(update={"accused": "WY-08", "grid_code": None})
    await _route(router_pool, office.in_use, [about])
    for unit in ("WY-08", "SQ-003"):
        with pytest.raises(DomainError) as refused:
            await _dispatch(office, about.complaint_id, "dispatch", unit)
        assert refused.value.field == "data.unit"
        assert "须回避" in refused.value.zh
    state = await _dispatch(office, about.complaint_id, "dispatch", "ZJ")
    assert (state["unit"], state["post"]) == ("ZJ", "ZJ-S3")
