"""The route preview asks the router and never stands in the way of filing."""

from __future__ import annotations

from typing import Any, Final

import httpx
import orjson

from services.router.decision.explain import Question, explain
from tests.support import small
from tests.support.intake import desk, signed_in
from tests.support.servers import Database

LIFT: Final = {"text": "电梯坏了，我电话13800004321", "address": "金桂苑3号楼"}


class Router(httpx.AsyncBaseTransport):
    """The router's matcher on the small district, behind the address intake asks."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.status = 200

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/v1/explain")
        asked = orjson.loads(request.content)
        self.asked.append(asked)
        if self.status != httpx.codes.OK:
            return httpx.Response(self.status, request=request)
        english = request.headers["accept-language"] == "en"
        found = explain(
            Question.model_validate(asked), small.directory(), small.MONDAY, english=english
        )
        return httpx.Response(200, content=orjson.dumps(found, default=str), request=request)


async def test_the_three_best_routings_come_with_reasons_from_masked_words(
    database: Database,
) -> None:
    router = Router()
    async with desk(database, router_transport=router) as at:
        answer = await at.http.post("/v1/suggest", json=LIFT, headers=signed_in("operator"))
        items = answer.json()["items"]
        assert (items[0]["unit"], items[0]["unit_name"], items[0]["category"]) == (
            "WY-1", "金桂物业", "WY-DT",
        )  # fmt: skip
        assert 1 < len(items) <= 3
        assert all(item["text"] and item["reason"] and item["unit_name"] for item in items)
        assert all(0 <= item["score"] <= 1 for item in items)
        assert items[0]["limits"] == {"sign_for": "24h", "contact": "1wd", "result": "7d"}
        assert "4321" not in str(router.asked)
        by_address = await at.http.get(
            "/v1/suggest", params=LIFT | {"point": "117.0,36.65"}, headers=signed_in("unit")
        )
        assert by_address.json()["items"][0]["unit"] == "WY-1"


async def test_without_the_router_there_is_a_reason_and_no_failure(database: Database) -> None:
    router = Router()
    router.status = 503
    async with desk(database, router_transport=router) as at:
        refused = await at.http.post("/v1/suggest", json=LIFT, headers=signed_in("operator"))
        assert (refused.status_code, refused.json()["items"]) == (200, [])
        assert "照常提交" in refused.json()["reason"]
    async with desk(database) as at:
        away = await at.http.post("/v1/suggest", json=LIFT, headers=signed_in("operator"))
        assert (away.status_code, away.json()["items"]) == (200, [])
        assert (await at.file("电梯坏了"))["number"]


async def test_codes_nobody_knows_are_named_before_anybody_is_asked(database: Database) -> None:
    router = Router()
    async with desk(database, router_transport=router) as at:
        answer = await at.http.post(
            "/v1/suggest", json=LIFT | {"category": "WY-DX"}, headers=signed_in("operator")
        )
    assert (answer.status_code, answer.json()["field"]) == (422, "category")
    assert router.asked == []
