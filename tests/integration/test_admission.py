"""While the database does not keep up: who comes too late is told so at once, and nobody is forgotten (D.7 #22).

Over real sockets: intake as `kit.runner` serves it, and a table of its database locked by somebody else.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import asyncpg
import httpx
import orjson
import uvicorn

from kit.ids import new_id
from kit.limits.admission import FEW
from kit.limits.allowance import Allowance
from kit.limits.bounds import SMALL_BODY
from kit.limits.keeper import AT_ONCE, TURN_S
from kit.limits.rates import Rates
from kit.runner import Parts, server_of
from tests.support.intake import Desk, desk, signed_in
from tests.support.servers import PASSWORD, Database
from tests.support.world import until

WAIT_S = 0.2
BODY = {"channel": "hotline", "kind": "complaint", "text": "路灯坏了"}
OPEN = ("/healthz", "/readyz", "/metrics")


@asynccontextmanager
async def served(intake: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Clients of a server that has little patience with its database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server: uvicorn.Server = server_of(Parts(intake.app.inner, "127.0.0.1", port, wait_s=WAIT_S))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    limits = httpx.Limits(max_connections=None)
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=20
        ) as http:
            yield http
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def stuck(intake: Desk) -> AsyncIterator[None]:
    """Nothing is filed or read while somebody holds the table."""
    conn = await asyncpg.connect(intake.database.dsn())
    try:
        async with conn.transaction():
            await conn.execute("lock table intake.complaint in access exclusive mode")
            yield
    finally:
        await conn.close()


class Answer(NamedTuple):
    """What came back, of which a test looks at this much."""

    status: int
    retry_after: int
    body: dict[str, Any]


TOKEN = signed_in("operator")["Authorization"]


async def file(http: httpx.AsyncClient, key: str) -> Answer:
    """On a line of its own, and by hand: a hundred at once are to come within moments."""
    said = orjson.dumps(BODY)
    reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    writer.write(
        f"POST /v1/complaints HTTP/1.1\r\nHost: x\r\nAuthorization: {TOKEN}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nConnection: close\r\n"
        f"Content-Length: {len(said)}\r\n\r\n".encode()
        + said
    )
    head, _, body = (await asyncio.wait_for(reader.read(), 20)).partition(b"\r\n\r\n")
    writer.close()
    later = head.lower().partition(b"retry-after: ")[2].partition(b"\r\n")[0]
    return Answer(int(head[9:12]), int(later or 0), orjson.loads(body))


async def read(http: httpx.AsyncClient) -> httpx.Response:
    return await http.get("/v1/complaints/none", headers=signed_in("operator"))


def start(http: httpx.AsyncClient, keys: list[str]) -> list[asyncio.Task[Answer]]:
    return [asyncio.create_task(file(http, key)) for key in keys]


async def all_inside(http: httpx.AsyncClient, count: int) -> None:
    """Until so many wait; asked of the service as anybody may ask it."""

    async def there() -> bool:
        said = (await http.get("/metrics")).text
        name = 'chuishao_requests_waiting{service="intake"} '
        return float(said.partition(name)[2].split("\n")[0]) >= count

    await until(there, within_s=10)
    await asyncio.sleep(1.2 * WAIT_S)


async def test_a_password_the_database_refuses_meanwhile_is_told_as_unavailable(
    database: Database,
) -> None:
    async with desk(database) as intake, served(intake) as http:
        conn = await asyncpg.connect(database.dsn())
        try:
            await conn.execute("alter role chuishao_intake password 'another'")
            await conn.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'chuishao_intake%'"
            )
            answers = [await file(http, f"refused-{n}") for n in range(4)]
            assert {answer.status for answer in answers} == {503}
            assert all(answer.retry_after for answer in answers)
        finally:
            await conn.execute(f"alter role chuishao_intake password '{PASSWORD}'")
            await conn.close()
        assert (await file(http, "refused-0")).status == 201


async def test_d7_22_reads_are_refused_before_filings_and_nothing_acknowledged_is_lost(
    database: Database,
) -> None:
    """D.7 #22, row 33: refused early with a time to come back; what was taken in is stored, once."""
    async with desk(database) as intake, served(intake) as http:
        keys = [str(new_id()) for _ in range(FEW + 20)]
        async with stuck(intake):
            waiting = start(http, keys[: FEW // 2])
            await all_inside(http, FEW // 2)
            refused = await asyncio.wait_for(read(http), 5)
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            waiting += start(http, keys[FEW // 2 : FEW])
            await all_inside(http, FEW)
            late = await asyncio.gather(*start(http, keys[FEW:]))
            assert {one.status for one in late} == {503}
            assert all(one.retry_after > 0 for one in late)
            assert not any(one.done() for one in waiting)
            assert [(await http.get(path)).status_code for path in OPEN] == [200] * 3
        taken = [answer.body["complaint_id"] for answer in await asyncio.gather(*waiting)]
        rows = await intake.rows("select complaint_id from complaint")
        assert {str(row["complaint_id"]) for row in rows} == set(taken)
        assert len(set(taken)) == FEW
        again = Counter([(await file(http, key)).status for key in keys])
        assert again == {200: FEW, 201: 20}


async def test_a_database_that_has_recovered_is_used_again_within_seconds(
    database: Database,
) -> None:
    async with desk(database) as intake, served(intake) as http:
        async with stuck(intake):
            waiting = start(http, [str(new_id()) for _ in range(FEW)])
            await all_inside(http, FEW)
            assert (await file(http, "late")).status == 503
        assert {one.status for one in await asyncio.gather(*waiting)} == {201}

        async def serves_both() -> bool:
            filed, seen = await asyncio.gather(file(http, "late"), read(http))
            return (filed.status, seen.status_code) == (200, 404)

        await file(http, "late")
        await until(serves_both, within_s=5)


async def test_who_is_turned_away_keeps_the_line_and_is_told_in_both_languages(
    database: Database,
) -> None:
    async with desk(database) as intake, served(intake) as http:
        async with stuck(intake):
            waiting = start(http, [str(new_id()) for _ in range(FEW)])
            await all_inside(http, FEW)
            port = http.base_url.port
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for language, word in (("zh", "繁忙"), ("en", "Busy")):
                writer.write(
                    f"POST /v1/complaints HTTP/1.1\r\nHost: x\r\nAccept-Language: {language}\r\n"
                    "Content-Length: 4\r\n\r\n".encode()
                )
                await writer.drain()
                writer.write(b"{}\r\n")
                head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode().lower()
                assert head.startswith("http/1.1 503")
                assert "application/problem+json" in head
                size = int(head.partition("content-length: ")[2].split("\r\n")[0])
                assert word in (await reader.readexactly(size)).decode()
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 200")
            writer.close()
            large = await http.post(
                "/v1/complaints",
                content=b" " * (SMALL_BODY + 1),
                headers=signed_in("operator") | {"Idempotency-Key": "large"},
            )
            assert (large.status_code, large.headers["retry-after"]) == (503, "1")
        await asyncio.gather(*waiting)


async def test_d7_22_who_has_used_up_an_allowance_is_known_at_the_door(
    database: Database,
) -> None:
    """D.7 #22: 429 until the allowance is back; nobody else is taken for the one who floods."""
    rates = Rates(Allowance(0.5, 3), Allowance(0.01, 10_000))
    async with desk(database, rates=rates) as intake, served(intake) as http:
        beside = signed_in("operator", "P-beside") | {"Idempotency-Key": "beside"}
        assert (await http.post("/v1/complaints", json=BODY, headers=beside)).status_code == 201
        answers = [await file(http, str(new_id())) for _ in range(9)]
        assert [one.status for one in answers[:3]] == [201] * 3
        refused = [one for one in answers if one.status == 429]
        assert len(refused) >= 4
        assert all(one.retry_after > 0 and "过于频繁" in one.body["detail"] for one in refused)
        said = (await http.get("/metrics")).text
        at_door = 'chuishao_turned_away_total{service="intake",status="429"} '
        assert float(said.partition(at_door)[2].split("\n")[0]) >= 1
        other = signed_in("operator", "P-other") | {"Idempotency-Key": "other"}
        filed = await http.post("/v1/complaints", json=BODY, headers=other)
        assert filed.status_code == 201

        async def is_served() -> bool:
            return (await file(http, "again")).status in {200, 201}

        await until(is_served, within_s=5)


async def test_d7_22_refusals_beyond_the_first_are_put_off_and_every_one_is_said(
    database: Database,
) -> None:
    """A flood that asks again as soon as it is refused costs a bounded part of a moment."""
    async with desk(database) as intake, served(intake) as http:
        async with stuck(intake):
            waiting = start(http, [str(new_id()) for _ in range(FEW)])
            await all_inside(http, FEW)
            began = asyncio.get_running_loop().time()
            late = await asyncio.gather(*start(http, [str(new_id()) for _ in range(4 * AT_ONCE)]))
            assert {(one.status, one.retry_after) for one in late} == {(503, 1)}
            assert asyncio.get_running_loop().time() - began >= 2 * TURN_S
            assert (await http.get("/healthz")).status_code == 200
        assert {one.status for one in await asyncio.gather(*waiting)} == {201}
