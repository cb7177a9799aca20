"""Offices come, change keys and go while everything runs, and nobody else notices (docs/adr/0037)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from nats.aio.msg import Msg

from chuishao import broker, broker_check, provisioning
from chuishao.broker import accounts_path
from chuishao.broker_check import UnsafeServerError
from chuishao.nats_keys import KeyChangeError
from contracts.topology import JS_PREFIX
from kit.accounts import OPS_USER
from kit.broker import connect
from kit.lasting import LastingClient
from kit.rekey import Keyed
from tests.support.nats_wire import RefusedError, Wire
from tests.support.town import ONE, TWO, Town, running
from tests.support.world import until

AREA = "370105.001.001.001"
OWN_INBOX = "_INBOX_console.news"


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with running(ONE) as town:
        await provisioning.provision(town.place)
        yield town


@dataclass
class Neighbour:
    """A unit that follows its own live subjects while others come and go."""

    wire: Wire
    talking: asyncio.Task[None]
    said: list[int] = field(default_factory=list)

    @classmethod
    async def move_in(cls, town: Town) -> Neighbour:
        secrets = town.secrets()
        wire = await Wire.open(town.url, secrets.seeds["unit_U-1"])
        wire.subscribe("ticket.*.U-1.>")
        await wire.flush()
        relay = await Wire.open(town.url, secrets.seeds["router-relay"])
        said: list[int] = []

        async def talk() -> None:
            try:
                while True:
                    said.append(len(said))
                    relay.publish(f"ticket.urged.U-1.{AREA}", str(said[-1]).encode())
                    await asyncio.sleep(0.005)
            finally:
                await relay.flush()
                await relay.close()

        return cls(wire, asyncio.create_task(talk()), said)

    async def missed(self) -> set[int]:
        """Numbers that were said and not heard."""
        self.talking.cancel()
        await asyncio.gather(self.talking, return_exceptions=True)
        await asyncio.sleep(0.1)
        await self.wire.flush()
        heard = {int(heard.data) for heard in self.wire.heard}
        await self.wire.close()
        return set(self.said) - heard


async def fetched(town: Town, user: str, seed: str) -> bytes:
    """What an office gets from its own durable, through its own account."""
    wire = await Wire.open(town.url, seed)
    wire.subscribe("_INBOX.>")
    subject = f"{JS_PREFIX}.CONSUMER.MSG.NEXT.TICKETS.{user}"
    wire.publish(subject, b'{"batch":1,"expires":4000000000}', "_INBOX.x")

    async def answered() -> bool:
        await wire.flush()
        return bool(wire.heard)

    await until(answered, within_s=5)
    await wire.close()
    return wire.heard[0].data


async def let_in(town: Town, seed: str) -> bool:
    try:
        wire = await Wire.open(town.url, seed)
    except RefusedError:
        return False
    await wire.close()
    return True


async def say(town: Town, subject: str, data: bytes, who: str = "router-relay") -> None:
    wire = await Wire.open(town.url, town.secrets().seeds[who])
    wire.publish(subject, data)
    await wire.flush()
    await wire.close()


async def test_a_unit_comes_changes_its_key_and_goes_and_its_neighbour_misses_nothing(
    town: Town,
) -> None:
    neighbour = await Neighbour.move_in(town)

    changes = await provisioning.provision(town.of(TWO))
    assert changes[0] == "accounts"
    assert changes[1:] == [
        "consumer TICKETS/unit_U-2: missing",
        "consumer ESCALATIONS/reader_HALL: missing",
    ]
    assert await provisioning.check(town.of(TWO)) == []
    first = town.secrets().seeds["unit_U-2"]
    await say(town, f"ticket.dispatched.U-2.{AREA}", b"for U-2")
    assert await fetched(town, "unit_U-2", first) == b"for U-2"

    await provisioning.rotate(town.of(TWO), "unit:U-2")
    second = town.secrets().seeds["unit_U-2"]
    assert second != first
    assert await let_in(town, first)
    assert await let_in(town, second)
    with pytest.raises(KeyChangeError, match="--retire"):
        await provisioning.rotate(town.of(TWO), "unit:U-2")
    held = await Wire.open(town.url, first)
    await provisioning.retire(town.of(TWO), "unit:U-2")
    assert not await let_in(town, first)
    with pytest.raises(ConnectionError):
        await held.flush()
    await held.close()
    await say(town, f"ticket.dispatched.U-2.{AREA}", b"again for U-2")
    assert await fetched(town, "unit_U-2", second) == b"again for U-2"

    assert await provisioning.provision(town.of(ONE)) == ["accounts"]
    assert not await let_in(town, second)
    left = await provisioning.check(town.of(ONE))
    assert sorted(left) == [
        "consumer ESCALATIONS/reader_HALL: belongs to nobody",
        "consumer TICKETS/unit_U-2: belongs to nobody",
    ]
    await provisioning.provision(town.of(ONE), prune=True)
    assert await provisioning.check(town.of(ONE)) == []

    assert await neighbour.missed() == set()


async def test_a_service_takes_its_new_key_by_itself_and_loses_no_subscription(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = town.secrets(ONE)
    monkeypatch.setenv("CHUISHAO_SECRETS_DIR", str(secrets.folder("console")))
    old = secrets.seeds["console"]
    client = LastingClient()
    keyed = Keyed(client, "chuishao_nats_seed")
    await keyed.look()
    assert client.seed is None
    await connect(town.url, old, name="console", client=client)
    heard: list[bytes] = []

    async def hear(message: Msg) -> None:
        heard.append(message.data)

    await client.subscribe(OWN_INBOX, cb=hear)
    await client.flush()
    await keyed.look()
    assert client.stats["reconnects"] == 0
    await provisioning.rotate(town.place, "console")
    await keyed.look()

    async def back() -> bool:
        return client.is_connected and client.stats["reconnects"] == 1

    await until(back, within_s=5)
    await provisioning.retire(town.place, "console")
    assert not await let_in(town, old)
    await say(town, OWN_INBOX, b"still here", OPS_USER)

    async def has_heard() -> bool:
        return heard == [b"still here"]

    await until(has_heard, within_s=5)
    await client.close()


async def test_a_service_whose_key_was_taken_away_too_early_is_back_with_its_new_one(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = town.secrets(ONE)
    old = secrets.seeds["notifier"]
    client = await connect(town.url, old, name="notifier")
    await provisioning.rotate(town.place, "notifier")
    await provisioning.retire(town.place, "notifier")

    async def hung_up_on() -> bool:
        return not client.is_connected

    await until(hung_up_on, within_s=5)
    assert not client.is_closed
    monkeypatch.setenv("CHUISHAO_SECRETS_DIR", str(secrets.folder("notifier")))
    await Keyed(client, "chuishao_nats_seed").look()

    async def back() -> bool:
        return client.is_connected and client.seed != old

    await until(back, within_s=5)
    await client.close()


async def test_check_names_every_difference_and_changes_nothing(town: Town) -> None:
    found = await provisioning.check(town.of(TWO))
    assert set(found) == {
        "accounts.conf unit_U-2: missing",
        "accounts.conf reader_HALL: missing",
        "accounts.conf: the city's own part differs",
        "account unit_U-2: missing at the server",
        "account reader_HALL: missing at the server",
        "consumer TICKETS/unit_U-2: missing",
        "consumer ESCALATIONS/reader_HALL: missing",
    }
    assert set(await provisioning.check(town.of(TWO))) == set(found)
    path = accounts_path(town.place.data_dir)
    path.write_text(path.read_text().replace("max_conn: 16", "max_conn: 17"))
    assert await provisioning.check(town.place) == ["accounts.conf unit_U-1: differs"]


async def test_check_names_a_grant_that_was_edited_by_hand(town: Town) -> None:
    path = accounts_path(town.place.data_dir)
    good = path.read_text()
    edited = good.replace('"whistle.*.U-1.>"', '"whistle.*.*.>"')
    edited = edited.replace('allow: ["_INBOX_router.>"', 'allow: ["_INBOX_router.>", "complaint.>"')
    live = [
        "account CITY: export stream whistle.*.*.> to unit_U-1: nobody granted it",
        "account CITY: export stream whistle.*.U-1.> to unit_U-1: missing at the server",
        "account unit_U-1: import stream whistle.*.*.> as whistle.*.*.>: nobody granted it",
        "account unit_U-1: import stream whistle.*.U-1.> as whistle.*.U-1.>: missing at the server",
        "user router: subscribe complaint.>: nobody granted it",
    ]
    path.write_text(edited)
    await broker.reload(town.url, town.secrets(ONE))
    files = ["accounts.conf unit_U-1: differs", "accounts.conf: the city's own part differs"]
    assert sorted(await provisioning.check(town.place)) == sorted(live + files)
    path.write_text(good)  # and the server does not know
    assert sorted(await provisioning.check(town.place)) == sorted(live)


async def test_a_server_that_may_lose_what_it_acknowledged_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """D.6 API8."""
    async with running(ONE, sync_interval="2m") as town:
        with pytest.raises(UnsafeServerError, match="sync_interval: not always"):
            await provisioning.provision(town.place)
        assert "server sync_interval: not always (chuishao)" in await provisioning.check(town.place)
        monkeypatch.setenv(broker_check.ACCEPT, "sync_interval")
        assert await provisioning.provision(town.place) != []
        assert await provisioning.check(town.place) == []


async def test_servers_of_a_cluster_are_named_with_commas_and_one_may_be_away(town: Town) -> None:
    both = replace(town.place, url=f"nats://127.0.0.1:1,{town.place.url}")
    assert await provisioning.check(both) == []


async def test_a_server_of_a_cluster_that_says_nothing_holds_nobody_up(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr(broker_check, "_ASK_S", 1.0)
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as deaf:
        port = deaf.sockets[0].getsockname()[1]
        both = replace(town.place, url=f"{town.place.url},nats://127.0.0.1:{port}")
        async with asyncio.timeout(30):
            assert await provisioning.check(both) == []
