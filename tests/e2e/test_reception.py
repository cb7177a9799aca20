"""A complaint nobody solves, from the ladder to the secretary's table, and from there to a confirmed end."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import httpx

from tests.support.world import MONDAY, World, until

LAMP: Final = {"address": "清潭街12号", "title": "路灯不亮"}
SECRETARY: Final = "secretary:JD-WYS"


async def call(
    world: World, path: str, role: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    url = f"{world.info['notifier']}/v1/reception/{path}"
    if body is None:
        return await world.http.get(url, headers=world.token(role))
    return await world.http.post(url, json=body, headers=world.token(role))


async def done(
    world: World, path: str, role: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    answer = await call(world, path, role, body)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def climb(world: World) -> dict[str, Any]:
    """A ticket that nobody signs for, until it lies on the street's table; its item."""
    filed = await world.file("路灯全灭了, 跟谁说都没用", **LAMP)
    await world.ticket_when(filed["number"], lambda t: "result" in t["due"])
    for days in (1.1, 7, 10, 19):
        await world.move_clock(max(await world.now(), MONDAY))
        await world.fast_forward(days=days)
    await world.ticket_when(filed["number"], lambda t: t["escalation_level"] >= 4)
    found: dict[str, Any] = {}

    async def queued() -> bool:
        own = [i for i in await world.queue("JD-WYS") if i["ticket_id"] == filed["complaint_id"]]
        found.update(own[0] if own else {})
        return bool(own)

    await until(queued)
    return found


async def test_what_nobody_solved_is_decided_at_a_reception_and_ends_confirmed(
    world: World,
) -> None:
    item = await climb(world)
    now = await world.now()
    proposed = await done(world, "sessions/proposed?org=JD-WYS", SECRETARY)
    assert all(datetime.fromisoformat(d["starts_at"]) >= now for d in proposed["items"])
    starts_at = (now + timedelta(hours=1)).isoformat()
    body = {"org": "JD-WYS", "place": "街道二楼", "starts_at": starts_at}
    session = (await done(world, "sessions", SECRETARY, body))["session_id"]
    listed = await done(world, "sessions?org=JD-WYS", SECRETARY)
    assert session in [one["session_id"] for one in listed["items"]]
    assert (await call(world, f"sessions/{session}", "secretary:SQ-002")).status_code == 404
    step = partial(done, world, role=SECRETARY)
    await step(f"sessions/{session}/schedule", body={"items": [item["item_id"]]})
    await step(f"sessions/{session}/hear", body={"item": item["item_id"], "form": "site_visit"})
    assign = {"kind": "assign", "owner": "CG-ZF", "text": "三个工作日内修好", "limit": "3wd"}
    await step(f"sessions/{session}/decide", body={"item": item["item_id"], "decisions": [assign]})
    moved = await world.ticket_when(item["number"], lambda t: t["unit"] == "CG-ZF")
    assert moved["history"][-1]["reason"] == "reception_decision"
    shown = await done(world, f"sessions/{session}", SECRETARY)
    (decision,) = shown["agenda"][0]["decisions"]
    ident, confirmer = decision["decision_id"], decision["confirmer"]

    await world.fast_forward(days=12)

    async def lifted() -> bool:
        rows = await world.queue("QX-TQ")
        return any(i["item_id"] == item["item_id"] for i in rows)

    await until(lifted)
    ledger = await done(world, "decisions?overdue=true", "unit:CG-ZF")
    assert ident in [d["decision_id"] for d in ledger["items"]]
    said = await done(world, f"decisions/{ident}/done", "unit:CG-ZF", {"text": "已更换线路"})
    assert said["state"] == "reported"
    role = f"secretary:{confirmer}"
    refused = await call(world, f"decisions/{ident}/confirm", "unit:CG-ZF", {})
    assert refused.status_code == 403, refused.text
    assert (await done(world, f"decisions/{ident}/confirm", role, {}))["state"] == "done"
    gone = [i["item_id"] for i in await world.queue("QX-TQ")]
    assert item["item_id"] not in gone

    await step(f"sessions/{session}/close", body={"minutes": "会上<b>一致</b>同意"})
    page = await call(world, f"sessions/{session}/minutes", SECRETARY)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert item["number"] in page.text
    assert "会上&lt;b&gt;一致&lt;/b&gt;同意" in page.text
    assert "已落实" in page.text
    clocks = await world.http.get(
        f"{world.info['notifier']}/v1/clocks/{item['ticket_id']}", headers=world.token("admin")
    )
    kinds = {c["kind"] for c in clocks.json()["items"] if c.get("decision_id") == ident}
    assert kinds == {"decision", "confirmation"}
