"""The embedded nats-server, for real."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import nkeys
import pytest
from nats.aio.msg import Msg

from chuishao.embedded.nats import EmbeddedNats, ReloadError
from chuishao.nats_client import BrokerUnreachableError, connected
from chuishao.ports import Ports
from chuishao.supervisor import Supervisor
from tests.embedded.conftest import Eventually

# Two fixed example keys (made for this test, used nowhere else) keep the accounts readable.
CITY_SEED = nkeys.encode_seed(b"c" * 32, nkeys.PREFIX_BYTE_USER).decode()
OFFICE_SEED = nkeys.encode_seed(b"o" * 32, nkeys.PREFIX_BYTE_USER).decode()


def public(seed: str) -> str:
    return str(nkeys.from_seed(bytearray(seed, "ascii")).public_key, "ascii")


CITY = f"""
accounts {{
  CITY {{
    jetstream: enabled
    users = [ {{ nkey: {public(CITY_SEED)} }} ]
    exports = [ {{ service: "ask.office" }} ]
  }}
}}
"""
CITY_AND_OFFICE = CITY.removesuffix("}\n") + (
    f"  OFFICE {{ users = [ {{ nkey: {public(OFFICE_SEED)} }} ]\n"
    '    imports = [ { service: { account: CITY, subject: "ask.office" } } ] }\n}\n'
)


def server(data_dir: Path, free_ports: Ports, accounts: str = CITY) -> EmbeddedNats:
    embedded = EmbeddedNats(
        data_dir / "nats", free_ports["nats"], free_ports["nats_monitor"], data_dir / "nats.log"
    )
    embedded.root.mkdir()
    embedded.accounts_path.write_text(accounts)
    return embedded


async def stored(embedded: EmbeddedNats) -> int:
    async with connected(embedded.url, CITY_SEED) as client:
        info = await client.jetstream().stream_info("KEPT")
        return info.state.messages


async def publish_one(embedded: EmbeddedNats) -> None:
    async with connected(embedded.url, CITY_SEED) as client:
        await client.jetstream().add_stream(name="KEPT", subjects=["kept.>"])
        await client.jetstream().publish("kept.one", b"1")


async def accepted(embedded: EmbeddedNats, seed: str) -> bool:
    try:
        async with connected(embedded.url, seed):
            return True
    except BrokerUnreachableError:
        return False


async def test_a_killed_server_comes_back_with_what_it_acknowledged(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor, eventually: Eventually
) -> None:
    embedded = server(data_dir, free_ports)
    await supervisor.start(embedded.spec())
    await publish_one(embedded)
    killed = supervisor.pids["nats"]
    os.kill(killed, signal.SIGKILL)

    async def healthy_again() -> bool:
        return supervisor.pids.get("nats") not in {None, killed} and await embedded.ready()

    await eventually(healthy_again)
    assert await stored(embedded) == 1


async def test_messages_survive_a_clean_stop(data_dir: Path, free_ports: Ports) -> None:
    embedded = server(data_dir, free_ports)
    first = Supervisor(data_dir, print)
    await first.start(embedded.spec())
    await publish_one(embedded)
    await first.stop()
    second = Supervisor(data_dir, print)
    await second.start(embedded.spec())
    try:
        assert await stored(embedded) == 1
    finally:
        await second.stop()


async def test_an_account_added_while_it_runs_can_use_its_imports_after_reload(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    embedded = server(data_dir, free_ports)
    await supervisor.start(embedded.spec())
    assert not await accepted(embedded, OFFICE_SEED)
    embedded.accounts_path.write_text(CITY_AND_OFFICE)
    await embedded.reload(supervisor.pids["nats"])

    async def answer(message: Msg) -> None:
        await message.respond(b"yes")

    async with connected(embedded.url, CITY_SEED) as city:
        await city.subscribe("ask.office", cb=answer)
        await city.flush()
        async with connected(embedded.url, OFFICE_SEED) as office:
            reply = await office.request("ask.office", b"", timeout=5)
    assert reply.data == b"yes"


async def test_a_broken_accounts_file_is_reported_and_the_old_accounts_go_on(
    data_dir: Path,
    free_ports: Ports,
    supervisor: Supervisor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chuishao.embedded.nats._RELOAD_S", 1.0)
    embedded = server(data_dir, free_ports)
    await supervisor.start(embedded.spec())
    embedded.accounts_path.write_text("accounts { broken")
    with pytest.raises(ReloadError):
        await embedded.reload(supervisor.pids["nats"])
    assert await accepted(embedded, CITY_SEED)


async def test_nobody_connects_with_an_unknown_key(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    embedded = server(data_dir, free_ports)
    await supervisor.start(embedded.spec())
    assert await accepted(embedded, CITY_SEED)
    assert not await accepted(embedded, OFFICE_SEED)


async def test_it_does_not_start_before_the_accounts_are_written(
    data_dir: Path, free_ports: Ports, supervisor: Supervisor
) -> None:
    embedded = EmbeddedNats(
        data_dir / "nats", free_ports["nats"], free_ports["nats_monitor"], data_dir / "nats.log"
    )
    with pytest.raises(RuntimeError, match="must be written before"):
        await supervisor.start(embedded.spec())


def test_every_acknowledged_message_is_on_disk_and_the_store_stays_below_the_disk(
    data_dir: Path, free_ports: Ports
) -> None:
    config = server(data_dir, free_ports).config()
    assert 'sync_interval: "always"' in config
    assert f'listen: "127.0.0.1:{free_ports["nats"]}"' in config
    assert f'http: "127.0.0.1:{free_ports["nats_monitor"]}"' in config
    assert "max_payload: 262144" in config
    limit = next(line for line in config.splitlines() if "max_file_store" in line)
    disk = os.statvfs(data_dir)
    assert 0 < int(limit.split()[1].removesuffix("MB")) * 1024**2 < disk.f_bavail * disk.f_frsize
