"""A strike that meets nothing says so, is healed like any other, and counts for nothing."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.chaos import nemesis
from tests.chaos.faults import FAULTS, network, not_here
from tests.chaos.faults.fault import Fault, FaultMissedError
from tests.chaos.faults.rot import block
from tests.chaos.history import History, Phase
from tests.chaos.lab import SERVERS, SERVICES, Lab
from tests.chaos.needs import require
from tests.chaos.proxy import HOST, Trouble, serve
from tests.chaos.schedule import Step
from tests.chaos.server import Server
from tests.chaos.verdict import applied

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HELLO = b'CONNECT {"name":"chuishao-router"}\r\n'


@pytest.fixture
async def dead(tmp_path: Path) -> AsyncIterator[Lab]:
    """An installation with nothing running but its proxy; its processes ended a moment ago."""
    lab = Lab(tmp_path, seed=1)
    specs = {"nats": lab.nats_server.spec(), "postgres": lab.postgres_server.spec()}
    lab.servers = {name: Server(spec, tmp_path) for name, spec in specs.items()}
    ended = subprocess.Popen(["true"])  # noqa: ASYNC220, S607 - ends at once
    ended.wait()
    pids = {name: ended.pid for service in SERVICES for name in lab.processes(service)}
    lab.data_dir.mkdir(parents=True)
    (lab.data_dir / "run.json").write_text(json.dumps({"pids": pids}))
    between = {name: (lab.port[f"{name}_proxy"], lab.port[name]) for name in SERVERS}
    proxy = asyncio.create_task(serve(lab.port["control"], between))
    while not await lab.orders.answers():
        await asyncio.sleep(0.01)
    yield lab
    proxy.cancel()
    await asyncio.gather(proxy, return_exceptions=True)


@pytest.fixture
async def router(dead: Lab) -> AsyncIterator[Link]:
    """A connection of router to a broker that repeats what it hears."""
    answer = await asyncio.start_server(_echo, HOST, dead.port["nats"])
    reader, writer = await asyncio.open_connection(HOST, dead.port["nats_proxy"])
    writer.write(HELLO)
    await reader.readexactly(len(HELLO))
    yield reader, writer
    writer.close()
    answer.close()
    await asyncio.sleep(0.05)  # so that the proxy notices


@pytest.mark.parametrize("kind", FAULTS)
async def test_nothing_is_struck_where_nothing_runs(dead: Lab, kind: str) -> None:
    require(FAULTS[kind].needs())
    with pytest.raises(FaultMissedError):
        await FAULTS[kind].strike(dead, Random(1))  # noqa: S311 - any will do
    assert not dead.struck


async def test_a_trouble_counts_once_it_has_met_what_somebody_says(dead: Lab, router: Link) -> None:
    reader, writer = router
    for number, trouble in enumerate((Trouble("router", "both"), Trouble("router", delay_s=0.01))):
        assert await dead.orders.begin("nats", f"{number}", trouble) == 1
        assert await dead.orders.bitten("nats", f"{number}", within_s=0.1) == 0
        writer.write(b"x")
        assert await dead.orders.bitten("nats", f"{number}", within_s=5) == 1
        await dead.orders.end("nats", f"{number}")
        assert await reader.readexactly(1) == b"x"
    await dead.orders.begin("nats", "cut", Trouble("router", cut_after=1))
    writer.write(b"yes")
    assert await dead.orders.bitten("nats", "cut", within_s=5) == 1


@pytest.mark.parametrize("kind", ["partition_nats", "deaf_nats", "cut_off_nats", "slow_nats"])
async def test_a_link_on_which_nothing_is_said_is_no_place_for_a_trouble(
    dead: Lab, router: Link, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_BITES_WITHIN_S", 0.1)
    with pytest.raises(FaultMissedError, match="router said nothing to nats"):
        await FAULTS[kind].strike(dead, Random(1))  # noqa: S311 - any will do
    await FAULTS[kind].heal(dead)
    reader, writer = router
    writer.write(b"x")
    assert await reader.readexactly(1) == b"x"


def test_an_empty_stream_has_no_block_to_spoil(tmp_path: Path) -> None:
    stream = tmp_path / "jetstream" / "CITY" / "streams" / "TICKETS" / "msgs"
    stream.mkdir(parents=True)
    (stream / "1.blk").touch()
    with pytest.raises(FaultMissedError):
        block(tmp_path, Random(1))  # noqa: S311 - any will do
    (stream / "2.blk").write_bytes(b"x")
    assert block(tmp_path, Random(1)).name == "2.blk"  # noqa: S311 - any will do


class Misses(Fault):
    """Meets nothing the first time."""

    kind = "misses"

    def __init__(self, *, lacks: str | None = None) -> None:
        self.lacks = lacks
        self.told: list[str] = []

    async def strike(self, lab: Any, rng: Random) -> dict[str, Any]:  # noqa: ARG002
        self.told.append("strike")
        if self.told == ["strike"]:
            raise FaultMissedError("nobody there")
        return {}

    async def heal(self, lab: Any) -> None:  # noqa: ARG002
        self.told.append("heal")

    def needs(self) -> str | None:
        return self.lacks


async def test_a_missed_strike_is_healed_tried_again_and_not_counted(
    dead: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nemesis, "AGAIN_S", 0)
    fault, history = Misses(), History()
    one = nemesis.Nemesis(dead, history, {fault.kind: fault}, Random(1))  # noqa: S311
    await one.run([Step(0, (fault.kind,), 0)])
    assert fault.told == ["strike", "heal", "strike", "heal"]
    assert applied(history.lines) == {fault.kind: 1}
    missed = next(each for each in history.lines if each.phase is Phase.FAIL)
    assert missed.value["error"] == "FaultMissedError: nobody there"


def test_what_this_machine_cannot_do_is_named_with_the_reason() -> None:
    assert not_here([Misses(lacks="no such device"), *FAULTS.values()]) == {
        "misses": "no such device",
        **{kind: why for kind, fault in FAULTS.items() if (why := fault.needs())},
    }
    assert not_here([Misses()]) == {}


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)
    writer.close()
