"""The audit of the running product verifies, and names what was tampered with."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import asyncpg

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
