"""The proxy's connections fail as real ones do: held back, half open, broken off in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.chaos.proxy import HOST, Proxy, Trouble

HELLO = b'CONNECT {"name":"chuishao-router"}\r\n'


@asynccontextmanager
async def echo(reader_limit: int = 65_536) -> AsyncIterator[tuple[Proxy, int, bytearray]]:
    """A server that answers what it is asked, behind a proxy; what it was asked is written down."""
    heard = bytearray()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(reader_limit):
            heard.extend(data)
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, HOST, 0)
    proxy = Proxy(server.sockets[0].getsockname()[1])
    front = await asyncio.start_server(proxy.take, HOST, 0)
    try:
        yield proxy, front.sockets[0].getsockname()[1], heard
    finally:
        proxy.half_open(None)
        proxy.reset()
        front.close()
        server.close()
        await asyncio.sleep(0.05)


async def greeted(
    port: int, hello: bytes = HELLO
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(hello)
    await reader.readexactly(len(hello))
    return reader, writer


async def hears_nothing(reader: asyncio.StreamReader) -> bool:
    try:
        await asyncio.wait_for(reader.read(1), 0.2)
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize(("hold", "arrives"), [("both", b""), ("answers", b"x")])
async def test_a_partition_holds_one_group_back_and_lets_go_when_it_heals(
    hold: str, arrives: bytes
) -> None:
    async with echo() as (proxy, port, heard):
        router, to_router = await greeted(port)
        other, to_other = await greeted(port, b"somebody\n")
        heard.clear()
        assert proxy.trouble([Trouble("router", hold)]) == 1
        to_router.write(b"x")
        assert await hears_nothing(router)
        assert bytes(heard) == arrives
        to_other.write(b"y")
        assert await other.readexactly(1) == b"y"
        proxy.trouble([])
        assert await router.readexactly(1) == b"x"
        for writer in (to_router, to_other):
            writer.close()


async def test_a_half_open_connection_is_dead_and_its_client_is_not_told() -> None:
    async with echo() as (proxy, port, heard):
        reader, writer = await greeted(port)
        heard.clear()
        assert proxy.half_open("router") == 1
        writer.write(b"x")
        assert await hears_nothing(reader)
        assert not heard
        assert proxy.reset() == 1
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()


@pytest.mark.parametrize(("cut", "asked", "answered"), [("asked", 5, 5), ("answers", 9, 5)])
async def test_a_connection_breaks_off_in_the_middle_of_what_is_said(
    cut: str, asked: int, answered: int
) -> None:
    async with echo() as (proxy, port, heard):
        reader, writer = await greeted(port)
        heard.clear()
        proxy.trouble([Trouble("router", cut_after=5, cut=cut)])
        writer.write(b"123456789")
        said = b""
        try:
            while more := await asyncio.wait_for(reader.read(100), 2):
                said += more
        except ConnectionResetError:
            pass
        assert (len(heard), len(said) <= answered) == (asked, True)
        assert said == b"12345"[: len(said)]
        writer.close()


async def test_a_slow_link_delays_and_loses_nothing() -> None:
    async with echo() as (proxy, port, _):
        reader, writer = await greeted(port)
        proxy.trouble([Trouble("router", delay_s=0.1)])
        began = asyncio.get_running_loop().time()
        writer.write(b"12345")
        assert await reader.readexactly(5) == b"12345"
        assert asyncio.get_running_loop().time() - began >= 0.2
        writer.close()


@pytest.mark.parametrize(
    ("hello", "group"),
    [
        (HELLO, "router"),
        (b"\0\0\0\x50user\0chuishao_intake\0database\0chuishao\0\0", "intake"),
        (b"\0\0\0\x50user\0chuishao_vault\0database\0chuishao\0\0", "intake"),
        (b'CONNECT {"name":"chuishao-notifier-relay"}\r\n', "notifier"),
        (b"\0\0\0\x50user\0postgres\0", "other"),
    ],
)
async def test_whose_a_connection_is_shows_in_its_first_words(hello: bytes, group: str) -> None:
    async with echo() as (proxy, port, _):
        _, writer = await greeted(port, hello)
        assert proxy.groups() == {group: 1}
        writer.close()
