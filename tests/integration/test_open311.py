"""Open311 on a real PostgreSQL: every endpoint in both formats, who sees what, what wrong input gets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
import requests
import uvicorn
import xmltodict
from georeport import GeoReport

from kit.edge import Edge
from services.intake.open311.api import Door
from services.intake.open311.partner import Keyring, digest_of
from tests.support import small
from tests.support.intake import Desk, desk, signed_in, ticket
from tests.support.servers import Database
from tests.support.small import MONDAY

ROOT: Final = "/open311/v2"
CITY: Final = "key-of-the-city-app"
OTHER: Final = "key-of-another-app"
READER: Final = "key-of-the-hall"
KEYS: Final = ",".join(
    f"{name}:{digest_of(key)}:{rights}"
    for name, key, rights in (
        ("app", CITY, "file+update"),
        ("other", OTHER, "file+update"),
        ("hall", READER, "read"),
    )
)
WORDS: Final = "路口垃圾没人清，找王小明，电话13800004321"
SENT: Final = {
    "api_key": CITY,
    "service_code": "LJ-DF",
    "description": WORDS,
    "address_string": "济安路5号王小明家门口",
    "last_name": "王",
    "first_name": "小明",
    "phone": "13800004321",
}


class _Router(httpx.AsyncBaseTransport):
    """Answers as the router's `GET /v1/tickets/{number}` does."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        due = {"resident": "2026-11-23T10:00:00+08:00", "contact": "2026-11-17T10:00:00+08:00"}
        return httpx.Response(200, json={"due": due})


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Desk]:
    door = Door(Keyring.parse(KEYS), "jinan.example")
    async with desk(database, router_transport=_Router(), partners=door) as here:
        await here.move_clock(MONDAY)
        yield here


async def send(at: Desk, path: str = "requests.json", **more: Any) -> httpx.Response:
    fields = {k: v for k, v in (SENT | more).items() if v is not None}
    return await at.http.post(f"{ROOT}/{path}", data=fields)


async def number_of(at: Desk, **more: Any) -> str:
    answer = await send(at, **more)
    assert answer.status_code == 200, answer.text
    number: str = answer.json()[0]["service_request_id"]
    return number


