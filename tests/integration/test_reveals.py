"""Who is shown an identity: with a reason, so many an hour, marked, listed; and whose copy it was that leaked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest

from services.intake.keeping import marks
from tests.support.intake import REVEALS, Desk, desk, signed_in
from tests.support.servers import Database
from tests.support.world import MONDAY

PHONE: Final = "13800004321"
TEXT: Final = "我是王小明，楼上漏水很久了，电话13800004321，请尽快派人来看。"
WHO: Final = {"name": "王小明", "phone": PHONE}
WHY: Final = {"reason": "回访核实", "purpose": "call_back"}


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Desk]:
    async with desk(database) as here:
        await here.move_clock(MONDAY)
        yield here


async def reveal(at: Desk, filed: dict[str, Any], person: str | None = None) -> httpx.Response:
    return await at.post(f"{filed['number']}/reveal", WHY, person=person)


async def test_what_is_shown_names_its_reader_and_is_listed_for_the_auditor(at: Desk) -> None:
    filed = await at.file(TEXT, requester=WHO)
    shown = (await reveal(at, filed, "P-first")).json()
    assert shown["requester"]["phone"] == PHONE
    assert marks.plain(shown["original"]["text"]) == TEXT != shown["original"]["text"]
    assert "P-first" in shown["mark"]["zh"]
    assert (await reveal(at, filed, "P-second")).status_code == 200
    listed = await at.get(f"/v1/complaints/{filed['number']}/reveals", "auditor", limit=1)
    assert [(look["by"], look["purpose"]) for look in listed["items"]] == [("P-first", "call_back")]
    rest = await at.get(
        f"/v1/complaints/{filed['number']}/reveals", "auditor", cursor=listed["next"]
    )
    assert [look["by"] for look in rest["items"]] == ["P-second"]
    noted = await at.rows("select detail from audit where action = 'complaint.reveal' order by at")
    assert '"call_back"' in noted[0]["detail"]


@pytest.mark.parametrize("left", ["hidden", "line", "retyped"])
async def test_a_leaked_copy_names_whose_it_was(at: Desk, left: str) -> None:
    filed = await at.file(TEXT, requester=WHO)
    first = (await reveal(at, filed, "P-first")).json()
    await reveal(at, filed, "P-second")
    text = {
        "hidden": f"转发：{first['original']['text'][:60]}",
        "line": f"截图文字 {first['mark']['zh'].lower()}",
        "retyped": f"那个投诉的人电话是 138-0000-4321，单号{filed['number']}",
    }[left]
    answer = await at.http.post(
        "/v1/reveals/trace", json={"text": text}, headers=signed_in("auditor")
    )
    found = answer.json()
    copies = [look["by"] for look in found["copies"]]
    looked = [look["by"] for look in found["looked"]]
    assert (copies, looked) == {
        "hidden": (["P-first"], ["P-first", "P-second"] if PHONE in text else []),
        "line": (["P-first"], []),
        "retyped": ([], ["P-first", "P-second"]),
    }[left]
    made_up = {"text": marks.code(b"12345678")}
    other = await at.http.post("/v1/reveals/trace", json=made_up, headers=signed_in("admin"))
    assert other.json() == {"copies": [], "unknown": [marks.code(b"12345678")], "looked": []}


@pytest.mark.parametrize("reason", ["", "。。。", "1", "aaaa"])
async def test_without_a_reason_that_says_something_nothing_is_shown(at: Desk, reason: str) -> None:
    filed = await at.file(TEXT, requester=WHO)
    refused = await at.post(f"{filed['number']}/reveal", {"reason": reason})
    assert (refused.status_code, refused.json()["field"]) == (422, "reason")
    assert await at.rows("select from reveal") == []


async def test_so_many_an_hour_and_no_more_each_person_by_itself(at: Desk) -> None:
    filed = await at.file(TEXT, requester=WHO)
    for _ in range(REVEALS):
        assert (await reveal(at, filed)).status_code == 200
    refused = await reveal(at, filed)
    assert refused.status_code == 429
    assert 3_000 < int(refused.headers["Retry-After"]) <= 3_600
    assert (await reveal(at, filed, "P-other")).status_code == 200
    await at.move_clock(MONDAY + timedelta(hours=1, minutes=5))
    assert (await reveal(at, filed)).status_code == 200


async def test_nobody_of_the_party_complained_about_is_shown_who_complained(at: Desk) -> None:
    filed = await at.file(TEXT, requester=WHO, accused="WY-1")
    assert (await reveal(at, filed, "P-operator")).status_code == 200
    staff = at.staff()
    tied = [who for who in staff.posts if staff.tied(who, MONDAY.date(), "WY-1")]
    assert tied
    for who in tied:
        assert (await reveal(at, filed, who)).status_code == 404
