"""What one client may send, and for how long it may keep a service waiting: over real sockets (D.7 #5, #23)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import socket
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio
import uvicorn

from chuishao.embedded.postgres import EmbeddedPostgres
from kit.db import reading
from kit.ids import new_id
from kit.limits.bounds import BODY_LIMIT, HEAD_MOST, HEADERS_MOST, PATH_MOST, QUERY_MOST, Patience
from kit.runner import Parts, server_of
from tests.support import servers
from tests.support.intake import Desk, desk, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="module")
SHORT: Patience = Patience(head_s=0.3, body_s=0.6, piece_s=0.5, reading_s=0.5)
MOST = 200
TOKEN = signed_in("operator")["Authorization"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(postgres_server: EmbeddedPostgres) -> AsyncIterator[Desk]:
    made = await servers.database(postgres_server)
    async with desk(made) as running:
        yield running
    await servers.drop(made)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def port(intake: Desk) -> AsyncIterator[int]:
    """The port of a server as `kit.runner` starts it, with little patience and room for few."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    parts = Parts(intake.app.inner, "127.0.0.1", number, connections=MOST, patience=SHORT)
    server: uvicorn.Server = server_of(parts)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield number
    for writer in _OPENED:
        writer.close()
    _OPENED.clear()
    server.should_exit = True
    await serving


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_OPENED: list[asyncio.StreamWriter] = []


async def opened(port: int, said: bytes = b"") -> Line:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    _OPENED.append(writer)
    writer.write(said)
    return reader, writer


async def answer(line: Line) -> tuple[int, bytes]:
    """Status and the rest, to the end of the connection."""
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionResetError):
            said = await line[0].read()
            return (int(said.split(b" ", 2)[1]) if said else 0), said
    return 0, b""


def head(method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: {TOKEN}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


FILING = ("Content-Type: application/json", "Idempotency-Key: k")


async def healthy(port: int) -> None:
    line = await opened(port, head("GET", "/healthz", "Connection: close"))
    assert (await answer(line))[0] == 200


async def test_d7_05_a_body_that_says_it_is_too_large_is_not_read(port: int) -> None:
    """D.7 #5: 413 at once, and the connection is closed."""
    line = await opened(
        port, head("POST", "/v1/complaints", *FILING, f"Content-Length: {BODY_LIMIT + 1}")
    )
    status, said = await answer(line)
    assert status == 413
    assert b"connection: close" in said
    assert b"too-large" in said


@pytest.mark.parametrize("path", ["/v1/complaints", "/v1/complaints/duplicates"])
async def test_d7_05_an_endless_body_is_cut_and_nothing_of_it_kept(port: int, path: str) -> None:
    """D.7 #5: 413, connection closed, memory flat; also where the framework reads it."""
    before = psutil.Process().memory_info().rss
    reader, writer = await opened(port, head("POST", path, *FILING, "Transfer-Encoding: chunked"))
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 64 * 1024 * 1024 and not reader.at_eof():
            writer.write(piece)
            await asyncio.wait_for(writer.drain(), 5)
            sent += 0x10000
    status, _ = await answer((reader, writer))
    assert status in {413, 0}  # the answer is lost where the reset overtakes it
    assert sent < 16 * 1024 * 1024
    assert psutil.Process().memory_info().rss - before < 32 * 1024 * 1024
    await healthy(port)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (head("GET", "/v1/complaints/" + "x" * PATH_MOST), 414),
        (head("GET", "/v1/complaints/duplicates?text=" + "x" * QUERY_MOST), 414),
        (head("GET", "/healthz", *(f"X-{n}: 1" for n in range(HEADERS_MOST))), 431),
        (head("GET", "/healthz", "X-Long: " + "x" * (17 * 1024)), 431),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * (HEAD_MOST + 1), 431),
    ],
    ids=["path", "query", "headers", "header", "endless head"],
)
async def test_d7_05_an_oversized_head_is_refused(port: int, asked: bytes, status: int) -> None:
    assert (await answer(await opened(port, asked)))[0] == status


@pytest.mark.parametrize(
    "long", [b"X-Long: " + b"x" * HEAD_MOST, b"a:\r\n" * 9_000], ids=["one", "many"]
)
async def test_d7_05_nothing_of_an_oversized_head_or_behind_it_is_served(
    port: int, intake: Desk, long: bytes
) -> None:
    """Also where it comes whole, in one read, with its body and with another request behind it."""
    body = json.dumps({"channel": "hotline", "kind": "complaint", "text": "井盖丢了"}).encode()
    said = ("Content-Type: application/json", f"Content-Length: {len(body)}")

    def filing(*more: str) -> bytes:
        return head("POST", "/v1/complaints", *said, f"Idempotency-Key: {new_id()}", *more)

    async def stored() -> int:
        async with reading(intake.pool) as conn:
            return int(await conn.fetchval("select count(*) from complaint"))

    before = await stored()
    first = filing()[:-2] + long + b"\r\n\r\n" + body
    status, answered = await answer(await opened(port, first + filing() + body))
    assert status == 431
    assert answered.count(b"HTTP/1.1") == 1
    await asyncio.sleep(0.2)
    assert await stored() == before
    line = await opened(port, filing("Connection: close") + body)
    assert (await answer(line))[0] == 201
    assert await stored() == before + 1


