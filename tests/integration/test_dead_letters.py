"""Dead letters on real servers: applied once more by the consumer that could not, with one effect."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner

from chuishao.cli import app
from contracts.topology import ROUTER_COMPLAINTS, ROUTER_ESCALATIONS
from kit.db import Conn, Pool, reading, transaction
from kit.deadletters import actions, replaying
from kit.deadletters.replaying import Replayer
from kit.delivery import Delivery, Effects, Received
from kit.errors import DomainError, Kind
from kit.inbox import Letter, bury, claim
from kit.outbox import Outgoing, outgoing
from kit.relay import Relay
from tests.integration.test_delivery import message
from tests.support.servers import Database
from tests.support.world import until

BY = "P0001"


class Heard:
    """A relay's ears, and a handler that writes a row and fails where it is told to."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.early = False
        self.takes_s = 0.0
        self.hinted: list[Outgoing] = []

    def hint(self, events: Sequence[Outgoing]) -> None:
        self.hinted += events

    async def __call__(self, conn: Conn, received: Sequence[Received]) -> Effects:
        if self.early:
            effects = Effects()
            effects.wait(received, "the one before \x00")
            return effects
        await asyncio.sleep(self.takes_s)
        for one in received:
            await conn.execute("insert into applied values ($1)", one.event.data.text)
        if self.fault is not None:
            raise self.fault
        said = [one.event.data for one in received]
        name = "complaint.received"
        return Effects([outgoing(name, d, source="x", about="y", at=d.received_at) for d in said])


@pytest.fixture
async def heard(database: Database) -> Heard:
    admin = await asyncpg.connect(database.dsn())
    await admin.execute(
        "create table router.applied (text text); grant all on router.applied to chuishao_router"
    )
    await admin.close()
    return Heard()


def replayer(pool: Pool, heard: Heard) -> Replayer:
    relay = cast("Relay", heard)
    delivery = Delivery(ROUTER_COMPLAINTS, heard, pool=pool, relay=relay)
    return Replayer(pool, relay, [delivery])


async def buried(
    pool: Pool,
    body: bytes | None = None,
    *,
    reason: str = "attempts",
    consumer: str = ROUTER_COMPLAINTS.name,
) -> tuple[UUID, UUID]:
    """A letter in its grave: its id and its event's."""
    subject, good, event_id = message("路灯坏了")
    letter = Letter(
        consumer=consumer,
        message=event_id,
        stream="COMPLAINTS",
        stream_seq=1,
        subject=subject,
        headers={},
        body=good if body is None else body,
        reason=reason, error="RuntimeError", attempts=12,
    )  # fmt: skip
    async with transaction(pool) as conn:
        await bury(conn, [letter])
        ident = await conn.fetchval(
            "select dead_letter_id from dead_letter where message = $1", event_id
        )
    return ident, UUID(event_id)


async def effects(pool: Pool) -> int:
    async with reading(pool) as conn:
        count: int = await conn.fetchval("select count(*) from applied")
        return count


def said(text: str) -> list[dict[str, Any]]:
    """What the command said; the lines before it are the log of the service that runs beside it here."""
    found: list[dict[str, Any]] = json.loads(text.splitlines()[-1])
    return found


async def letter(pool: Pool, ident: UUID) -> dict[str, Any]:
    async with reading(pool) as conn:
        return dict(
            await conn.fetchrow("select * from dead_letter where dead_letter_id = $1", ident) or {}
        )


async def test_a_replayed_letter_has_its_effect_once_however_often_it_is_asked_for(
    router_pool: Pool, heard: Heard
) -> None:
    ident, _ = await buried(router_pool)
    first, second = replayer(router_pool, heard), replayer(router_pool, heard)
    assert await first.sweep() == 0, "nobody asked"
    for _ in range(3):
        await actions.ask_replay(router_pool, [ident], BY)
        await asyncio.gather(first.sweep(), second.sweep())
    assert await effects(router_pool) == 1
    assert len(heard.hinted) == 1
    found = await letter(router_pool, ident)
    assert (found["resolved_by"], found["resolution"]) == (BY, "applied")
    rows = await router_pool.fetch("select actor, action from audit order by written_at")
    assert [tuple(row) for row in rows] == [(BY, "deadletter.replay"), (BY, "deadletter.applied")]


