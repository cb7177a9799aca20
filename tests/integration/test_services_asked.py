"""What the console says of the services when somebody asks how they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from chuishao.tokens import issue
from kit.db import Pool, create_pool, transaction
from tests.support.console import console, free_port, played
from tests.support.desk import PRIVATE
from tests.support.servers import PASSWORD, Database

ASK = "/api/v1/services"


def of(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue(PRIVATE, 'P0007', [role])}"}


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    made = await create_pool(database.dsn("chuishao_console"), PASSWORD, "console", size=4)
    yield made
    await made.close()


async def test_each_is_told_as_it_says_it_is_and_a_silent_one_is_told_too(pool: Pool) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with console(pool) as other, played(slow) as stuck:
        owners = {
            "intake": str(other.http.base_url),
            "router": stuck,
            "notifier": f"http://127.0.0.1:{free_port()}",
        }
        async with console(pool, owners) as screen:
            asked = await screen.http.get(ASK, headers=of("admin"))
    by_name = {one["name"]: one for one in asked.raise_for_status().json()["services"]}
    assert list(by_name) == ["intake", "router", "notifier", "console"]
    for name in ("intake", "console"):
        one = by_name[name]
        assert (one["reached"], one["ready"]) == (True, True)
        assert one["details"]["audit"]["waiting"] == 0
        assert one["figures"]["outbox"] == one["figures"]["dead_letters"] == 0
        assert one["figures"]["memory_bytes"] > 1_000_000
        assert one["figures"]["live_streams"] == 0
        assert 0 < one["figures"]["up_s"] < 86_400
    for name in ("router", "notifier"):
        assert not by_name[name]["reached"]
        assert (by_name[name]["checks"], by_name[name]["figures"]) == ({}, {})
    assert by_name["router"]["ms"] >= 2_000


async def test_dead_letters_are_counted(pool: Pool) -> None:
    async with transaction(pool) as conn:
        await conn.execute(
            "insert into dead_letter (dead_letter_id, consumer, message, stream, stream_seq, subject,"
            " headers, body, reason, error, attempts) values (gen_random_uuid(), 'console-tickets', '1',"
            " 'TICKETS', 1, 'ticket.closed.X', '{}', '', 'failed', '', 1)"
        )
    async with console(pool) as screen:
        asked = await screen.http.get(ASK, headers=of("admin"))
    [own] = asked.raise_for_status().json()["services"]
    assert own["figures"]["dead_letters"] == 1


@pytest.mark.parametrize("role", ["dispatcher", "operator", "auditor", "unit"])
async def test_nobody_but_the_administrator_asks(pool: Pool, role: str) -> None:
    async with console(pool) as screen:
        assert (await screen.http.get(ASK, headers=of(role))).status_code == 403
