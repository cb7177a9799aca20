"""The audit of the running product: verifies, names what was tampered with; dead letters come back once."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import asyncpg
import nats

from contracts.complaint import ComplaintReceived
from kit.outbox import outgoing
from tests.support.world import ROOT, World, until


async def chuishao(world: World, *words: str) -> tuple[int, str]:
    line = [sys.executable, "-m", "chuishao", *words, "--data-dir", str(world.data_dir)]
    done = await asyncio.to_thread(
        subprocess.run, line, cwd=ROOT, capture_output=True, check=False, timeout=100
    )
    return done.returncode, done.stdout.decode() or done.stderr.decode()


async def test_the_audit_of_what_was_done_verifies_and_a_changed_record_is_named(
    world: World,
) -> None:
    filed = await world.file("清潭街路灯坏了", grid_code="370105001008001")
    await world.ticket_when(filed["number"], lambda ticket: ticket["status"] == "dispatched")

    async def linked() -> bool:
        answer = await world.http.get(
            f"{world.info['router']}/v1/audit",
            params={"object": filed["complaint_id"]},
            headers=world.token("auditor"),
        )
        return bool(answer.json()["items"])

    await until(linked)
    code, text = await chuishao(world, "audit", "verify", "--json")
    assert code == 0, text
    rows = {one["service"]: one["rows"] for one in json.loads(text)["services"]}
    assert rows["intake"] > 0
    assert rows["router"] > 0
    admin = await asyncpg.connect(world.info["postgres"])
    await admin.execute("alter table router.audit disable trigger only_grows")
    change = "update router.audit set actor = $2 where object = $1 and actor = $3"
    try:
        await admin.execute(change, filed["complaint_id"], "P9999", "system:router")
        code, text = await chuishao(world, "audit", "verify", "--service", "router")
        assert code == 1
        assert "内容与散列不符" in text
    finally:
        await admin.execute(change, filed["complaint_id"], "system:router", "P9999")
        await admin.execute("alter table router.audit enable always trigger only_grows")
        await admin.close()


async def test_the_doctor_finds_nothing_where_nothing_is_wrong(world: World) -> None:
    _, text = await chuishao(world, "doctor", "--json")
    ill = {one["check"]: one["en"] for one in json.loads(text) if not one["well"]}
    # These tell of the machine, of today's date, and of tests that ran before.
    assert set(ill) <= {"disk", "calendar.years", "dead_letters"}, ill


async def test_a_poison_message_is_mended_and_replayed_and_has_its_effect_once(
    world: World,
) -> None:
    ident = str(uuid.uuid4())
    data = ComplaintReceived(
        complaint_id=ident,
        number="261123999999",
        channel="hotline",
        kind="complaint",
        text="井盖松动",
        grid_code="370105001008001",
        received_at=datetime.now(UTC),
    )
    event = outgoing(
        "complaint.received",
        data,
        source="intake",
        about=ident,
        at=datetime.now(UTC),
        area="370105001008001",
    )
    seed = (world.data_dir / "secrets" / "ops" / "chuishao_nats_seed").read_text().strip()
    client = await nats.connect(world.info["nats"], nkeys_seed_str=seed)
    await client.jetstream().publish(event.subject, event.body[:-9])
    await client.close()

    admin = await asyncpg.connect(world.info["postgres"])

    async def buried() -> bool:
        found = await admin.fetchval(
            "select (select count(*) from router.dead_letter where subject = $1)"
            " + (select count(*) from notifier.dead_letter where subject = $1)",
            event.subject,
        )
        return bool(found == 2)

    async def letters() -> list[dict[str, Any]]:
        _, text = await chuishao(world, "deadletters", "list", "--json")
        found: list[dict[str, Any]] = json.loads(text)["items"]
        return [one for one in found if one["subject"] == event.subject]

    await until(buried)
    ids = {one["consumer"]: one["dead_letter_id"] for one in await letters()}
    assert set(ids) == {"router-complaints", "notifier-complaints"}
    letter = ids["router-complaints"]
    code, text = await chuishao(world, "deadletters", "replay", letter)
    assert code == 1, text
    for service in ("router", "notifier"):
        await admin.execute(
            f"update {service}.dead_letter set body = $1 where subject = $2",  # noqa: S608
            event.body,
            event.subject,
        )
    await admin.close()
    assert (await chuishao(world, "deadletters", "replay", *ids.values()))[0] == 0
    ticket = await world.ticket_when(ident, lambda found: found["status"] == "dispatched")
    assert [line["event"] for line in ticket["history"]].count("dispatched") == 1
    assert await letters() == []