async def test_what_was_applied_in_the_meantime_is_not_applied_again(
    router_pool: Pool, heard: Heard
) -> None:
    ident, event_id = await buried(router_pool)
    async with transaction(router_pool) as conn:
        await claim(conn, ROUTER_COMPLAINTS.name, [event_id])
    await actions.ask_replay(router_pool, [ident], BY)
    assert await replayer(router_pool, heard).sweep() == 1
    assert await effects(router_pool) == 0
    assert (await letter(router_pool, ident))["resolution"] == "already"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (RuntimeError("x"), "attempts"),
        (ValueError("x"), "attempts"),
        (DomainError("no-such-thing", Kind.CONFLICT, zh="无", en="none \ud800"), "no-such-thing"),
    ],
)
async def test_what_still_fails_stays_and_leaves_nothing_behind_until_the_cause_is_mended(
    router_pool: Pool, heard: Heard, fault: Exception, reason: str
) -> None:
    ident, _ = await buried(router_pool)
    heard.fault = fault
    await actions.ask_replay(router_pool, [ident], BY)
    assert await replayer(router_pool, heard).sweep() == 1
    found = await letter(router_pool, ident)
    assert (found["reason"], found["attempts"], found["resolved_at"]) == (reason, 13, None)
    assert found["replay_asked_at"] is None
    assert await effects(router_pool) == 0
    heard.fault = None
    await actions.ask_replay(router_pool, [ident], BY)
    await replayer(router_pool, heard).sweep()
    assert await effects(router_pool) == 1


async def test_a_letter_that_comes_too_early_waits_for_what_is_before_it(
    router_pool: Pool, heard: Heard
) -> None:
    ident, _ = await buried(router_pool)
    heard.early = True
    await actions.ask_replay(router_pool, [ident], BY)
    again = replayer(router_pool, heard)
    assert await again.sweep() == 1
    found = await letter(router_pool, ident)
    assert (found["reason"], found["error"]) == ("gap", "the one before \N{REPLACEMENT CHARACTER}")
    assert found["replay_asked_at"] is None
    assert await again.sweep() == await again.mend() == 0
    heard.early = False
    assert await again.mend() == 1
    assert await effects(router_pool) == 1
    assert (await letter(router_pool, ident))["resolved_by"] == BY