async def ask(at: Desk, path: str, **asked: Any) -> Any:
    answer = await at.http.get(f"{ROOT}/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    if path.endswith(".json"):
        return answer.json()
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    return xmltodict.parse(answer.content)


async def filed(at: Desk, number: str) -> dict[str, Any]:
    row = (await at.rows("select * from complaint where number = $1", number))[0]
    return {"complaint_id": str(row["complaint_id"]), "number": number}


async def update(at: Desk, number: str, **more: Any) -> httpx.Response:
    fields = {
        "api_key": CITY, "service_request_id": number, "update_id": "u1", "status": "OPEN",
        "description": "现在更臭了，王小明也这么说", "updated_datetime": "2026-11-16T02:00:00Z",
    }  # fmt: skip
    return await at.http.post(f"{ROOT}/servicerequestupdates.json", data=fields | more)


async def test_the_leaves_of_the_tree_are_the_services_in_both_formats(at: Desk) -> None:
    listed = await ask(at, "services.json")
    assert [one["service_code"] for one in listed] == ["LJ-DF", "QT", "SZ-LD", "WY-DT"]
    assert listed[0] == {
        "service_code": "LJ-DF",
        "service_name": "垃圾堆放",
        "description": "反映“垃圾堆放”类问题，由负责的单位办理。",
        "metadata": False,
        "type": "realtime",
        "keywords": "垃圾, 垃圾没人清",
        "group": "环境卫生",
    }
    told = (await ask(at, "services.xml"))["services"]["service"]
    assert told[0] == listed[0] | {"metadata": "false"}
    assert await ask(at, "services/LJ-DF.json") == {"service_code": "LJ-DF", "attributes": []}
    one = await ask(at, "services/LJ-DF.xml")
    assert one == {"service_definition": {"service_code": "LJ-DF", "attributes": None}}


async def test_a_request_is_a_complaint_whose_names_stay_in_the_vault(at: Desk) -> None:
    answer = await send(at, email="wang@example.org", media_url="https://example.org/a.jpg")
    assert answer.status_code == 200
    told = answer.json()[0]
    assert "邮箱未保存" in told["service_notice"]
    assert "照片地址未取用" in told["service_notice"]
    (event,) = await at.said("complaint.received")
    assert event["number"] == told["service_request_id"]
    assert (event["channel"], event["category"]) == ("open311", "LJ-DF")
    assert "王小明" not in event["text"] + event["address"]
    secret = await at.http.post(
        f"/v1/complaints/{event['number']}/reveal",
        json={"reason": "回访核实"},
        headers=signed_in("operator"),
    )
    assert secret.json()["requester"] == {
        "name": "王小明", "phone": "13800004321", "anonymous": False, "consent": False,
    }  # fmt: skip
    assert "example.org" not in secret.text


async def test_a_double_submit_files_once_and_a_day_later_again(at: Desk) -> None:
    first = await number_of(at)
    assert await number_of(at) == first
    xml = xmltodict.parse((await send(at, "requests.xml")).content)
    assert xml["service_requests"]["request"]["service_request_id"] == first
    assert await number_of(at, api_key=OTHER) != first
    assert await number_of(at, description="另一处垃圾") != first
    await at.move_clock(MONDAY + timedelta(hours=25))
    assert await number_of(at) != first


async def test_the_same_body_many_times_at_once_is_one_request(at: Desk) -> None:
    numbers = await asyncio.gather(*(number_of(at) for _ in range(8)))
    assert len(set(numbers)) == 1
    assert len(await at.rows("select from complaint")) == 1


async def test_a_city_may_keep_its_requests_for_partners(database: Database) -> None:
    async with desk(database, partners=Door(Keyring.parse(KEYS), public=False)) as here:
        for path in ("requests.json", "requests/261116000000.json"):
            assert (await here.http.get(f"{ROOT}/{path}")).status_code == 403
        assert await ask(here, "requests.json", api_key=OTHER) == []


async def test_an_idempotency_key_is_honoured(at: Desk) -> None:
    async def with_key(**more: Any) -> httpx.Response:
        return await at.http.post(
            f"{ROOT}/requests.json", data=SENT | more, headers={"Idempotency-Key": "k1"}
        )

    first = (await with_key()).json()
    await at.move_clock(MONDAY + timedelta(days=3))
    assert (await with_key()).json() == first
    other = await with_key(description="别的")
    assert other.status_code == 400
    assert other.json()[0]["code"] == 400


async def test_forms_and_json_are_read_and_nothing_else(at: Desk) -> None:
    body = SENT | {"lat": 36.68, "long": 116.98, "phone": 13800004321, "account_id": None}
    answer = await at.http.post(f"{ROOT}/requests.json", json=body)
    assert answer.status_code == 200, answer.text
    (event,) = await at.said("complaint.received")
    assert event["point"] == {"lon": 116.98, "lat": 36.68, "datum": "wgs84"}
    for content, kind in (
        ("<request><service_code>LJ-DF</service_code></request>", "text/xml"),
        ("[]", "application/json"),
        ("{", "application/json"),
        ("description=%ff", "application/x-www-form-urlencoded"),
    ):
        refused = await at.http.post(
            f"{ROOT}/requests.xml?api_key={CITY}", content=content, headers={"Content-Type": kind}
        )
        assert refused.status_code == 400, content
        error = xmltodict.parse(refused.content)["errors"]["error"]
        assert error["code"] == "400"
        assert error["description"]


WRONG: Final = [
    ({"api_key": None}, 403, "api_key"),
    ({"api_key": "nobody's"}, 403, "api_key"),
    ({"api_key": READER}, 403, "api_key"),
    ({"service_code": None}, 400, "service_code"),
    ({"service_code": "NO"}, 404, "service_code"),
    ({"service_code": "LJ"}, 404, "service_code"),
    ({"description": None}, 400, "description"),
    ({"description": "x" * 4001}, 400, "description"),
    ({"description": "a\x00b"}, 400, "description"),
    ({"address_string": None}, 400, "address_string"),
    ({"lat": "36.6"}, 400, "long"),
    ({"lat": "x", "long": "1"}, 400, "lat"),
    ({"lat": "nan", "long": "117"}, 400, "lat"),
    ({"lat": "117.0", "long": "36.6"}, 400, "lat, long"),
    ({"lat": "51.5", "long": "-0.1"}, 400, "lat, long"),
    ({"address_id": "nowhere"}, 400, "address_id"),
    ({"phone": "call me"}, 400, "phone"),
    ({"jurisdiction_id": "elsewhere"}, 404, "jurisdiction_id"),
]


@pytest.mark.parametrize(("fields", "status", "named"), WRONG)
async def test_wrong_fields_are_named_in_both_formats(
    at: Desk, fields: dict[str, Any], status: int, named: str
) -> None:
    answer = await send(at, **fields)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert [(e["code"], named in e["description"]) for e in answer.json()] == [(status, True)]
    xml = await send(at, "requests.xml", **fields)
    assert xml.status_code == status
    assert named in xmltodict.parse(xml.content)["errors"]["error"]["description"]
    assert not await at.rows("select from complaint")


async def test_failures_are_told_in_the_language_asked_for(at: Desk) -> None:
    answer = await at.http.get(
        f"{ROOT}/requests.json?status=done", headers={"Accept-Language": "en"}
    )
    assert answer.json() == [{"code": 400, "description": "status: must be open or closed"}]
    assert answer.headers["content-language"] == "en"
    assert (await at.http.get(f"{ROOT}/services.csv")).status_code == 404


async def test_a_request_is_followed_to_its_end(at: Desk) -> None:
    number = await number_of(at)
    one = await filed(at, number)
    (told,) = await ask(at, f"requests/{number}.json", api_key=CITY)
    assert (told["status"], told["agency_responsible"]) == ("open", "")
    assert told["requested_datetime"] == "2026-11-16T10:00:00+08:00"
    assert told["expected_datetime"] == "2026-11-23T10:00:00+08:00"
    assert "已收到" in told["status_notes"]
    assert not [word for word in ("王", "小明", "13800004321") if word in str(told)]
    assert "垃圾没人清" in told["description"]
    await at.hear(
        ticket(one, "dispatched", 2, status="dispatched", unit="WY-1", category="WY-DT"),
        ticket(one, "closed", 3, status="closed", unit="WY-1", at=MONDAY + timedelta(hours=5)),
    )
    told = (await ask(at, f"requests/{number}.xml"))["service_requests"]["request"]
    assert (told["status"], told["agency_responsible"]) == ("closed", "金桂物业")
    assert told["updated_datetime"] == "2026-11-16T15:00:00+08:00"
    assert told["expected_datetime"] is None
    assert (await ask(at, f"tokens/{one['complaint_id']}.json")) == [
        {"service_request_id": number, "token": one["complaint_id"]}
    ]
    missing = await at.http.get(f"{ROOT}/requests/261116000000.xml")
    assert missing.status_code == 404
    assert xmltodict.parse(missing.content)["errors"]["error"]["code"] == "404"


async def test_words_and_exact_places_are_for_the_filer_and_readers_alone(at: Desk) -> None:
    point = {"lat": "36.123456", "long": "117.123456"}
    number = await number_of(at, **point)
    for key, full in ((None, False), (OTHER, False), (CITY, True), (READER, True)):
        asked = {"api_key": key} if key else {}
        for (told,) in (
            await ask(at, f"requests/{number}.json", **asked),
            await ask(at, "requests.json", **asked),
        ):
            assert ("没人清" in told["description"]) is full
            assert ("济安路" in told["address"]) is full
            assert (told["lat"], told["long"]) == (
                (36.123456, 117.123456) if full else (36.123, 117.123)
            )
    assert (await at.http.get(f"{ROOT}/requests.json?api_key=nobody")).status_code == 403


async def test_what_is_nobodys_business_is_not_listed(at: Desk) -> None:
    plain = await at.file("路灯不亮", category="SZ-LD")
    secret = await at.file("举报", confidential=True)
    private = await at.file("求助", kind="help")
    accused = await at.file("物业乱收费", accused="WY-1")
    door = {"reason": "不属受理范围", "door": "法院"}
    declined = await at.file("欠款纠纷", decline=door)

    async def seen(**asked: Any) -> set[str]:
        return {one["service_request_id"] for one in await ask(at, "requests.json", **asked)}

    assert await seen() == {plain["number"]}
    assert await seen(api_key=CITY) == {plain["number"]}
    others = {one["number"] for one in (plain, private, accused, declined)}
    assert await seen(api_key=READER) == others
    every = ",".join([*others, secret["number"]])
    assert await seen(api_key=READER, service_request_id=every) == others
    assert await seen(service_request_id=every) == {plain["number"]}
    for hidden in (secret, private):
        for end in (f"requests/{hidden['number']}.json", f"tokens/{hidden['complaint_id']}.json"):
            assert (await at.http.get(f"{ROOT}/{end}")).status_code == 404


async def test_lists_are_narrowed_newest_first(at: Desk) -> None:
    old = await number_of(at, description="旧")
    await at.move_clock(MONDAY + timedelta(days=1))
    lamp = await number_of(at, service_code="SZ-LD", description="路灯")
    done = await number_of(at, description="已办")
    await at.hear(ticket(await filed(at, done), "closed", 2, status="closed"))

    async def seen(**asked: Any) -> list[str]:
        return [one["service_request_id"] for one in await ask(at, "requests.json", **asked)]

    assert await seen() == [done, lamp, old]
    assert await seen(status="closed") == [done]
    assert await seen(status="open") == [lamp, old]
    assert await seen(status="open,closed", page_size="2", page="2") == [old]
    assert await seen(service_code="SZ-LD,WY-DT") == [lamp]
    assert await seen(end_date="2026-11-16T12:00:00+08:00") == [old]
    assert await seen(start_date="2026-11-16T04:00:00Z") == [done, lamp]
    assert await seen(service_request_id=f"{old},{lamp}", status="closed") == [lamp, old]
    await at.move_clock(MONDAY + timedelta(days=90, hours=12))
    assert await seen() == [done, lamp]
    for wrong in (
        {"start_date": "yesterday"},
        {"start_date": "2026-11-16T04:00:00"},
        {"start_date": "0001-01-01T00:00:00Z", "end_date": "9999-12-31T00:00:00Z"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"},
        {"start_date": "2026-11-02T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"},
        {"page": "0"},
        {"page_size": "1001"},
    ):
        assert (await at.http.get(f"{ROOT}/requests.json", params=wrong)).status_code == 400, wrong


async def test_each_change_of_state_is_news_once(at: Desk) -> None:
    one = await filed(at, await number_of(at))
    await at.file("别人的", category="SZ-LD")
    events = (
        ticket(one, "dispatched", 2, status="dispatched"),
        ticket(one, "urged", 3, status="dispatched"),
        ticket(one, "accepted", 4, status="accepted"),
    )
    await at.hear(*events)
    await at.hear(*events)
    await at.hear(ticket(one, "urged", 5, status="accepted"))
    await at.move_clock(MONDAY + timedelta(hours=2))
    await at.hear(ticket(one, "closed", 6, status="closed"))
    news = await ask(at, "servicerequestupdates.json", api_key=CITY)
    assert [(n["status"], n["external_status_code"]) for n in news] == [
        ("open", "dispatched"), ("open", "accepted"), ("closed", "closed"),
    ]  # fmt: skip
    assert news[2]["description"] == "本件已结案。"
    assert news[2]["updated_datetime"] == "2026-11-16T12:00:00+08:00"
    assert len({n["update_id"] for n in news}) == 3
    since = {"api_key": CITY, "start_date": "2026-11-16T11:00:00+08:00"}
    told = await ask(at, "servicerequestupdates.xml", **since)
    assert told["service_request_updates"]["request_update"]["service_request_id"] == one["number"]
    assert await ask(at, "servicerequestupdates.json", api_key=OTHER) == []
    assert len(await ask(at, "servicerequestupdates.json", api_key=READER)) == 3
    assert (await at.http.get(f"{ROOT}/servicerequestupdates.json")).status_code == 403


async def test_who_was_merged_hears_what_becomes_of_the_work(at: Desk) -> None:
    one = await filed(at, await number_of(at))
    lead = await at.file("同一处垃圾")
    await at.hear(ticket(lead, "dispatched", 2, status="dispatched"))
    await at.hear(ticket(one, "merged", 2, status="merged", into=lead["number"]))
    await at.hear(ticket(lead, "closed", 3, status="closed"))
    news = await ask(at, "servicerequestupdates.json", api_key=CITY)
    assert [n["external_status_code"] for n in news] == ["merged", "closed"]
    assert {n["service_request_id"] for n in news} == {one["number"]}
    (told,) = await ask(at, f"requests/{one['number']}.json", api_key=CITY)
    assert told["status"] == "closed"


async def test_a_later_word_reaches_the_holder_once_and_masked(at: Desk) -> None:
    number = await number_of(at)
    answer = await update(at, number, status="FIXED")
    assert answer.json() == [{"update_id": "u1", "service_request_id": number}]
    assert (await update(at, number, status="FIXED")).json() == answer.json()
    (said,) = await at.said("complaint.supplemented")
    assert said["reason"] == "现在更臭了，[姓名]也这么说\n（来文系统标注状态：fixed）"
    assert (await update(at, number, update_id="u1")).status_code == 400
    (told,) = await ask(at, f"requests/{number}.json", api_key=CITY)
    assert told["status"] == "open"


async def test_a_closed_matter_is_reopened_by_an_open_status_alone(at: Desk) -> None:
    number = await number_of(at)
    await at.hear(ticket(await filed(at, number), "closed", 2, status="closed"))
    refused = await update(at, number, status="CLOSED")
    assert refused.status_code == 400
    assert "status=open" in refused.json()[0]["description"]
    assert (await update(at, number)).status_code == 200
    assert len(await at.said("complaint.reopened")) == 1
    assert not await at.said("complaint.supplemented")


async def test_what_cannot_be_reopened_is_filed_anew_and_linked(at: Desk) -> None:
    number = await number_of(at)
    await at.hear(ticket(await filed(at, number), "closed", 2, status="closed"))
    await at.move_clock(MONDAY + timedelta(days=30))
    anew = (await update(at, number)).json()[0]["service_request_id"]
    assert anew != number
    assert (await update(at, number)).json()[0]["service_request_id"] == anew
    (told,) = await ask(at, f"requests/{anew}.json", api_key=CITY)
    assert told["service_code"] == "LJ-DF"


async def test_later_words_need_the_right_and_the_matter(at: Desk) -> None:
    number = await number_of(at)
    assert (await update(at, number, api_key=READER)).status_code == 403
    assert (await update(at, number, api_key=OTHER)).status_code == 404
    assert (await update(at, number, status="whatever")).status_code == 400
    assert (await update(at, number, update_id="")).status_code == 400
    assert (await update(at, "261116000000")).status_code == 404
    assert not await at.said("complaint.supplemented")


async def test_markup_is_text_in_both_formats(at: Desk) -> None:
    words = '<script>alert("&")</script>\ufffe 路灯]]>'
    number = await number_of(at, description=words, address_string=f"{small.EAST} <b>")
    (told,) = await ask(at, f"requests/{number}.json", api_key=CITY)
    assert told["description"] == words
    xml = (await ask(at, f"requests/{number}.xml", api_key=CITY))["service_requests"]["request"]
    assert xml["description"] == words.replace("\ufffe", "\ufffd")
    assert xml["address"] == f"{small.EAST} <b>"


@asynccontextmanager
async def listening(app: Edge) -> AsyncIterator[str]:
    """The same application behind a socket, for clients that bring their own HTTP."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
        serving = asyncio.create_task(server.serve([door]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{door.getsockname()[1]}{ROOT}"
        server.should_exit = True
        await serving


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_a_client_others_wrote_reads_what_was_filed(at: Desk, form: str) -> None:
    one, two = await number_of(at), await number_of(at, description="又一处")
    async with listening(at.app) as root:
        client = GeoReport(root, jurisdiction="jinan.example", output_format=form)
        services = await asyncio.to_thread(client.get_service_list)
        assert {s["service_code"] for s in services} == {"LJ-DF", "QT", "SZ-LD", "WY-DT"}
        defined = await asyncio.to_thread(client.get_service_definition, "LJ-DF")
        assert defined["service_code"] == "LJ-DF"
        told = await asyncio.to_thread(client.get_service_requests, status="open")
        assert [t["service_request_id"] for t in told] == [two, one]
        single = await asyncio.to_thread(client.get_service_request, one)
        assert (single["service_request_id"], single["status"]) == (one, "open")
        with pytest.raises(requests.HTTPError, match="404"):
            await asyncio.to_thread(client.get_service_request, "261116000000")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("requests.json?service_request_id=%00", 400),
        ("requests.json?service_code=%00", 400),
        ("requests/%00.json", 404),
        ("requests/%F0%9F%98%80.json", 404),
        ("requests.json?service_request_id=nonsense", 200),
    ],
)
async def test_what_cannot_be_a_number_or_code_never_reaches_the_database(
    at: Desk, path: str, status: int
) -> None:
    assert (await at.http.get(f"{ROOT}/{path}")).status_code == status
