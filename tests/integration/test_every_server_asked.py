"""Two servers that know each other: each is asked what it is, and named where it is not as it should be."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chuishao import account_check, broker, broker_check, ports
from chuishao.broker import rendered, write_accounts
from chuishao.embedded.nats import EmbeddedNats
from chuishao.provisioning import Installed
from chuishao.supervisor import Supervisor
from tests.chaos.nodes import nodes
from tests.support.lane import base
from tests.support.town import ONE, TWO, Town


@pytest.fixture
async def pair() -> AsyncIterator[Town]:
    """The second one is not told to write to the disk at once; commands know the first one's address."""
    folder = Path(tempfile.mkdtemp(prefix="chuishao-pair-"))
    start = base(25_300)
    chosen = ports.choose(start)
    alone = EmbeddedNats(
        folder / "nats", chosen["nats"], chosen["nats_monitor"], folder / "nats.log"
    )
    first, second = nodes(alone, folder, 2, start + 60)
    second = replace(second, sync_interval="2m")
    town = Town(Installed(folder, first.url, ONE), first, Supervisor(folder, print))
    write_accounts(folder, ONE, town.place.secrets())
    (folder / "log").mkdir()
    try:
        other = replace(second.spec(), name="nats-2")
        await town.supervisor.start(first.spec(), other)
        yield town
    finally:
        town.supervisor.ask_to_stop()
        await town.supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def test_a_fault_of_any_server_is_found_and_named(pair: Town) -> None:
    secrets = pair.secrets(TWO)
    found = await broker_check.faults(pair.url, secrets)
    assert found == ["sync_interval: not always (n2)"]
    text = rendered(TWO, secrets)
    assert write_accounts(pair.place.data_dir, TWO, secrets)
    assert (await broker.standing(pair.url, secrets)).lags(pair.place.data_dir)
    await pair.server.reload(pair.supervisor.pids["nats"])
    # The first one has read it; the second, which has a file of its own, has not.
    differ = await account_check.differences(pair.url, secrets.seeds, text)
    assert "account unit_U-2: missing at the server (n2)" in differ
    assert [said for said in differ if "(n1)" in said] == []
    there = await broker.standing(pair.url, secrets)
    assert "unit_U-1" in there.accounts
    assert "unit_U-2" not in there.accounts
    assert await broker.reload(pair.url, secrets) == 2
