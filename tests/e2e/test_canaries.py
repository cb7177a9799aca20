"""Nobody's name, phone, identity or card number leaves the vault, whatever was said and done (reliability.md D.3)."""

from __future__ import annotations

import asyncio

import httpx

from tests.support import canaries
from tests.support.collector import Collector
from tests.support.world import World, until


def in_traces(collector: Collector) -> bool:
    """Whether a span that a service sent holds one."""
    return any(map(canaries.holds, collector.taken))


async def all_sent(world: World, collector: Collector) -> None:
    """Wait until each service sent its spans of what it did so far: it sends them in order."""
    before = len(collector.taken)
    filed = await world.file("路灯坏了三天了", address="清潭街12号")
    await world.ticket_when(filed["number"], lambda ticket: bool(ticket["unit"]))

    async def told() -> bool:
        later = b"".join(collector.taken[before:])
        names = ("intake", "router", "notifier")
        return all(f"chuishao-{name}".encode() in later for name in names)

    await until(told)


async def test_no_canary_is_found_outside_the_vault_and_a_planted_one_is(
    world: World, collector: Collector
) -> None:
    bodies = canaries.bodies(20_261_122, 20)
    filed = await asyncio.gather(*(world.file(**body) for body in bodies))
    refused = await world.post_complaint(bodies[0] | {"kind": bodies[0]["text"]})
    assert refused.status_code == 422
    for one in filed:
        await world.ticket_when(one["number"], lambda ticket: bool(ticket["unit"]))
    for body, one in zip(bodies[:4], filed, strict=False):
        person = body["requester"]
        words = f"{person['name']}又来电，电话{person['phone']}，仍未解决"
        answer = await world.http.post(
            f"{world.info['intake']}/v1/complaints/{one['number']}/supplement",
            json={"text": words},
            headers=world.token("operator"),
        )
        assert answer.status_code < 300, answer.text

    async def nothing_pending() -> bool:
        return not await world.rows("select from intake.outbox_pending limit 1")

    await until(nothing_pending)
    assert await canaries.search(world.info, world.data_dir) == []
    await all_sent(world, collector)
    assert collector.holds("complaint.received")
    assert collector.holds("ticket.dispatched")
    assert not in_traces(collector)

    secret = canaries.canaries(20_261_122, 1)[0]
    planted = world.data_dir / "log" / "planted.log"
    planted.write_text(f'{{"event": "filed", "phone": "{secret.phone}"}}\n')
    await world.rows(
        "insert into router.delivery_attempt (consumer, message, attempts, last_error)"
        " values ('planted', 'planted', 1, $1)",
        f"ValueError: {secret.name}",
    )
    try:
        found = [*canaries.in_files(world.data_dir / "log")]
        found += await canaries.in_tables(world.info["postgres"])
    finally:
        planted.unlink()
        await world.rows("delete from router.delivery_attempt where consumer = 'planted'")
    async with httpx.AsyncClient() as service:
        await service.post(collector.endpoint, content=f"\n\x0b{secret.phone}\x12".encode())
    found += ["traces"] * in_traces(collector)
    del collector.taken[-1]
    assert "traces" in found
    assert "file planted.log" in found
    assert "table router.delivery_attempt: 1 rows" in found