async def test_who_asked_does_not_wait_until_everything_else_is_mended(
    router_pool: Pool, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does one consumer until another's thousands of letters are done."""
    monkeypatch.setattr(replaying, "POLL_S", 0.1)
    monkeypatch.setattr(replaying, "MEND_S", 0.0)
    monkeypatch.setattr(replaying, "PAGE", 10)
    for _ in range(60):
        await buried(router_pool, reason="gap")
    ident, _ = await buried(router_pool)
    other, _ = await buried(router_pool, reason="gap", consumer=ROUTER_ESCALATIONS.name)
    relay = cast("Relay", heard)
    deliveries = [
        Delivery(spec, heard, pool=router_pool, relay=relay)
        for spec in (ROUTER_COMPLAINTS, ROUTER_ESCALATIONS)
    ]
    heard.takes_s = 0.02
    service = asyncio.create_task(Replayer(router_pool, relay, deliveries).run())
    await until(lambda: _at_least(router_pool, 5))
    await actions.ask_replay(router_pool, [ident], BY)
    for wanted in (ident, other):
        await until(lambda wanted=wanted: _resolved(router_pool, wanted))  # type: ignore[misc]
        assert await effects(router_pool) < 55
    service.cancel()
    await asyncio.gather(service, return_exceptions=True)


async def _at_least(pool: Pool, count: int) -> bool:
    return await effects(pool) >= count


async def _resolved(pool: Pool, ident: UUID) -> bool:
    return (await letter(pool, ident))["resolved_at"] is not None


async def test_an_unready_service_leaves_a_letter_as_it_is(router_pool: Pool, heard: Heard) -> None:
    ident, _ = await buried(router_pool)
    heard.fault = DomainError("no-directory", Kind.UNAVAILABLE, zh="未就绪", en="not ready")
    await actions.ask_replay(router_pool, [ident], BY)
    await replayer(router_pool, heard).sweep()
    found = await letter(router_pool, ident)
    assert (found["reason"], found["attempts"]) == ("attempts", 12)
    assert found["replay_asked_at"] is not None
    assert await effects(router_pool) == 0


async def test_what_does_not_decode_stays_undecodable(router_pool: Pool, heard: Heard) -> None:
    ident, _ = await buried(router_pool, b"\xff\xfe")
    await actions.ask_replay(router_pool, [ident], BY)
    assert await replayer(router_pool, heard).sweep() == 1
    assert (await letter(router_pool, ident))["reason"] == "undecodable"


async def test_a_discarded_letter_stays_discarded_whoever_offers_its_event_again(
    router_pool: Pool, heard: Heard
) -> None:
    ident, event_id = await buried(router_pool)
    phone = "13812345678"
    assert await actions.discard(router_pool, [ident], BY, f"重复，来电 {phone}") == [ident]
    assert await actions.ask_replay(router_pool, [ident], BY) == []
    assert await actions.discard(router_pool, [ident], BY, "again") == []
    async with transaction(router_pool) as conn:
        assert await claim(conn, ROUTER_COMPLAINTS.name, [event_id]) == set()
    assert await replayer(router_pool, heard).sweep() == 0
    rows = await router_pool.fetch("select action, detail from audit")
    assert [row["action"] for row in rows] == ["deadletter.discard"]
    assert phone not in json.dumps(rows[0]["detail"], ensure_ascii=False)


async def test_the_command_line_lists_shows_replays_and_discards(
    database: Database, router_pool: Pool, heard: Heard
) -> None:
    """Over all services, without a running installation: an administrator's DSN is enough."""
    (good, _), (bad, _) = await buried(router_pool), await buried(router_pool, b"{")

    async def run(*words: str) -> tuple[int, str]:
        arguments = ["deadletters", *words, "--postgres", database.dsn()]
        result = await asyncio.to_thread(CliRunner().invoke, app, arguments)
        return result.exit_code, result.output

    code, text = await run("list", "--json")
    found = json.loads(text)
    assert code == 0
    assert {one["dead_letter_id"] for one in found["items"]} == {str(good), str(bad)}
    assert [(one["service"], one["letters"]) for one in found["counts"]] == [("router", 2)]
    assert "路灯坏了" in (await run("show", str(good)))[1]
    assert (await run("show", str(uuid.uuid4())))[0] == 1
    assert (await run("replay"))[0] == 1, "nothing named"

    service = asyncio.create_task(replayer(router_pool, heard).run())
    code, text = await run("replay", "--all", "--yes", "--json", "--by", BY)
    assert code == 1, text
    assert {one["dead_letter_id"]: one["resolved"] for one in said(text)} == {
        str(good): True,
        str(bad): False,
    }
    service.cancel()
    await asyncio.gather(service, return_exceptions=True)
    assert (await run("discard", str(bad), "--why", " "))[0] == 2
    assert (await run("discard", str(bad), "--why", "无法解析", "--by", BY))[0] == 0
    assert (await run("discard", str(bad), "--why", "再次", "--by", BY))[0] == 1
    assert json.loads((await run("list", "--json"))[1])["items"] == []
    assert await effects(router_pool) == 1
