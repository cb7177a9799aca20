"""What the console passes on to the services behind it, and how it says that one is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from chuishao.tokens import issue
from kit.db import Pool, create_pool
from services.console.forwarding import UPLOAD_LIMIT
from tests.support.console import console, played
from tests.support.desk import PRIVATE
from tests.support.servers import PASSWORD, Database

ADMIN = {"Authorization": f"Bearer {issue(PRIVATE, 'P0007', ['admin'])}"}
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    made = await create_pool(database.dsn("chuishao_console"), PASSWORD, "console", size=4)
    yield made
    await made.close()


async def head_of(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\r\n\r\n")).decode().lower()


def answer(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    said = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(said).encode() + body


async def test_what_matters_is_passed_on_and_nothing_else(pool: Pool) -> None:
    heads = []

    async def router(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await head_of(reader))
        lines = ('ETag: "7"', "Retry-After: 3", "Set-Cookie: a=b", "Server: x", "Connection: close")
        writer.write(answer(b"{}", *lines, status="409 Conflict"))
        writer.close()

    async with played(router) as url, console(pool, {"router": url}) as screen:
        signed = await screen.sign_in(issue(PRIVATE, "P0007", ["admin"]))
        headers = {
            "X-CSRF-Token": signed.json()["csrf"], "Idempotency-Key": "k-1", "If-Match": '"6"',
            "Accept-Language": "en", "X-Forwarded-For": "10.0.0.1",
        }  # fmt: skip
        said = await screen.http.post(
            "/v1/tickets/a%2Fb/accept?x=%E5%90%B9&y", json={"data": {}}, headers=headers
        )
    [head] = heads
    assert head.startswith("post /v1/tickets/a%2fb/accept?x=%e5%90%b9&y http/1.1\r\n")
    assert "authorization: bearer ey" in head
    for line in ("idempotency-key: k-1", 'if-match: "6"', "accept-language: en"):
        assert f"\r\n{line}\r\n" in head
    for name in ("cookie", "x-csrf-token", "x-forwarded-for"):
        assert f"\r\n{name}:" not in head
    assert (said.status_code, said.headers["etag"], said.headers["retry-after"]) == (
        409,
        '"7"',
        "3",
    )
    assert "set-cookie" not in said.headers
    assert "server" not in said.headers


async def test_an_answer_comes_line_by_line_and_breaks_where_it_broke(pool: Pool) -> None:
    more = asyncio.Event()

    async def router(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n")
        await more.wait()
        writer.write(b"7\r\nsecond\n\r\n")
        await writer.drain()
        writer.close()

    async with (
        played(router) as url,
        console(pool, {"router": url}) as screen,
        screen.http.stream("GET", "/v1/triage", headers=ADMIN) as said,
    ):
        pieces = said.aiter_raw()
        assert await anext(pieces) == b"first\n"
        more.set()
        assert await anext(pieces) == b"second\n"
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(pieces)


async def test_a_file_is_passed_on_while_it_comes_and_up_to_its_limit(pool: Pool) -> None:
    came = asyncio.Event()

    async def intake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        await reader.read(1)
        came.set()
        while (piece := await reader.read(65536)) and not piece.endswith(b"0\r\n\r\n"):
            pass
        writer.write(answer(b"{}", status="201 Created"))
        writer.close()

    async def bytes_of(size: int) -> AsyncIterator[bytes]:
        yield b"x" * 1000
        await came.wait()
        for _ in range(size // 100_000):
            yield b"x" * 100_000

    way = "/v1/attachments?kept_by=intake"
    async with played(intake) as url, console(pool, {"intake": url}) as screen:
        sent = await screen.http.post(way, content=bytes_of(UPLOAD_LIMIT - 100_000), headers=ADMIN)
        assert sent.status_code == 201
        sent = await screen.http.post(way, content=bytes_of(UPLOAD_LIMIT + 100_000), headers=ADMIN)
        assert (sent.status_code, sent.json()["title"]) == (413, "too-large")


async def test_a_service_that_is_away_is_said_so_and_found_again(pool: Pool) -> None:
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.close()

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(answer(b"[]", "Connection: close"))
        writer.close()

    async with played(hangs_up) as broken, played(answers) as sound:
        owners = {"intake": "http://127.0.0.1:1", "router": broken, "notifier": sound}
        async with console(pool, owners) as screen:
            for path in ("/v1/callbacks", "/v1/triage", "/t/370105"):
                said = await screen.http.get(path, headers=ADMIN)
                assert (said.status_code, said.json()["title"]) == (503, "service-away"), path
                assert said.headers["retry-after"] == "2"
            assert (await screen.http.get("/v1/rates", headers=ADMIN)).status_code == 200
            said = await screen.http.get("/v1/triage", headers=ADMIN | {"Accept-Language": "en"})
            assert "cannot be reached" in said.json()["detail"]


async def test_a_resident_needs_no_token_and_the_owner_is_told_from_where_it_was_asked(
    pool: Pool,
) -> None:
    heads = []

    async def intake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await head_of(reader))
        writer.write(answer(b"page", "Content-Type: text/html", "Connection: close"))
        writer.close()

    async with played(intake) as url, console(pool, {"intake": url}) as screen:
        told = {"X-Chuishao-Visitor": "10.0.0.1", "Authorization": "Bearer somebody"}
        said = await screen.http.get("/t/370105260302000001?lang=en", headers=told)
        assert (said.status_code, said.text) == (200, "page")
    [head] = heads
    assert head.startswith("get /t/370105260302000001?lang=en ")
    assert head.count("x-chuishao-visitor:") == head.count("authorization:") == 1
    assert "\r\nx-chuishao-visitor: 127.0.0.1\r\n" in head
    assert "\r\nauthorization: bearer of-the-console\r\n" in head


async def test_without_a_token_nothing_under_v1_is_passed_on(pool: Pool) -> None:
    async with console(pool, dict.fromkeys(("intake", "router"), "http://127.0.0.1:1")) as screen:
        for path in ("/v1/tickets", "/v1/callbacks"):
            assert (await screen.http.get(path)).status_code == 401
