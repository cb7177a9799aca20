"""The dossier of a matter, from a real notifier that asks a real router under the reader's own token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from kit.attachments.storage import FolderStorage
from kit.db import Pool, create_pool, transaction
from services.notifier.reception.dossier_style import HEADERS, STYLE
from services.router.ticket.store_proof import claim_proof
from tests.support import small
from tests.support.desk import GARBAGE, Desk, opened
from tests.support.heard import ticks
from tests.support.notifier import Front, front, hear, lying
from tests.support.pictures import photo
from tests.support.reception import Office, order
from tests.support.servers import PASSWORD, Database

HOLDER: Final = "unit:GT-1"
BACK: Final[dict[str, Any]] = {"reason_code": "not_our_duty", "unit": "SZ", "reason": "路面归市政"}
HTML: Final = {"Accept": "text/html"}
SPITEFUL: Final = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>垃圾没人清"


class Seen(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
async def desk(router_pool: Pool, database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(router_pool, database.dsn(), storage=FolderStorage(tmp_path)) as found:
        yield found


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def notifier(pool: Pool, desk: Desk) -> AsyncIterator[Front]:
    async with front(pool, desk.http) as found:
        yield found


async def returned_twice(desk: Desk, pool: Pool, text: str = GARBAGE["text"]) -> dict[str, Any]:
    """A ticket that two units sent back, and its item on the street's table."""
    one = await desk.file(text, address=GARBAGE["address"])
    await desk.at(0.2)
    await desk.did(one, "return", who=HOLDER, **BACK)
    await desk.at(0.3)
    await desk.did(one, "dispatch", unit="SZ", reason="归市政")
    await desk.at(0.4)
    await desk.did(one, "return", who="unit:SZ", **(BACK | {"unit": "GT-1"}))
    await hear(desk, pool)
    return await lying(pool, one)


async def test_two_real_returns_put_it_on_the_table_and_the_dossier_tells_all_of_it(
    desk: Desk, pool: Pool, notifier: Front
) -> None:
    item = await returned_twice(desk, pool)
    assert (item["rule"], item["org"], item["category"] is not None) == (
        "returned_2",
        "JD-WYS",
        True,
    )
    answer = await notifier.get(f"items/{item['item_id']}/dossier", "P-DESK-L", "dispatcher")
    assert answer.status_code == 200, answer.text
    dossier = answer.json()
    assert dossier["missing"] == []
    assert dossier["ticket"]["text"] == "垃圾没人清"
    assert [line["what"] for line in dossier["timeline"]] == [
        "ticket.dispatched", "ticket.assisted", "ticket.returned", "ticket.reassigned",
        "ticket.dispatched", "ticket.returned", "ticket.referred", "reception.queued",
    ]  # fmt: skip
    assert "SZ" in dossier["receipt"] or "市政" in dossier["receipt"]
    assert [held["unit"] for held in dossier["holders"]] == ["GT-1", "SZ"]
    assert sum(held["share"] for held in dossier["holders"]) == pytest.approx(1.0, abs=0.01)
    assert all(clock["sentence"] for clock in dossier["clocks"])
    assert dossier["item"]["rules"][0]["rule"] == "returned_2"


async def test_who_was_told_of_a_level_is_named_by_unit_and_post_and_by_name_where_the_reader_may_know(
    desk: Desk, pool: Pool, notifier: Front
) -> None:
    item = await returned_twice(desk, pool)
    await desk.at(24 * 9)
    await ticks(pool)
    path = f"items/{item['item_id']}/dossier"
    posts = (await notifier.get(path)).json()["posts"]
    assert posts["JD-WYS-FS"] == {"unit": "JD-WYS", "role": "deputy", "holder": "黄永强"}
    assert posts["SZ-ZB"] == {"unit": "SZ", "role": "duty_lead", "holder": None}
    assert {post["unit"] for post in posts.values() if post["holder"]} == {"JD-WYS", "SQ-001"}
    seen_by_all = (await notifier.get(path, "P-DESK-L", "auditor")).json()["posts"]
    assert seen_by_all.keys() == posts.keys()
    assert all(post["holder"] for post in seen_by_all.values())
    page = Seen((await notifier.get(path, headers=HTML)).text).text
    assert "无影山街道办事处 副职（现任 黄永强）" in page
    assert "市政工程服务中心 值班负责人" in page
    assert not [code for code in posts if code in page]
    english = await notifier.get(path, headers=HTML | {"Accept-Language": "en"})
    assert "无影山街道办事处 Deputy head (now 黄永强)" in Seen(english.text).text


