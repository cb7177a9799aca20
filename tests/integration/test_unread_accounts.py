"""The accounts file and the running server differ: provisioning mends it, or fails at once and says how."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chuishao import nats_client, provisioning
from chuishao.broker import accounts_path, write_accounts
from chuishao.nats_client import BrokerUnreachableError, KeyRefusedError, connected
from chuishao.provisioning import Installed
from chuishao.secrets import OPS_USER, SYSTEM_USER, new_seed, seed_file
from tests.support.town import ONE, TWO, Town, running

SOON_S = 20.0
"""A command that waits for a server that will never let it in does not end at all."""


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with running(ONE) as town:
        await provisioning.provision(town.place)
        yield town


def another_key(town: Town) -> None:
    """What an upgrade does that brings `ops` a volume of its own: `prepare` finds it empty."""
    shutil.rmtree(town.secrets(ONE).folder(OPS_USER))
    assert write_accounts(town.place.data_dir, ONE, town.secrets(ONE))


async def test_what_prepare_wrote_since_the_server_started_is_read_by_it(town: Town) -> None:
    another_key(town)
    assert "user ops: its key is refused" in await provisioning.check(town.place)
    async with asyncio.timeout(SOON_S):
        assert await provisioning.provision(town.place) == ["accounts"]
    assert await provisioning.check(town.place) == []
    assert await provisioning.provision(town.place) == []

    write_accounts(town.place.data_dir, TWO, town.secrets(TWO))
    changes = await provisioning.provision(town.of(TWO))
    assert changes[:2] == ["accounts", "consumer TICKETS/unit_U-2: missing"]
    assert await provisioning.check(town.of(TWO)) == []


async def test_a_file_that_looks_old_is_read_where_the_key_of_ops_is_refused(town: Town) -> None:
    """As after a backup was restored, or where the server's clock is ahead of ours."""
    another_key(town)
    os.utime(accounts_path(town.place.data_dir), (0, 0))
    async with asyncio.timeout(SOON_S):
        await provisioning.provision(town.place)
    assert await provisioning.check(town.place) == []


@pytest.mark.parametrize("user", [OPS_USER, SYSTEM_USER])
async def test_a_server_that_reads_another_file_is_named_with_the_remedy(
    town: Town, tmp_path: Path, user: str
) -> None:
    shutil.copytree(town.place.data_dir / "secrets", tmp_path / "secrets")
    seed_file(tmp_path / "secrets", user).write_text(new_seed())
    async with asyncio.timeout(SOON_S):
        with pytest.raises(KeyRefusedError, match="docker compose restart nats") as refused:
            await provisioning.provision(Installed(tmp_path, town.url, ONE))
    elsewhere = Installed(tmp_path, town.url, ONE).secrets()
    assert elsewhere.public_keys()[user] in str(refused.value)


async def test_a_server_that_falls_silent_after_the_first_connection_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    came = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        if came == 1:
            writer.write(b'INFO {"max_payload":1048576,"nonce":"x"}\r\n')
            await reader.readuntil(b"PING\r\n")
            writer.write(b"PONG\r\n")
        await reader.read()
        writer.close()

    monkeypatch.setattr(nats_client, "_CONNECT_S", 1)
    async with await asyncio.start_server(once, "127.0.0.1", 0) as server:
        url = f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(SOON_S):
            with pytest.raises(BrokerUnreachableError, match=url):
                async with connected(url, new_seed()):
                    pass
    assert came == 2
