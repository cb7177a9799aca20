"""D.7 #31 and #34: a broken owner publishes thousands of broken events under its own key."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any, Final
from uuid import UUID

import nats
import pytest
from nats.aio.client import Client

from chuishao.secrets import seed_file
from contracts.catalog import BY_NAME, OWNER_OF, decode
from contracts.listeners import covers
from contracts.topology import CONSUMERS
from kit.accounts import OPS_USER
from kit.broker import connect
from tests.support.mutants import Mutant, mutants
from tests.support.world import World, until

COUNT: Final = int(os.environ.get("CHUISHAO_FUZZ_POISON", "2000"))
SEED: Final = int(os.environ.get("CHUISHAO_FUZZ_SEED", "20261122"))
AT_ONCE: Final = 64
CALM_S: Final = 0.4
"""Between two good complaints."""
SETTLED_S: Final = 900 + COUNT / 100
"""What came before an earlier event waits two and a half minutes in the broker before it is set aside, and
screens rest after each batch (`ConsumerSpec.rest`)."""
SERVICES: Final = ("intake", "router", "notifier", "console")
DELAYED_S: Final = 10.0
"""The longest a good complaint may take to its unit on a loaded machine; the target is 1 s."""


def allowed(mutant: Mutant) -> bool:
    """Whether the owner's key may publish it; a directory nobody published is another matter."""
    name = ".".join(mutant.subject.split(".", 2)[:2])
    known = name in BY_NAME and covers(BY_NAME[name].pattern, mutant.subject)
    return known and (decodes(mutant) is False or BY_NAME[name].noun != "directory")


def decodes(mutant: Mutant) -> bool:
    try:
        UUID(decode(mutant.subject, mutant.body).id)
    except ValueError:
        return False
    return True


async def connections(world: World) -> dict[str, Client]:
    """A connection for each service that publishes, under the key of its relay."""
    return {
        owner: await connect(
            world.info["nats"],
            seed_file(world.data_dir / "secrets", f"{owner}-relay").read_text().strip(),
            name=f"{owner}-relay",
        )
        for owner in set(OWNER_OF.values())
    }


async def publish(world: World, poison: Sequence[Mutant]) -> dict[tuple[str, int], Mutant]:
    """Publish it all; by stream and sequence number."""
    clients = await connections(world)
    stored: dict[tuple[str, int], Mutant] = {}
    waiting = iter(enumerate(poison))

    async def hand() -> None:
        for number, mutant in waiting:
            stream = clients[OWNER_OF[mutant.subject.split(".", 1)[0]]].jetstream()
            headers = {"Nats-Msg-Id": f"poison-{SEED}-{number}"}
            told = await stream.publish(mutant.subject, mutant.body, headers=headers, timeout=20)
            stored[told.stream, told.seq] = mutant

    await asyncio.gather(*(hand() for _ in range(AT_ONCE)))
    for client in clients.values():
        await client.close()
    return stored


def graves(stored: dict[tuple[str, int], Mutant]) -> Counter[tuple[str, str, int]]:
    """Consumer, stream and number of every dead letter there has to be."""
    return Counter(
        (consumer.name, stream, seq)
        for (stream, seq), mutant in stored.items()
        if not decodes(mutant)
        for consumer in CONSUMERS
        if consumer.stream == stream
        and any(covers(pattern, mutant.subject) for pattern in consumer.filters)
    )


async def buried(world: World) -> Counter[str]:
    """How many dead letters there are, by reason."""
    found: Counter[str] = Counter()
    for service in SERVICES:
        rows = await world.rows(
            f"select reason, count(*) as letters from {service}.dead_letter group by reason"  # noqa: S608
        )
        found.update({row["reason"]: row["letters"] for row in rows})
    return found


async def letters(world: World) -> list[tuple[tuple[str, str, int], str]]:
    """Every dead letter of every service with its reason."""
    rows: list[Any] = []
    for service in SERVICES:
        rows += await world.rows(
            f"select consumer, stream, stream_seq, reason from {service}.dead_letter"  # noqa: S608
        )
    return [((row["consumer"], row["stream"], row["stream_seq"]), row["reason"]) for row in rows]


async def pending(world: World) -> dict[str, tuple[int, int]]:
    """Of each consumer: what it has not been given yet, and what it has not settled."""
    seed = seed_file(world.data_dir / "secrets", OPS_USER).read_text()
    client = await nats.connect(world.info["nats"], nkeys_seed_str=seed)
    found = {}
    for consumer in CONSUMERS:
        info = await client.jetstream().consumer_info(consumer.stream, consumer.name)
        found[consumer.name] = (info.num_pending or 0, info.num_ack_pending or 0)
    await client.close()
    return found


async def good_traffic(world: World, delays: list[float], over: asyncio.Event) -> None:
    """A complaint now and then, as long as the poison flows; how long each took to its unit."""
    while not over.is_set() or not delays:
        began = time.monotonic()
        filed = await world.file("路灯坏了三天了", address="清潭街12号")
        await world.ticket_when(
            filed["number"], lambda ticket: ticket["status"] == "dispatched", within_s=60
        )
        delays.append(time.monotonic() - began)
        await asyncio.sleep(CALM_S)


@pytest.mark.fuzz
@pytest.mark.timeout(3_600)
async def test_d7_31_34_poison_is_buried_once_and_good_traffic_goes_on(world: World) -> None:
    poison = [mutant for mutant in mutants(SEED, COUNT) if allowed(mutant)]
    before = dict(world.info["pids"])
    seen: dict[str, Any] = {}
    delays: list[float] = []
    over = asyncio.Event()
    good = asyncio.create_task(good_traffic(world, delays, over))
    began = time.monotonic()
    stored = await publish(world, poison)
    published_s = time.monotonic() - began
    wanted = graves(stored)

    async def settled() -> bool:
        world.reread()
        assert world.info["pids"] == before, "a service ended for what came"
        found, left = await buried(world), await pending(world)
        seen.update(letters=found, wanted=wanted.total(), left=left)
        if found["undecodable"] == wanted.total() and not over.is_set():
            seen["buried_s"] = round(time.monotonic() - began, 1)
            over.set()
        await asyncio.sleep(1)
        if good.done():
            await good
        return good.done() and not any(new or held for new, held in left.values())

    await until(settled, within_s=SETTLED_S, what=lambda: str(seen))
    found = await letters(world)
    places, reasons = Counter(place for place, _ in found), Counter(reason for _, reason in found)
    left = sum(new + held for new, held in seen["left"].values())
    told = {
        "seed": SEED, "published": len(stored), "in_s": round(published_s, 1), "letters": reasons,
        "buried_s": seen["buried_s"], "settled_s": round(time.monotonic() - began, 1),
        "good": len(delays), "pending": left,
        "good_delay_p50_s": round(median(delays), 2), "good_delay_max_s": round(max(delays), 2),
    }  # fmt: skip
    print(json.dumps(told), flush=True)  # noqa: T201 - the figures of the run
    assert Counter(place for place, reason in found if reason == "undecodable") == wanted
    assert max(places.values()) == 1
    # What a service says because of poison may lack what another one refused: a rung without its ticket.
    of_poison = {(stream, seq) for (_, stream, seq), reason in found if reason != "gap"}
    assert of_poison <= set(stored)
    assert left == 0
    assert max(delays) < DELAYED_S