async def test_what_the_reader_may_not_see_is_named_as_missing_and_others_get_nothing(
    desk: Desk, pool: Pool, notifier: Front
) -> None:
    item = await returned_twice(desk, pool)
    path = f"items/{item['item_id']}/dossier"
    dossier = (await notifier.get(path)).json()  # a secretary the router's small town does not know
    assert dossier["ticket"] is None
    assert {one["why"] for one in dossier["missing"]} == {"not_visible"}
    assert dossier["holders"]
    assert (await notifier.get(path, "P0023")).status_code == 404
    assert (await notifier.get("items/nonsense/dossier")).status_code == 404
    assert (await notifier.get(path, "P-GT-1-L", "unit")).status_code == 403


async def test_the_page_says_what_is_missing_while_the_router_is_down(
    desk: Desk, pool: Pool
) -> None:
    item = await returned_twice(desk, pool)
    async with (
        httpx.AsyncClient(base_url="http://127.0.0.1:9", timeout=1) as nobody,
        front(pool, nobody) as notifier,
    ):
        answer = await notifier.get(f"items/{item['item_id']}/dossier", headers=HTML)
    assert answer.status_code == 200
    seen = Seen(answer.text)
    assert "派单服务暂时无法访问" in seen.text
    assert "同一轮第二次退回" in seen.text
    assert "无影山街道" in seen.text
    assert "仅供本人使用，请勿外传 P0007" in seen.text


async def test_the_page_escapes_everything_runs_nothing_and_is_made_to_be_printed(
    desk: Desk, pool: Pool, notifier: Front
) -> None:
    item = await returned_twice(desk, pool, SPITEFUL)
    path = f"items/{item['item_id']}/dossier"
    answer = await notifier.get(path, "P-DESK-L", "dispatcher", headers=HTML)
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert "script-src" not in answer.headers["content-security-policy"]  # default-src 'none'
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    seen = Seen(answer.text)
    assert SPITEFUL in seen.text
    assert not [code for code in ("arbitration", "system:", ">_<") if code in answer.text]
    names = {name for name, _ in seen.tags}
    assert not names & {"script", "a", "form", "iframe", "link", "object"}
    assert not [one for _, attrs in seen.tags for one in attrs if one.startswith("on")]
    assert "@media print" in STYLE
    assert dict(seen.tags)["html"] == {"lang": "zh-CN"}
    english = await notifier.get(
        path, "P-DESK-L", "dispatcher", headers=HTML | {"Accept-Language": "en"}
    )
    assert "returned twice in a round" in Seen(english.text).text
    assert dict(Seen(english.text).tags)["html"] == {"lang": "en"}
    told = (
        await notifier.get(path, "P-DESK-L", "dispatcher", headers={"Accept-Language": "en"})
    ).json()
    reasons = [clock["sentence"] for clock in told["clocks"]]
    assert reasons
    assert all(reason.isascii() for reason in reasons)