async def test_d7_05_what_follows_a_body_has_an_end_too(port: int) -> None:
    line = await opened(
        port, head("POST", "/v1/complaints", *FILING, "Transfer-Encoding: chunked") + b"0\r\n"
    )
    with contextlib.suppress(ConnectionError):
        for number in range(HEAD_MOST // 1_000 + 2):
            line[1].write(b"X-%d: %b\r\n" % (number, b"x" * 1_000))
            await line[1].drain()
    status, said = await answer(line)
    assert status in {0, 400}, said


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        (b"", b"", 0),
        (b"", b"\r\n", 0),
        (b"GET /heal", b"t", 408),
        (head("GET", "/healthz")[:-2], b"X-A: 1\r\n", 408),
        (head("POST", "/v1/complaints", *FILING, "Content-Length: 900"), b" ", 408),
        (head("POST", "/v1/attachments", "Content-Length: 900"), b"", 408),
        (head("GET", "/healthz"), b"\r\n", 200),
    ],
    ids=["silent", "empty lines", "line", "headers", "body", "upload", "after an answer"],
)
async def test_d7_23_who_comes_to_no_end_is_let_go(
    port: int, first: bytes, then: bytes, status: int
) -> None:
    """D.7 #23, slowloris: a byte now and then does not keep a connection."""
    line = await opened(port, first)
    found = asyncio.create_task(answer(line))
    with contextlib.suppress(ConnectionError):
        while not found.done():
            line[1].write(then)
            await asyncio.sleep(0.1)
    assert (await found)[0] == status


async def test_d7_23_who_reads_nothing_is_let_go(port: int, intake: Desk) -> None:
    for number in range(40):
        await intake.file(f"第{number}盏路灯坏了，" + "黑" * 9_000)
    _, writer = await opened(port)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's can
    ask = signed_in("auditor")["Authorization"]
    one = f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {ask}\r\n\r\n".encode()
    with contextlib.suppress(ConnectionError, TimeoutError):
        for _ in range(200):
            writer.write(one)
            await asyncio.wait_for(writer.drain(), 0.1)
            await asyncio.sleep(0.02)
    await asyncio.sleep(1.5)
    assert not [c for c in psutil.Process().net_connections("tcp") if _server_side(c, port)]
    await healthy(port)


def _server_side(connection: psutil._common.pconn, port: int) -> bool:
    return bool(connection.laddr.port == port and connection.status == psutil.CONN_ESTABLISHED)


async def test_d7_23_two_thousand_idle_connections_keep_nobody_out(port: int) -> None:
    """D.7 #23: ten times as many as there is room for; whoever works is served meanwhile."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 4_600:
        pytest.skip("this process may not open 4,600 files")
    working = await opened(port)
    for number in range(2_000):
        await opened(port)
        if number % 100 == 0:
            working[1].write(head("GET", "/healthz"))
            assert (await working[0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await working[0].readuntil(b"}")
    kept = [c for c in psutil.Process().net_connections("tcp") if _server_side(c, port)]
    assert len(kept) <= MOST
    await healthy(port)


async def test_an_honest_slow_upload_is_taken(port: int) -> None:
    """Only a pause ends it, not its length."""
    body = b"%PDF-1.4\n" + b"x" * 5_000
    line = await opened(port, head("POST", "/v1/attachments", f"Content-Length: {len(body)}"))
    for start in range(0, len(body), 500):
        line[1].write(body[start : start + 500])
        await asyncio.sleep(0.1)
    said = await asyncio.wait_for(line[0].readline(), 5)
    assert b" 408 " not in said


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a handshake", 400),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
        (head("GET", "/v1/complaints/duplicates?text=" + "x" * 70_000), 431),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * (HEAD_MOST + 1), 431),
        (b"GET /heal", 408),
    ],
    ids=["no HTTP", "no header", "an address of 70 KB", "an endless head", "half a head"],
)
async def test_what_cannot_be_understood_is_refused_in_words(
    port: int, said: bytes, status: int
) -> None:
    """The framework below answers such with plain English text, or with nothing."""
    found, whole = await answer(await opened(port, said))
    headers, _, body = whole.partition(b"\r\n\r\n")
    assert found == status
    assert b"content-type: application/problem+json" in headers
    assert json.loads(body)["status"] == status
    await healthy(port)
