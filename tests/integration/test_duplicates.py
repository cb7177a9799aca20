"""Likely duplicates on a real PostgreSQL: what is found, what must not be, and who is told."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import asyncpg
import pytest

from kit.db import transaction
from services.intake import store_alike
from services.intake.store_alike import PER_MARK, SQL_ALIKE
from tests.support import small
from tests.support.intake import Desk, desk, signed_in, ticket
from tests.support.servers import Database
from tests.support.world import MONDAY

PHONE: Final = "138 0000 4321"
SAME_PHONE: Final = "+86 13800004321"
HERE: Final = "金桂苑3号楼"
LIFT: Final = "电梯又停了，老人下不来楼，打电话一直没人管"
LIFT_AGAIN: Final = "3号楼电梯坏了两天，老人下不来楼"
MILK: Final = "楼下超市卖过期牛奶，跟他理论还骂人"


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Desk]:
    """A desk on an ordinary Monday morning."""
    async with desk(database) as here:
        await here.move_clock(MONDAY)
        yield here


@pytest.fixture
def written(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Callable[[], str]:
    """Everything that was logged so far, ours before it is redacted and others' to the last detail."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")  # the client of this test, not the service
    return lambda: capsys.readouterr().out + caplog.text


def numbers(items: list[dict[str, Any]]) -> list[str]:
    return [item["number"] for item in items]


async def project(at: Desk, filed: dict[str, Any], *known: object) -> None:
    """What the router said of a ticket: status, area, category."""
    status, area, category = known
    await at.hear(ticket(filed, "accepted", 2, status=status, area=area, category=category))


async def test_the_same_matter_at_the_same_place_is_found_masked_and_says_why(at: Desk) -> None:
    filed = await at.file(
        f"{LIFT}，我叫王小明，电话13800004321",
        address=HERE,
        title="电梯故障",
        requester={"name": "王小明", "phone": PHONE},
    )
    await project(at, filed, "dispatched", small.GARDEN_3, "WY-DT")
    (item,) = await at.duplicates(text=LIFT_AGAIN, address="金桂3栋", category="WY-DT")
    assert item["number"] == filed["number"]
    assert item["reasons"] == ["same_place", "same_category"]
    assert (item["status"], item["grid_code"], item["category"]) == (
        "dispatched",
        small.GARDEN_3,
        "WY-DT",
    )
    assert (item["title"], item["address"]) == ("电梯故障", HERE)
    assert item["excerpt"].endswith("我叫[姓名]，电话[电话]")
    assert 0 < item["score"] <= 1
    (item,) = await at.duplicates(text=LIFT, address=HERE)
    assert item["reasons"] == ["same_place", "similar_text"]


async def test_another_place_is_never_offered_as_the_same(at: Desk) -> None:
    await at.file(LIFT, address="三棉宿舍3号楼")
    await at.file(LIFT, address="西社区幸福里3号楼")
    assert await at.duplicates(text=LIFT, address=HERE) == []
    assert await at.duplicates(text=LIFT, address="东社区幸福里3号楼") == []
    items = await at.duplicates(text=LIFT)
    assert [item["reasons"] for item in items] == [["similar_text"]] * 2


async def test_places_are_found_by_grid_code_point_and_unknown_address_too(at: Desk) -> None:
    coded = await at.file(LIFT, grid_code=small.GARDEN_3)
    placed = await at.file("路边井盖没了", point={"lon": 117.0, "lat": 36.65})
    bare = await at.file(MILK, address="历城区翠湖小区7号楼")
    assert numbers(await at.duplicates(text=LIFT_AGAIN, address=HERE)) == [coded["number"]]
    near = await at.duplicates(text="井盖丢了一个", point="117.0002,36.6502")
    assert [(i["number"], i["reasons"]) for i in near] == [(placed["number"], ["same_place"])]
    assert await at.duplicates(text="井盖丢了一个", point="117.0062,36.6502") == []
    shifted = await at.duplicates(text="井盖丢了一个", point="117.0062,36.6502", datum="gcj02")
    assert numbers(shifted) == [placed["number"]]
    assert numbers(await at.duplicates(address="翠湖小区7栋")) == [bare["number"]]


async def test_a_caller_is_found_by_phone_and_the_phone_stays_sealed(
    at: Desk, written: Callable[[], str]
) -> None:
    requester = {"name": "王小明", "phone": PHONE}
    own = await at.file(MILK, address="济安路12号", requester=requester)
    await at.file(LIFT, address=HERE, requester={"phone": "13900005678"})
    answer = await at.http.post(
        "/v1/complaints/duplicates",
        json={"text": "楼道灯不亮", "phone": SAME_PHONE},
        headers=signed_in("operator"),
    )
    (item,) = answer.json()["items"]
    assert (item["number"], item["reasons"]) == (own["number"], ["same_caller"])
    assert "4321" not in answer.text
    assert "王小明" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert await at.duplicates(text="楼道灯不亮", phone="13700000000") == []
    assert "4321" not in written()


