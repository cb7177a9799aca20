"""The resident's page on a real PostgreSQL: who gets in, how often anybody may guess, what is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest

from services.intake.number import number
from tests.support.intake import Desk, desk, signed_in, ticket
from tests.support.servers import Database
from tests.support.small import MONDAY

PHONE: Final = "138 0000 4321"
RIGHT: Final = "4321"
JSON: Final = {"Accept": "application/json"}


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Desk]:
    async with desk(database) as here:
        await here.move_clock(MONDAY)
        yield here


async def filed(at: Desk, **requester: Any) -> dict[str, Any]:
    about = {"name": "王小明", "phone": PHONE} | requester
    return await at.file("楼上王小明家漏水", requester=about)


async def look(
    at: Desk, about: str, digits: str, *, address: str = "203.0.113.7", **headers: str
) -> httpx.Response:
    return await at.http.post(
        f"/t/{about}",
        content=f"digits={digits}",
        headers={
            "Content-Type": "application/x-www-form-urlencoded", "X-Real-IP": address,
        } | JSON | headers,
    )  # fmt: skip


async def test_the_right_digits_tell_where_it_stands_in_a_plain_sentence(at: Desk) -> None:
    one = await filed(at)
    told = (await look(at, one["number"], RIGHT)).json()
    assert told["number"] == one["number"]
    assert "已收到" in told["state"]
    later = MONDAY + timedelta(hours=1)
    await at.hear(ticket(one, "handled", 3, status="callback", at=later))
    answer = await look(at, one["number"], RIGHT)
    assert "回访" in answer.json()["state"]
    assert answer.json()["since"] == "2026-11-16T11:00+08:00"
    assert answer.headers["cache-control"] == "no-store"
    assert not [word for word in ("王小明", "漏水", "4321", "SZ") if word in answer.text]


async def test_the_page_is_a_form_without_script_in_the_language_asked_for(at: Desk) -> None:
    one = await filed(at)
    form = await at.http.get(f"/t/{one['number']}")
    assert form.headers["content-type"] == "text/html; charset=utf-8"
    assert "最后四位" in form.text
    assert "<script" not in form.text
    assert form.headers["content-security-policy"].startswith("default-src 'self'")
    english = await at.http.get(f"/t/{one['number']}?lang=en", headers={"Accept-Language": "zh"})
    assert "Last four digits" in english.text
    answer = await look(at, f"{one['number']}?lang=en", RIGHT, Accept="text/html")
    assert "finding out who will handle it" in answer.text
    by_json = await at.http.post(f"/t/{one['number']}", json={"digits": RIGHT}, headers=JSON)
    assert by_json.status_code == 200
    assert (await at.http.post(f"/t/{one['number']}?digits={RIGHT}")).status_code == 422


async def test_wrong_digits_unknown_numbers_and_anonymous_or_old_matters_look_the_same(
    at: Desk,
) -> None:
    known, anonymous = await filed(at), await filed(at, anonymous=True)
    old = await filed(at)
    await at.rows(
        "update vault.requester set tail = null where complaint_id = $1", old["complaint_id"]
    )
    silent = await at.file("没有留电话")
    unknown = number(MONDAY.date(), 99_999)
    tried = [
        (known["number"], "0000"), (unknown, RIGHT), (anonymous["number"], RIGHT),
        (old["number"], RIGHT), (silent["number"], RIGHT), ("no-number", RIGHT),
    ]  # fmt: skip
    answers = [
        await look(at, about, digits, address=f"203.0.113.{n}")
        for n, (about, digits) in enumerate(tried)
    ]
    assert {(a.status_code, a.text) for a in answers} == {(404, answers[0].text)}
    heads = [{k: v for k, v in a.headers.items() if k != "x-request-id"} for a in answers]
    assert all(head == heads[0] for head in heads)
    forms = [(await at.http.get(f"/t/{about}")).text.replace(about, "N") for about, _ in tried[:5]]
    assert set(forms) == {forms[0]}


async def test_five_wrong_tries_an_hour_of_one_number_from_wherever(at: Desk) -> None:
    one = await filed(at)
    for n in range(5):
        answer = await look(at, one["number"], "0000", address=f"203.0.113.{n}")
        assert answer.status_code == 404
    refused = await look(at, one["number"], RIGHT, address="203.0.113.99")
    assert refused.status_code == 429
    assert 3_500 < int(refused.headers["retry-after"]) <= 3_601
    page = await look(at, one["number"], RIGHT, address="203.0.113.98", Accept="text/html")
    assert (page.status_code, "retry-after" in page.headers) == (429, True)
    await at.move_clock(MONDAY + timedelta(hours=1, minutes=1))
    assert (await look(at, one["number"], RIGHT)).status_code == 200


async def test_five_wrong_tries_an_hour_from_one_address_of_whatever_number(at: Desk) -> None:
    one = await filed(at)
    for n in range(5):
        assert (await look(at, number(MONDAY.date(), 90_000 + n), RIGHT)).status_code == 404
    assert (await look(at, one["number"], RIGHT)).status_code == 429
    assert (await look(at, one["number"], RIGHT, address="203.0.113.8")).status_code == 200


async def test_an_unknown_number_is_locked_like_a_known_one(at: Desk) -> None:
    unknown = number(MONDAY.date(), 5)
    codes = [
        (await look(at, unknown, RIGHT, address=f"203.0.113.{n}")).status_code for n in range(6)
    ]
    assert codes == [404] * 5 + [429]


@pytest.mark.parametrize(
    "about",
    ["%00", "26111600000%00", "\N{FULLWIDTH DIGIT TWO}" * 12, "🙂" * 12, "²" * 12, "12345", "%FF"],
)
async def test_what_is_no_number_at_all_is_an_unknown_number(at: Desk, about: str) -> None:
    unknown = await look(at, number(MONDAY.date(), 5), RIGHT)
    answers = [await look(at, about, RIGHT, address=f"203.0.114.{n}") for n in range(6)]
    assert [answer.status_code for answer in answers] == [404] * 5 + [429]
    assert answers[0].json() == unknown.json()


async def test_many_tries_at_once_are_no_more_than_one_after_the_other(at: Desk) -> None:
    one = await filed(at)
    answers = await asyncio.gather(
        *(look(at, one["number"], f"{n:04d}", address=f"203.0.113.{n}") for n in range(20))
    )
    codes = [answer.status_code for answer in answers]
    assert codes.count(404) == 5
    assert codes.count(429) == 15


async def test_the_right_digits_are_no_try(at: Desk) -> None:
    one = await filed(at)
    for _ in range(8):
        assert (await look(at, one["number"], RIGHT)).status_code == 200


async def test_a_merged_matter_tells_the_state_of_the_work_it_follows(at: Desk) -> None:
    lead, follower = await filed(at), await filed(at)
    await at.hear(
        ticket(lead, "contacted", 3, status="in_progress"),
        ticket(follower, "merged", 2, status="merged", into=lead["number"]),
    )
    told = (await look(at, follower["number"], RIGHT)).json()
    assert told["number"] == follower["number"]
    assert told["state"].startswith("与其他居民反映的同一问题一并办理")
    assert "正在办理" in told["state"]
    await at.hear(ticket(lead, "closed", 4, status="closed"))
    assert "已结案" in (await look(at, follower["number"], RIGHT)).json()["state"]


async def test_neither_digits_nor_address_nor_phone_are_kept_or_logged(
    at: Desk, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")
    one = await filed(at)
    await look(at, one["number"], "9876", address="198.51.100.77")
    await look(at, one["number"], RIGHT, address="198.51.100.77")
    tries = await at.rows("select * from page_try")
    tails = await at.rows("select tail from vault.requester")
    written = f"{capsys.readouterr().out}{caplog.text}{tries}{tails}"
    for secret in ("9876", "198.51.100.77", PHONE, "13800004321", one["number"]):
        assert secret not in written, secret


async def test_tries_nobody_needs_any_more_are_forgotten(at: Desk) -> None:
    await look(at, number(MONDAY.date(), 1), RIGHT)
    await at.move_clock(MONDAY + timedelta(hours=3))
    await look(at, number(MONDAY.date(), 2), RIGHT, address="203.0.113.8")
    assert len(await at.rows("select * from page_try")) == 2


async def test_a_service_of_ours_says_for_whom_it_asks_and_nobody_else_does(at: Desk) -> None:
    """The console passes the page on (docs/adr/0048): its visitors do not share five wrong tries."""
    ours = signed_in("service", "service:console")

    async def guess(n: int, visitor: str, headers: dict[str, str]) -> int:
        told = {"X-Chuishao-Visitor": visitor} | headers
        return (await look(at, f"3701{n:04}", "0000", address="203.0.113.30", **told)).status_code

    assert [await guess(n, "203.0.113.8", ours) for n in range(6)] == [404] * 5 + [429]
    assert await guess(6, "203.0.113.9", ours) == 404
    foreign = [{}, signed_in("admin"), {"Authorization": "Bearer x"}, {}, {}, {}]
    tries = [await guess(10 + n, f"203.0.113.{40 + n}", one) for n, one in enumerate(foreign)]
    assert tries == [404] * 5 + [429]
