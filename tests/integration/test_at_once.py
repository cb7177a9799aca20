"""Several people act on one ticket at the same moment, over HTTP and as over NATS: one step, one history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from kit.db import Pool
from kit.errors import DomainError
from tests.support.desk import GARBAGE, Desk, opened
from tests.support.servers import Database

HOLDER = "unit:GT-1"


@pytest.fixture
async def desk(router_pool: Pool, database: Database) -> AsyncIterator[Desk]:
    async with opened(router_pool, database.dsn()) as desk:
        yield desk


def command(ident: str, command_id: str = "c-1", **more: Any) -> dict[str, Any]:
    return {"command_id": command_id, "ticket": ident, "actor": "P-GT-1-L", **more}


async def told(
    desk: Desk, action: str, body: dict[str, Any], unit: str = "GT-1"
) -> tuple[int, Any]:
    """As the office answers `cmd.<action>.<unit>`."""
    try:
        answer = await desk.office.answer(action, unit, body)
        return 200, orjson.loads(orjson.dumps(answer, default=str))
    except DomainError as refused:
        return int(refused.kind), refused.slug


async def history(desk: Desk, one: str) -> list[str]:
    lines = (await desk.ticket(one))["history"]
    assert [line["version"] for line in lines] == list(range(1, len(lines) + 1))
    return [line["event"] for line in lines]


async def test_two_who_saw_the_same_version_do_not_both_act(desk: Desk) -> None:
    one = await desk.file(**GARBAGE)
    seen = (await desk.ticket(one))["version"]
    signed, moved = await asyncio.gather(
        desk.act(one, "accept", who=HOLDER, version=seen),
        desk.act(one, "reassign", version=seen, data={"unit": "SZ", "reason": "归市政"}),
    )
    codes = sorted((signed.status_code, moved.status_code))
    assert codes[0] == 200
    assert codes[1] in {404, 409}
    assert ("accepted" in await history(desk, one)) is (signed.status_code == 200)


async def test_nats_and_http_at_once_sign_once(desk: Desk) -> None:
    one = await desk.file(**GARBAGE)
    over_http, over_nats = await asyncio.gather(
        desk.act(one, "accept", who=HOLDER), told(desk, "accept", command(one))
    )
    assert sorted((over_http.status_code, over_nats[0])) == [200, 409]
    assert (await history(desk, one)).count("accepted") == 1


async def test_the_same_command_many_times_at_once_is_one_step_and_one_answer(desk: Desk) -> None:
    one = await desk.file(**GARBAGE)
    answers = await asyncio.gather(*(told(desk, "accept", command(one)) for _ in range(5)))
    assert {code for code, _ in answers} == {200}
    assert all(answer == answers[0][1] for _, answer in answers)
    assert (await history(desk, one)).count("accepted") == 1
    other = command(one, data={"note": "别的内容"})
    assert (await told(desk, "accept", other))[0] == 422


async def test_commands_that_come_late_or_out_of_order_change_nothing(desk: Desk) -> None:
    one = await desk.file(**GARBAGE)
    seen = (await desk.ticket(one))["version"]
    done = {"result": "solved", "note": "已清运", "no_proof": "-"}
    early = await told(desk, "handle", command(one, "c-9", data=done))
    assert early == (409, "not-allowed-now")
    assert (await told(desk, "accept", command(one, "c-1", version=seen)))[0] == 200
    assert (await told(desk, "contact", command(one, "c-2")))[0] == 200
    late = await told(desk, "contact", command(one, "c-3", version=seen))
    assert late == (409, "stale-version")
    assert (await told(desk, "accept", command(one, "c-1", version=seen)))[0] == 200
    assert (await told(desk, "handle", command(one, "c-9", data=done)))[0] == 200
    assert (await history(desk, one))[-3:] == ["accepted", "contacted", "handled"]


async def test_another_units_member_is_told_nothing_by_either_way(desk: Desk) -> None:
    one = await desk.file(**GARBAGE)
    body = command(one) | {"actor": "P-SZ-L"}
    assert await told(desk, "accept", body, "SZ") == (404, "not-found")
    assert await told(desk, "show", body, "SZ") == (404, "not-found")
    assert (await desk.act(one, "accept", who="unit:SZ")).status_code == 404


async def test_the_same_command_twice_over_http_is_one_step_too(desk: Desk) -> None:
    one = await desk.file(**GARBAGE)
    answers = [await desk.act(one, "urge", command_id="u-1", data={"reason": "-"}) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert (await history(desk, one)).count("urged") == 1
    other = await desk.act(one, "urge", command_id="u-1", data={"reason": "另一件"})
    assert (other.status_code, other.json()["title"]) == (422, "command-reused")