async def test_who_wants_to_stay_anonymous_is_not_found_by_phone(at: Desk) -> None:
    await at.file(MILK, requester={"phone": PHONE, "anonymous": True})
    assert await at.duplicates(phone=PHONE) == []


async def test_that_a_caller_was_recognised_is_noted_once_a_day_for_each_who_was_told(
    at: Desk,
) -> None:
    own = await at.file(MILK, requester={"phone": PHONE})
    for text in ("楼", "楼道", "楼道灯"):
        await at.duplicates(text=text, phone=PHONE)
    await at.duplicates("dispatcher", phone=PHONE)
    await at.duplicates(text=MILK)
    noted = await at.rows("select * from audit where action = 'complaint.same_caller' order by at")
    assert [(row["actor"], json.loads(row["detail"])) for row in noted] == [
        ("P-operator", {"numbers": [own["number"]]}),
        ("P-dispatcher", {"numbers": [own["number"]]}),
    ]
    await at.move_clock(MONDAY + timedelta(days=1))
    await at.duplicates(phone=PHONE)
    noted = await at.rows("select 1 from audit where action = 'complaint.same_caller'")
    assert len(noted) == 3


async def test_declined_and_confidential_matters_are_left_out(at: Desk) -> None:
    caller: dict[str, Any] = {"requester": {"phone": PHONE}, "address": HERE}
    await at.file(LIFT, decline={"reason": "已进入诉讼", "door": "人民法院"}, **caller)
    await at.file(LIFT, confidential=True, **caller)
    refused = await at.file(LIFT, **caller)
    assert numbers(await at.duplicates(text=LIFT, address=HERE, phone=PHONE)) == [refused["number"]]
    await project(at, refused, "declined", small.GARDEN, None)
    assert await at.duplicates(text=LIFT, address=HERE, phone=PHONE) == []
    kept = await at.rows("select distinct complaint_id::text from complaint_mark")
    assert [row["complaint_id"] for row in kept] == [refused["complaint_id"]]


async def test_only_the_window_counts_and_the_newest_of_equals_comes_first(at: Desk) -> None:
    filed = []
    for days in (0, 25, 50):
        await at.move_clock(MONDAY + timedelta(days=days))
        filed.append((await at.file(LIFT, address=HERE, requester={"phone": PHONE}))["number"])
    asked = {"text": LIFT, "address": HERE, "phone": PHONE}
    assert numbers(await at.duplicates(**asked)) == [filed[2], filed[1]]
    assert numbers(await at.duplicates(**asked, days=10)) == [filed[2]]
    assert numbers(await at.duplicates(**asked, days=365)) == filed[::-1]
    assert numbers(await at.duplicates(**asked, days=365, limit=1)) == [filed[2]]


async def test_praise_is_no_duplicate_of_a_complaint(at: Desk) -> None:
    filed = await at.file(LIFT, address=HERE)
    asked = {"text": LIFT, "address": HERE}
    assert await at.duplicates(**asked, kind="praise") == []
    assert numbers(await at.duplicates(**asked, kind="help")) == [filed["number"]]


async def test_other_peoples_matters_are_shown_to_those_only_who_see_all_anyway(at: Desk) -> None:
    await at.file(LIFT, address=HERE, requester={"phone": PHONE})
    told = {
        role: len(await at.duplicates(role, text=LIFT, address=HERE, phone=PHONE))
        for role in ("operator", "dispatcher", "admin", "unit", "secretary")
    }
    assert told == {"operator": 1, "dispatcher": 1, "admin": 1, "unit": 0, "secretary": 0}


async def test_who_may_not_file_may_not_ask(at: Desk) -> None:
    for role in ("auditor", "dashboard", "ruling", "service"):
        for method in ("GET", "POST"):
            answer = await at.http.request(
                method, "/v1/complaints/duplicates", headers=signed_in(role)
            )
            assert answer.status_code == 403, role


