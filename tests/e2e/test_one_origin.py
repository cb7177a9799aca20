"""Everything a screen does goes through the console: under a cookie, to whoever owns it, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.fuzz.known import PICTURE
from tests.support.world import World, until

LAMP = {"address": "清潭街12号", "title": "路灯不亮", "channel": "hotline", "kind": "complaint"}
CALLER = {"requester": {"name": "王小明", "phone": "138 0000 4321"}}


@asynccontextmanager
async def signed_in(world: World, role: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with somebody's cookie, which says with each write what pages say."""
    async with httpx.AsyncClient(base_url=world.info["console"], timeout=30) as browser:
        answer = await browser.post("/api/v1/session", json={"token": world.info["tokens"][role]})
        assert answer.status_code == 200, answer.text
        browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield browser


async def upload(browser: httpx.AsyncClient, keeper: str) -> str:
    answer = await browser.post(
        f"/v1/attachments?kept_by={keeper}", content=PICTURE, headers={"Content-Type": "image/png"}
    )
    assert answer.status_code == 201, answer.text
    ident: str = answer.json()["attachment_id"]
    return ident


async def kept(browser: httpx.AsyncClient, ident: str, keeper: str) -> int:
    answer = await browser.get(f"/v1/attachments/{ident}?kept_by={keeper}")
    if answer.is_success:
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["content-security-policy"].startswith("sandbox")
    return answer.status_code


async def test_a_matter_from_its_filing_to_its_proof_under_cookies_alone(world: World) -> None:
    async with signed_in(world, "operator") as desk, signed_in(world, "unit:SZ") as unit:
        photo = await upload(desk, "intake")
        filing = LAMP | CALLER | {"text": "路灯坏了三天了", "attachments": [photo]}
        key = {"Idempotency-Key": f"one-origin-{photo}"}
        filed = [await desk.post("/v1/complaints", json=filing, headers=key) for _ in "12"]
        assert [one.status_code for one in filed] == [201, 200]
        number = filed[0].json()["number"]
        ticket: dict[str, Any] = {}

        async def there() -> bool:
            answer = await unit.get(f"/v1/tickets/{number}")
            ticket.update(answer.json() if answer.is_success else {})
            return answer.is_success

        await until(there)
        proof = await upload(unit, "router")
        handled = {"result": "solved", "proof": [proof], "note": "已更换灯泡"}
        for step, data in (("accept", {}), ("contact", {"result": "phone"}), ("handle", handled)):
            way = f"/v1/tickets/{number}/{step}"
            done = await unit.post(way, json={"data": data})
            assert done.is_success, done.text
        again = await unit.post(
            f"/v1/tickets/{number}/accept", json={}, headers={"Accept-Language": "en"}
        )
        assert (again.status_code, again.headers["content-language"]) == (409, "en")
        assert [await kept(desk, photo, one) for one in ("intake", "router")] == [200, 404]
        assert [await kept(unit, proof, one) for one in ("router", "intake")] == [200, 404]
    async with httpx.AsyncClient(base_url=world.info["console"]) as visitor:
        answer = await visitor.post(f"/t/{number}", data={"digits": "4321"})
        assert (answer.status_code, number in answer.text) == (200, True)
        assert (await visitor.get(f"/v1/tickets/{number}")).status_code == 401