async def test_pictures_are_shown_to_who_may_see_the_ticket_only(
    desk: Desk, pool: Pool, notifier: Front
) -> None:
    item = await returned_twice(desk, pool)
    upload = await desk.http.post("/v1/attachments", content=photo(), headers=desk.token(HOLDER))
    ident = upload.json()["attachment_id"]
    async with transaction(desk.pool) as conn:
        await claim_proof(conn, [ident], item["ticket_id"], desk.person("GT-1"), small.MONDAY)
    path = f"items/{item['item_id']}/dossier"
    page = Seen((await notifier.get(path, "P-DESK-L", "dispatcher", headers=HTML)).text)
    (source,) = [attrs["src"] for name, attrs in page.tags if name == "img"]
    assert source is not None
    assert source.startswith("data:image/jpeg;base64,")
    page = Seen((await notifier.get(path, headers=HTML)).text)
    assert not [name for name, _ in page.tags if name == "img"]


async def test_call_backs_and_earlier_receptions_of_the_same_matter_stand_in_it(
    desk: Desk, pool: Pool, notifier: Front
) -> None:
    first = await returned_twice(desk, pool)
    one = str(first["ticket_id"])
    await desk.did(one, "rule", who="ruling", unit="GT-1", reason="归物业")
    for step, data in (
        ("accept", {}), ("contact", {"result": "phone"}),
        ("handle", {"result": "solved", "note": "已清运", "no_proof": "夜间"}),
    ):  # fmt: skip
        answer = await desk.act(one, step, who=HOLDER, data=data)
        assert answer.status_code == 200, answer.text
    await desk.at(1)
    await desk.fact(
        one, "callback_recorded", contacted=True, solved=True, satisfied=True, outcome="solved",
        ticket_round=1,
    )  # fmt: skip
    await hear(desk, pool)
    again = await returned_twice(desk, pool)
    assert again["category"] == first["category"]
    dossier = (
        await notifier.get(f"items/{again['item_id']}/dossier", "P-DESK-L", "dispatcher")
    ).json()
    (earlier,) = dossier["earlier"]
    assert (earlier["item_id"], earlier["why"]) == (
        str(first["item_id"]),
        "same_place_and_category",
    )
    assert earlier["closed_at"] is not None
    old = (await notifier.get(f"items/{first['item_id']}/dossier", "P-DESK-L", "dispatcher")).json()
    (answer_given,) = old["callbacks"]
    assert (answer_given["solved"], answer_given["satisfied"]) == (True, True)


async def test_what_was_decided_about_the_matter_before_stands_in_it(
    pool: Pool, notifier: Front
) -> None:
    office = Office(pool)
    item = await office.matter()
    session = await office.set_up()
    await office.step(session, "schedule")
    await office.decided(session, item, order(text="十日内修复<b>"))
    path = f"items/{item}/dossier"
    (decision,) = (await notifier.get(path)).json()["decisions"]
    assert (decision["kind"], decision["owner"], decision["state"]) == ("assign", "SZ", "open")
    page = (await notifier.get(path, headers=HTML)).text
    assert "十日内修复<b>" in Seen(page).text
    assert "交办" in Seen(page).text


async def test_a_decision_says_why_it_is_due_in_the_readers_language_wherever_it_is_shown(
    pool: Pool, notifier: Front
) -> None:
    office = Office(pool)
    item = await office.matter()
    session = await office.set_up()
    await office.step(session, "schedule")
    await office.decided(session, item, order(limit="2wd"))
    due = "Due 2026-11-18 10:00: carrying out the decision, 2 working days from 2026-11-16 10:00."

    async def told(path: str, **headers: str) -> Any:
        return (await notifier.get(path, headers=headers)).json()

    async def reasons(**headers: str) -> list[str]:
        ledger = (await told("decisions", **headers))["items"]
        (line,) = (await told(f"sessions/{session}", **headers))["agenda"]
        dossier = (await told(f"items/{item}/dossier", **headers))["decisions"]
        return [one["clocks"][0]["sentence"] for one in (*ledger, *line["decisions"], *dossier)]

    assert await reasons(**{"Accept-Language": "en"}) == [due] * 3
    kept = await reasons()
    assert len(kept) == len(set(kept)) * 3
    assert "按 2 个工作日计" in kept[0]