async def test_get_answers_the_same_and_neither_leaves_words_or_phones_in_the_log(
    at: Desk, written: Callable[[], str]
) -> None:
    await at.file(LIFT, address=HERE, requester={"phone": PHONE})
    question: dict[str, Any] = {
        "text": LIFT,
        "address": HERE,
        "phone": SAME_PHONE,
        "limit": 3,
    }
    posted = await at.duplicates(**question)
    got = await at.http.get(
        "/v1/complaints/duplicates",
        params={**question, "title": ""},
        headers=signed_in("operator"),
    )
    assert posted
    assert got.json() == {"items": posted, "next": None}
    wrong = await at.http.get(
        "/v1/complaints/duplicates",
        params={"phone": PHONE, "text": LIFT, "days": "none"},
        headers=signed_in("operator") | {"Accept-Language": "en"},
    )
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "days: must be a whole number")
    everything = written()
    assert everything.count("route=/v1/complaints/duplicates") == 3
    for secret in ("4321", "电梯", "金桂", "%E7", "text="):
        assert secret not in everything


async def test_a_wrong_question_is_422_and_names_the_field(at: Desk) -> None:
    wrong: list[dict[str, Any]] = [
        {"grid_code": "370105009"},
        {"category": "NO-SUCH"},
        {"point": {"lon": 36.65, "lat": 117.0}},
        {"days": 0},
        {"limit": 21},
        {"q": "电梯"},
        {"phone": "none"},
    ]
    for question in wrong:
        answer = await at.http.post(
            "/v1/complaints/duplicates", json=question, headers=signed_in("operator")
        )
        assert (answer.status_code, [answer.json()["field"]]) == (422, list(question))


async def test_filing_again_under_the_same_key_leaves_no_second_trace(at: Desk) -> None:
    kept = []
    for _ in range(2):
        await at.file(LIFT, key="once", address=HERE)
        kept.append(await at.rows("select mark, complaint_id from complaint_mark order by mark"))
    assert kept[0]
    assert kept[0] == kept[1]


async def test_a_phrase_or_place_that_everybody_names_is_read_only_so_far(at: Desk) -> None:
    await at.rows(
        "insert into complaint_mark select 7, gen_random_uuid() from generate_series(1, 20000)"
    )
    await at.rows("analyze complaint_mark")
    async with transaction(at.pool) as conn:
        (explained,) = await conn.fetch(
            f"explain (analyze, format json) {SQL_ALIKE}",
            [7], [1.0], None, MONDAY - timedelta(days=30), 100,
        )  # fmt: skip
    scans = list(_nodes(json.loads(explained[0])[0]["Plan"]))
    assert max(scans) == PER_MARK


async def test_of_what_shares_a_mark_the_newest_are_read(at: Desk) -> None:
    filed = await at.file(LIFT, address=HERE)
    await at.rows(
        "insert into complaint_mark"
        " select mark, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid"
        " from complaint_mark, generate_series(1, 100) as n"
    )
    assert numbers(await at.duplicates(text=LIFT, address=HERE)) == [filed["number"]]


def _nodes(plan: dict[str, Any]) -> Iterator[float]:
    """Rows that each scan of the marks gave."""
    if plan.get("Relation Name") == "complaint_mark":
        yield plan["Actual Rows"]
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


async def test_intake_learns_of_identities_which_complaints_one_phone_made_and_no_more(
    at: Desk,
) -> None:
    await at.file(MILK, requester={"phone": PHONE})
    (row,) = await at.rows("select phone_index, complaint_id from vault.requester")
    since = MONDAY - timedelta(days=1)
    traces = store_alike.Traces([], [], [row["phone_index"]])
    async with transaction(at.pool) as conn:
        (found,) = await store_alike.alike(conn, traces, since, 10)
    assert found["complaint_id"] == row["complaint_id"]
    for role, statement in (
        ("chuishao_intake", "select phone_index from vault.requester"),
        ("chuishao_intake", "select complaint_id from vault.requester"),
        ("chuishao_router", "select vault.complaints_of('', 1)"),
        ("chuishao_console", "select vault.complaints_of('', 1)"),
    ):
        conn = await asyncpg.connect(at.database.dsn(role))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(statement)
        await conn.close()


async def test_what_the_desk_knows_for_the_same_matter_is_filed_as_its_repeat(at: Desk) -> None:
    first = await at.file(LIFT)
    again = await at.file(LIFT_AGAIN, repeat_of=first["number"])
    shown = await at.http.get(f"/v1/complaints/{first['number']}", headers=signed_in("operator"))
    assert shown.json()["repeats"] == [again["number"]]
    body = {"channel": "hotline", "kind": "complaint", "text": MILK, "repeat_of": "261122000000"}
    unknown = await at.http.post(
        "/v1/complaints", json=body, headers=signed_in("operator") | {"Idempotency-Key": "no-such"}
    )
    assert (unknown.status_code, unknown.json()["field"]) == (422, "repeat_of")
