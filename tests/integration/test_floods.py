"""A flood from one client is cut with 429 and a time to come back; nobody else notices (D.7 #22)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import orjson
import pytest

from kit.ids import new_id
from kit.limits.allowance import Allowance
from kit.limits.rates import ALONE, Rates
from services.intake.crowding import BATCHES_EACH
from services.intake.open311.api import Door
from services.intake.open311.partner import Keyring, digest_of
from tests.support.intake import desk, signed_in
from tests.support.servers import Database

KEY = "k" * 40
BODY: dict[str, Any] = {"channel": "hotline", "kind": "complaint", "text": "路灯坏了"}


def slow(people: int = 10, systems: int = 10_000) -> Rates:
    """Hardly anything comes back while a test runs."""
    return Rates(Allowance(0.01, people), Allowance(0.01, systems))


async def filed(http: httpx.AsyncClient, person: str, **fields: Any) -> httpx.Response:
    headers = signed_in("operator", person) | {"Idempotency-Key": str(new_id())}
    return await http.post("/v1/complaints", json=BODY | fields, headers=headers)


async def test_d7_22_the_flood_of_one_operator_is_cut_and_others_are_served(
    database: Database,
) -> None:
    """D.7 #22: 429 with Retry-After; what was acknowledged is stored, what was refused is not."""
    async with desk(database, rates=slow()) as intake:
        assert (await filed(intake.http, "P-first")).status_code == 201
        flood = asyncio.gather(*(filed(intake.http, "P-flood") for _ in range(200)))
        calm = asyncio.gather(*(filed(intake.http, f"P-{n}") for n in range(50)))
        statuses = Counter(answer.status_code for answer in await flood)
        assert statuses == {201: 10, 429: 190}
        assert {answer.status_code for answer in await calm} == {201}
        refused = await filed(intake.http, "P-flood")
        assert int(refused.headers["retry-after"]) > 0
        assert "过于频繁" in refused.json()["detail"]
        assert (await intake.rows("select count(*) from complaint"))[0][0] == 61
        page = await intake.http.get(
            "/v1/complaints/none", headers=signed_in("operator", "P-flood")
        )
        assert page.status_code == 429
        assert (await intake.http.get("/healthz")).status_code == 200


async def test_d7_22_who_files_alone_has_what_nobody_else_asks_for(database: Database) -> None:
    async with desk(database, rates=slow(people=3)) as intake:
        answers = await asyncio.gather(*(filed(intake.http, "P-1") for _ in range(3 * ALONE + 20)))
        assert Counter(one.status_code for one in answers) == {201: 3 * ALONE, 429: 20}


async def test_d7_22_a_thousand_operators_are_a_thousand_allowances(database: Database) -> None:
    """D.7 #22: many people are no flood of one; admission is what bounds them together."""
    async with desk(database, rates=slow(people=2)) as intake:
        answers = await asyncio.gather(*(filed(intake.http, f"P-{n % 300}") for n in range(600)))
        assert {answer.status_code for answer in answers} == {201}


async def test_a_caller_beyond_what_people_do_is_refused_and_an_emergency_is_not(
    database: Database,
) -> None:
    """reliability.md D.6 API6: by phone, however it is written and whoever files; a batch is no caller."""
    async with desk(database, caller_per_hour=5) as intake:
        caller = {"requester": {"name": "王某某", "phone": "13800001234"}}
        other = {"requester": {"name": "李某某", "phone": "13800005678"}}
        first = [await filed(intake.http, f"P-{n}", **caller) for n in range(5)]
        assert {answer.status_code for answer in first} == {201}
        sixth = await filed(intake.http, "P-6", requester={"phone": "138 0000 1234"})
        assert (sixth.status_code, sixth.json()["field"]) == (429, "requester.phone")
        assert int(sixth.headers["retry-after"]) > 60
        assert (await filed(intake.http, "P-6", urgency="critical", **caller)).status_code == 201
        assert (await filed(intake.http, "P-6", **other)).status_code == 201
        lines = b"\n".join(orjson.dumps(BODY | caller | {"text": f"{n}"}) for n in range(20))
        answer = await intake.http.post(
            "/v1/complaints/batch", content=lines, headers=signed_in("operator")
        )
        assert [orjson.loads(line)["status"] for line in answer.text.splitlines()] == [201] * 20


async def test_d7_22_a_partner_has_an_allowance_of_its_own(database: Database) -> None:
    door = Door(Keyring.parse(f"app:{digest_of(KEY)}:file+read+update"))
    async with desk(database, rates=slow(systems=3), partners=door) as intake:
        asked = {"api_key": KEY}
        answers = [await intake.http.get("/open311/v2/requests.json", params=asked) for _ in "1234"]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert int(answers[3].headers["retry-after"]) > 0
        changes = await intake.http.get("/open311/v2/servicerequestupdates.json", params=asked)
        assert changes.status_code == 429
        assert (await intake.http.get("/open311/v2/requests.json")).status_code == 200
        assert (await filed(intake.http, "P-1")).status_code == 201


@pytest.mark.timeout(60)
async def test_d7_22_one_person_opens_only_so_many_batches(database: Database) -> None:
    async with desk(database) as intake:
        go = asyncio.Event()

        async def waiting() -> Any:
            yield orjson.dumps(BODY) + b"\n"
            await go.wait()

        async def batch(person: str, content: Any) -> httpx.Response:
            return await intake.http.post(
                "/v1/complaints/batch", content=content, headers=signed_in("operator", person)
            )

        open_ones = [asyncio.create_task(batch("P-1", waiting())) for _ in range(BATCHES_EACH)]
        await asyncio.sleep(0.3)
        assert (await batch("P-1", b"")).status_code == 429
        assert (await batch("P-2", orjson.dumps(BODY))).status_code == 200
        go.set()
        assert {(await one).status_code for one in open_ones} == {200}
        assert (await batch("P-1", orjson.dumps(BODY))).status_code == 200
