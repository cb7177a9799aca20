"""Signing in at the screens: what the cookie opens, on every replica, and what it does not."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from chuishao.tokens import issue
from kit.db import Pool, create_pool
from services.console.session import COOKIE, Cookie
from tests.support.console import Screen, console
from tests.support.desk import PRIVATE
from tests.support.servers import PASSWORD, Database

OPERATOR = issue(PRIVATE, "P0007", ["operator"])
WRITE = "/v1/tickets/1/accept"
"""An address that is passed on; with nobody behind it: 503 says that it would have been."""


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    made = await create_pool(database.dsn("chuishao_console"), PASSWORD, "console", size=4)
    yield made
    await made.close()


@pytest.fixture
async def screen(pool: Pool) -> AsyncIterator[Screen]:
    async with console(pool, {"router": "http://127.0.0.1:1"}) as running:
        yield running


async def test_a_token_is_traded_for_a_cookie_that_any_replica_knows(
    screen: Screen, pool: Pool
) -> None:
    signed = await screen.sign_in(OPERATOR)
    assert signed.status_code == 200
    [line] = signed.headers.get_list("set-cookie")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(line.split("; "))
    assert "Secure" not in line
    told = signed.json()
    assert (told["sub"], told["roles"]) == ("P0007", ["operator"])
    assert OPERATOR not in signed.text
    async with console(pool) as other:
        other.http.cookies = screen.http.cookies
        assert (await other.http.get("/api/v1/session")).json() | {"services_time": 0} == told | {
            "services_time": 0
        }
        gone = await other.http.delete("/api/v1/session", headers={"X-CSRF-Token": told["csrf"]})
        assert gone.status_code == 204
        assert "Max-Age=0" in gone.headers["set-cookie"]
    assert (await screen.http.get("/api/v1/session")).status_code == 401


async def test_behind_a_proxy_with_tls_the_cookie_goes_out_by_tls_alone(screen: Screen) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    signed = await screen.http.post("/api/v1/session", json={"token": OPERATOR}, headers=headers)
    assert "; Secure" in signed.headers["set-cookie"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 403),
        ({"X-CSRF-Token": "A" * 43}, 403),
        ({"X-CSRF-Token": "…"}, 403),
        ({"X-CSRF-Token": "right", "Origin": "http://elsewhere.example"}, 403),
        ({"X-CSRF-Token": "right", "Origin": "null"}, 403),
        ({"X-CSRF-Token": "right", "Sec-Fetch-Site": "same-site"}, 403),
        ({"X-CSRF-Token": "right", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-CSRF-Token": "right", "Sec-Fetch-Site": "same-origin"}, 503),
        ({"X-CSRF-Token": "right", "Origin": "self"}, 503),
        ({"X-CSRF-Token": "right"}, 503),
    ],
)
async def test_a_write_under_the_cookie_has_to_know_what_only_our_pages_know(
    screen: Screen, said: dict[str, str], status: int
) -> None:
    csrf = (await screen.sign_in(OPERATOR)).json()["csrf"]
    said = {name: csrf if value == "right" else value for name, value in said.items()}
    said = {k: f"http://127.0.0.1:{screen.port}" if v == "self" else v for k, v in said.items()}
    headers = [(name.encode(), value.encode()) for name, value in said.items()]
    answer = await screen.http.post(WRITE, json={}, headers=headers)
    assert answer.status_code == status, answer.text
    assert (answer.json()["title"] == "csrf") is (status == 403)


async def test_a_token_of_ones_own_needs_no_cookie_and_its_bearer_no_csrf(screen: Screen) -> None:
    headers = {"Authorization": f"Bearer {OPERATOR}"}
    assert (await screen.http.post(WRITE, json={}, headers=headers)).status_code == 503
    told = (await screen.http.get("/api/v1/session", headers=headers)).json()
    assert (told["sub"], told["csrf"]) == ("P0007", None)


async def test_the_token_wins_over_the_cookie(screen: Screen) -> None:
    await screen.sign_in(OPERATOR)
    headers = {"Authorization": f"Bearer {issue(PRIVATE, 'P0019', ['admin'])}"}
    told = (await screen.http.get("/api/v1/session", headers=headers)).json()
    assert told["sub"] == "P0019"


async def test_signing_in_anew_ends_what_was(screen: Screen, pool: Pool) -> None:
    await screen.sign_in(OPERATOR)
    old = screen.http.cookies[COOKIE]
    await screen.sign_in(issue(PRIVATE, "P0019", ["admin"]))
    async with console(pool) as other:
        other.http.cookies.set(COOKIE, old)
        assert (await other.http.get("/api/v1/session")).status_code == 401


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("nonsense", 401),
        (issue(PRIVATE, "P0007", ["operator"], lifetime_s=-10), 401),
        (issue(PRIVATE, "service:router", ["service"]), 403),
        ("x" * 8193, 422),
    ],
)
async def test_what_is_no_persons_token_opens_nothing(
    screen: Screen, token: str, status: int
) -> None:
    answer = await screen.sign_in(token)
    assert answer.status_code == status, answer.text
    assert "set-cookie" not in answer.headers


async def test_another_site_can_sign_nobody_in(screen: Screen) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = await screen.http.post("/api/v1/session", json={"token": OPERATOR}, headers=headers)
    assert answer.status_code == 403
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await screen.http.post("/api/v1/session", content="token=x", headers=form)
    assert answer.status_code == 415


async def test_the_table_alone_opens_nothing(
    screen: Screen, pool: Pool, database: Database
) -> None:
    await screen.sign_in(OPERATOR)
    cookie = Cookie.read(f"{COOKIE}={screen.http.cookies[COOKIE]}")
    assert cookie is not None
    conn = await asyncpg.connect(database.dsn())
    row = await conn.fetchrow("select * from console.session")
    assert cookie.secret not in b"".join(v for v in row.values() if isinstance(v, bytes))
    assert OPERATOR.encode() not in row["sealed_token"]
    assert cookie.open(row["sealed_token"]) == OPERATOR
    assert Cookie(os.urandom(32)).open(row["sealed_token"]) is None
    # A sealed token moved to the row of a cookie somebody knows is no good either.
    async with console(pool) as mine:
        await mine.sign_in(issue(PRIVATE, "P0100", ["unit"]))
        own = Cookie.read(f"{COOKIE}={mine.http.cookies[COOKIE]}")
        assert own is not None
        await conn.execute(
            "update console.session set sealed_token = $1 where cookie_digest = $2",
            row["sealed_token"],
            own.digest,
        )
        assert (await mine.http.get("/api/v1/session")).status_code == 401
    await conn.close()


async def test_what_ended_is_swept_away_and_both_ends_are_in_the_record(
    screen: Screen, database: Database
) -> None:
    conn = await asyncpg.connect(database.dsn())
    csrf = (await screen.sign_in(OPERATOR)).json()["csrf"]
    await screen.http.delete("/api/v1/session", headers={"X-CSRF-Token": csrf})
    await screen.sign_in(OPERATOR)
    await conn.execute("update console.session set until_at = now() - interval '1 s'")
    screen.http.cookies.clear()
    await screen.sign_in(OPERATOR)
    assert await conn.fetchval("select count(*) from console.session") == 1
    done = await conn.fetch("select actor, action from console.audit order by audit_id")
    opened, closed = ("P0007", "session.opened"), ("P0007", "session.closed")
    assert [tuple(row) for row in done] == [opened, closed, opened, opened]
    await conn.close()


async def test_a_cookie_that_is_none_is_none(screen: Screen) -> None:
    for value in ("x", "A" * 43, "A" * 44, "=" * 43, '"' * 43):
        headers = {"Cookie": f"{COOKIE}={value}"}
        answer = await screen.http.get("/api/v1/session", headers=headers)
        assert answer.status_code == httpx.codes.UNAUTHORIZED, value
