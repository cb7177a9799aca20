"""People are told on the whole product: through a channel, in time, and without a resident's words."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.support.world import World, until

WORDS = "路灯不亮，孩子放学摔倒了"


def lines(world: World) -> list[dict[str, Any]]:
    """What the file channels of the embedded installation have taken."""
    file = world.data_dir / "notices.ndjson"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def notices(world: World, ticket: str) -> dict[str, Any]:
    answer = await world.http.get(
        f"{world.info['notifier']}/v1/notices", params={"ticket": ticket},
        headers=world.token("admin"),
    )  # fmt: skip
    assert answer.status_code == httpx.codes.OK, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_critical_matter_tells_its_unit_at_once_and_its_leader_when_nobody_signs(
    world: World,
) -> None:
    filed = await world.file(
        WORDS, title="路灯不亮", address="清潭街12号", urgency="critical",
        requester={"name": "王小明", "phone": "13912345678"},
    )  # fmt: skip
    ticket = await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
    told: list[dict[str, Any]] = []

    async def heard(cause: str) -> bool:
        told[:] = [
            line for line in lines(world)
            if line["data"]["cause"] == cause and filed["number"] in line["body"]
        ]  # fmt: skip
        return bool(told)

    await until(lambda: heard("dispatched"), what=lambda: str(lines(world)))
    assert "签收" in told[0]["body"]
    await world.fast_forward(minutes=20)
    await until(lambda: heard("raised"))
    assert told[0]["body"].startswith("【吹哨】升级1级")
    assert len(told[0]["body"]) < 70
    said = json.dumps(lines(world), ensure_ascii=False)
    for secret in ("摔倒", "王小明", "13912345678", "孩子"):
        assert secret not in said

    async def delivered() -> bool:
        causes = (await notices(world, ticket["ticket_id"]))["causes"]
        return all(
            one["delivered"] >= 1 for one in causes if one["cause"] in ("dispatched", "raised")
        )

    await until(delivered)
