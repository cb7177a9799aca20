"""Whistles over HTTP and as commands on a real PostgreSQL: who may, who sees, what is kept and said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from contracts.clock import ClockEvent, ClockKind, Trace
from contracts.directory import Unit, UnitKind
from kit.attachments.storage import FolderStorage
from kit.db import Pool, reading
from kit.errors import DomainError
from kit.ids import new_id
from services.router import consumers
from services.router.blowing import WhistleOffice
from tests.support import small
from tests.support.desk import GARBAGE, LAMP, Desk, opened
from tests.support.heard import received
from tests.support.pictures import photo
from tests.support.servers import Database

CALL: Final[dict[str, Any]] = {
    "kind": "resident_request", "units": ["SZ", {"unit": "WY-1", "required": False}],
    "reason": "several_units", "text": "几家一起来看，联系 13812345678", "place": "3号楼下",
}  # fmt: skip
ALARM: Final[dict[str, Any]] = {
    "kind": "emergency", "area": small.GARDEN, "units": ["SZ", "DW-1"], "reason": "danger",
    "text": "路面塌陷",
}  # fmt: skip


def tables() -> Any:
    """The small district with a department and an office of the next one."""
    found = small.tables()
    units = [
        Unit(code="QX-2", name="东区", kind=UnitKind.DISTRICT),
        Unit(code="SZ-2", name="东区市政", kind=UnitKind.DEPARTMENT, parent="QX-2"),
    ]
    posts = [small.post(f"{unit.code}-L", unit.code) for unit in units]
    more = [
        small.post("CLERK", "JD", role="member"),
        small.post("crew", "SZ", role="member"),
        small.post("HAND-L", "GT-1", role="member"),
        # Work in one unit, and in that of which a matter may be about.
        small.post("TWO-L", "SZ", role="member"),
        small.post("TWO-B", "WY-1", role="member", person="P-TWO-L"),
    ]
    return found | {
        "units": [*found["units"], *units],
        "posts": [*found["posts"], *posts, *more],
    }


@pytest.fixture
async def desk(router_pool: Pool, database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    storage = FolderStorage(tmp_path)
    async with opened(router_pool, database.dsn(), tables(), storage) as desk:
        yield desk


async def post(desk: Desk, path: str, who: str, **body: Any) -> httpx.Response:
    return await desk.http.post(f"/v1/whistles{path}", json=body, headers=desk.token(who))


async def blow(desk: Desk, who: str = "secretary:SQ-1", **body: Any) -> dict[str, Any]:
    answer = await post(desk, "", who, **body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(desk: Desk, one: str, action: str, who: str, **data: Any) -> dict[str, Any]:
    answer = await post(desk, f"/{one}/{action}", who, data=data)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def shown(desk: Desk, one: str, who: str = "admin") -> dict[str, Any]:
    answer = await desk.get(f"whistles/{one}", who=who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def whistles(desk: Desk) -> WhistleOffice:
    return WhistleOffice(desk.pool, desk.office.relay, desk.office.in_use, desk.office.people)


async def clock(  # noqa: PLR0913, PLR0917 - what a clock is told apart by
    desk: Desk, name: str, one: str, kind: ClockKind, unit: str, due_at: datetime
) -> None:
    """What the notifier says of a whistle's clock."""
    trace = Trace(
        start=small.MONDAY, limit="30m", profile="standard", urgency="emergency",
        calendar="standard", calendar_version=1,
    )  # fmt: skip
    at = due_at if name == "clock.breached" else small.MONDAY
    data = ClockEvent(
        clock_id=str(new_id()), ticket_id="", number="", round=1, kind=kind, unit=unit, area="",
        due_at=due_at, trace=trace, sentence="-", at=at, whistle_id=one,
    )  # fmt: skip
    async with reading(desk.pool) as conn:
        await consumers.on_clocks(conn, [received(name, data, at)])


async def upload(desk: Desk, who: str) -> str:
    answer = await desk.http.post("/v1/attachments", content=photo(), headers=desk.token(who))
    assert answer.status_code == 201, answer.text
    ident: str = answer.json()["attachment_id"]
    return ident


def states(whistle: dict[str, Any]) -> dict[str, str]:
    return {call["unit"]: call["state"] for call in whistle["units"]}


async def test_a_whistle_from_blowing_to_rating(desk: Desk) -> None:
    ticket = await desk.file(**GARBAGE)
    await desk.said()
    one = await blow(desk, ticket=ticket, **CALL)
    ident = one["whistle_id"]
    assert (one["status"], one["blower"], one["office"], one["area"]) == (
        "blown", "SQ-1", "JD", small.GARDEN_3,
    )  # fmt: skip
    assert one["text"] == "几家一起来看，联系 [电话]"
    assert (await desk.get(f"whistles/{ident}", who="unit:SZ")).status_code == 404
    issued = await step(desk, ident, "issue", "secretary:JD")
    assert (issued["status"], issued["signer"]) == ("issued", "P-JD-L")
    await step(desk, ident, "seen", "unit:SZ")
    came = await step(desk, ident, "check-in", "unit:SZ", person="P-crew")
    assert states(came) == {"SZ": "checked_in", "WY-1": "pending"}
    proof = [await upload(desk, "unit:SZ") for _ in range(2)]
    point = {"lon": 117.0, "lat": 36.7}
    await step(desk, ident, "arrive", "unit:SZ", point=point, proof=proof[:1])
    early = await post(desk, f"/{ident}/resolve", "unit:SQ-1", data={"result": "好了"})
    assert (early.status_code, early.json()["open"]) == (409, ["SZ"])
    await step(desk, ident, "done", "unit:SZ", result="修好了", proof=proof[1:])
    ended = await step(desk, ident, "resolve", "unit:SQ-1", result="居民满意")
    assert (ended["status"], ended["units"][0]["proof"]) == ("resolved", proof)
    shown_with = (await desk.ticket(ticket))["proofs"]
    assert [file["attachment_id"] for file in shown_with] == proof
    rated = await step(
        desk, ident, "rate", "unit:SQ-1", ratings=[{"unit": "SZ", "speed": 5, "result": 4}]
    )
    assert rated["status"] == "rated"
    said = [name for name, _ in await desk.said()]
    assert said == [
        "blown.SQ-1", "issued.SZ", "issued.WY-1", "seen.SZ", "checked_in.SZ", "arrived.SZ",
        "done.SZ", "resolved.SZ", "resolved.WY-1", "rated.SZ",
    ]  # fmt: skip
    due = small.MONDAY + timedelta(days=3)
    await clock(desk, "clock.breached", ident, ClockKind.RATING, "SQ-1", due)
    alone = await shown(desk, ident)
    assert alone["status"] == "closed"
    history = [(line["version"], line["event"], line["unit"]) for line in alone["history"]]
    assert [version for version, _, _ in history] == list(range(1, 12))
    assert history[-1] == (11, "closed", "SQ-1")
    assert await desk.said() == []
    own = await shown(desk, ident, "unit:SZ")
    other = await shown(desk, ident, "unit:WY-1")
    assert own["units"][0]["rating"]["speed"] == 5
    assert "rating" not in other["units"][0]
    assert "ratings" not in str(other["history"])
    assert [w["whistle_id"] for w in (await desk.ticket(ticket))["whistles"]] == [ident]


async def test_an_emergency_is_issued_at_once_and_may_do_without_a_ticket(desk: Desk) -> None:
    one = await blow(desk, "unit:GT-1", **ALARM)
    assert (one["status"], one["blower"], one["signer"]) == ("issued", "GT-1", None)
    said = await desk.said()
    assert [(name, data["version"], data["status"]) for name, data in said] == [
        ("blown.GT-1", 1, "blown"), ("issued.DW-1", 2, "issued"), ("issued.SZ", 3, "issued"),
    ]  # fmt: skip
    assert said[1][1]["text"] == "路面塌陷"


async def test_one_command_gets_one_answer_over_http_and_as_a_command(desk: Desk) -> None:
    body = {"command_id": "blow-1", **ALARM}
    first, second = await asyncio.gather(
        blow(desk, "unit:GT-1", **body), blow(desk, "unit:GT-1", **body)
    )
    assert first == second
    assert await desk.pool.fetchval("select count(*) from whistle") == 1
    other = await post(desk, "", "unit:GT-1", **{**body, "text": "别的事"})
    assert (other.status_code, other.json()["field"]) == (422, "command_id")
    ident = first["whistle_id"]
    came = {
        "command_id": "in-1", "actor": "P-SZ-L", "data": {"whistle": ident, "person": "P-crew"},
    }  # fmt: skip
    office = whistles(desk)
    replies = await asyncio.gather(
        *(office.answer("whistle-check-in", "SZ", came) for _ in range(3))
    )
    assert replies[0] == replies[1] == replies[2]
    http = await step(desk, ident, "check-in", "unit:DW-1", person="P-DW-1-L")
    assert http.keys() == replies[0].keys()
    with pytest.raises(DomainError) as nats:
        await office.answer("whistle-check-in", "SZ", came | {"command_id": "in-2"})
    over_http = await post(desk, f"/{ident}/check-in", "unit:SZ", data={"person": "P-crew"})
    assert over_http.json() == nats.value.problem()
    assert nats.value.extra["allowed"] == ["arrive", "excuse"]


async def test_departments_at_once_each_change_their_own_row(desk: Desk) -> None:
    one = await blow(desk, "unit:GT-1", **ALARM | {"units": ["SZ", "DW-1", "WY-1"]})
    ident = one["whistle_id"]
    await asyncio.gather(
        step(desk, ident, "check-in", "unit:SZ", person="P-crew"),
        step(desk, ident, "decline", "unit:DW-1", reason="不在辖区"),
        step(desk, ident, "seen", "unit:WY-1"),
    )
    alone = await shown(desk, ident)
    assert states(alone) == {"DW-1": "declined", "SZ": "checked_in", "WY-1": "seen"}
    assert [line["version"] for line in alone["history"]] == list(range(1, 8))
    let_go = await step(desk, ident, "cancel", "unit:GT-1", unit="DW-1", reason="同意")
    assert (states(let_go)["DW-1"], let_go["status"]) == ("excused", "issued")
    stale = await post(desk, f"/{ident}/cancel", "unit:GT-1", version=4, data={"reason": "误报"})
    assert (stale.status_code, stale.json()["version_now"]) == (409, 8)
    gone = await step(desk, ident, "cancel", "unit:GT-1", reason="误报")
    assert gone["status"] == "cancelled"


async def test_the_command_names_the_whistle_or_the_ticket_that_one_whistle_is_about(
    desk: Desk,
) -> None:
    ticket = await desk.file(**GARBAGE)
    office = whistles(desk)
    body: dict[str, Any] = {"command_id": "1", "ticket": ticket, "actor": "P-SZ-L", "data": {}}

    async def refused(action: str, unit: str = "SZ", **more: Any) -> int:
        with pytest.raises(DomainError) as error:
            await office.answer(action, unit, body | more)
        return int(error.value.kind)

    assert await refused("whistle-seen") == 404
    emergency: dict[str, Any] = {"kind": "emergency", "ticket": ticket, "units": ["SZ"], "reason": "danger",
                 "text": "险"}  # fmt: skip
    first = await blow(desk, **emergency)
    state = await office.answer("whistle-seen", "SZ", body)
    assert (state["whistle_id"], states(state)) == (first["whistle_id"], {"SZ": "seen"})
    await blow(desk, **emergency)
    assert await refused("whistle-check-in", command_id="2", data={"person": "P-crew"}) == 422
    assert await refused("whistle-seen", "SZ", actor="P-DW-1-L") == 422
    assert await refused("whistle-resolve", command_id="3") == 404
    assert await refused("whistle-seen", command_id="4", ticket=None) == 422
    foreign = body | {"actor": "P-DW-1-L", "data": {"whistle": first["whistle_id"]}}
    with pytest.raises(DomainError) as unseen:
        await office.answer("whistle-seen", "DW-1", foreign)
    assert unseen.value.kind == 404


async def test_who_is_not_concerned_knows_nothing_and_who_is_may_do_what_is_theirs(
    desk: Desk,
) -> None:
    ticket = await desk.file(**GARBAGE)
    one = await blow(desk, ticket=ticket, **CALL | {"units": ["SZ-2"]})
    ident = one["whistle_id"]
    who = ["unit:SQ-1", "unit:JD", "secretary:QX", "secretary:JD", "admin", "dispatcher", "auditor",
           "unit:SZ-2", "unit:SZ", "secretary:SQ-2", "unit:GT-2"]  # fmt: skip

    async def seeing() -> set[str]:
        return {w for w in who if (await desk.get(f"whistles/{ident}", who=w)).status_code == 200}

    sees = set(who[:7])
    assert await seeing() == sees
    for other in ("unit:SZ-2", "unit:SZ", "secretary:SQ-2"):
        assert (await post(desk, f"/{ident}/issue", other)).status_code == 404
        assert (await desk.get("whistles", who=other)).json()["items"] == []
    assert (await post(desk, f"/{ident}/issue", "secretary:SQ-1")).status_code == 403
    assert (await desk.get(f"tickets/{ticket}", who="unit:SZ-2")).status_code == 404
    await step(desk, ident, "issue", "unit:JD")
    assert await seeing() == sees | {"unit:SZ-2"}
    seen = await desk.ticket(ticket, who="unit:SZ-2")
    assert (seen["number"], len(seen["whistles"])) == (one["number"], 1)
    show = {"command_id": "s", "ticket": ticket, "actor": "P-SZ-2-L"}
    assert (await desk.office.answer("show", "SZ-2", show))["number"] == one["number"]
    assert (await desk.act(ticket, "accept", who="unit:SZ-2")).status_code == 404
    assert (
        await post(desk, f"/{ident}/resolve", "unit:SZ-2", data={"result": "x"})
    ).status_code == 403
    listed = (await desk.get("whistles", who="unit:SZ-2", ticket=ticket)).json()["items"]
    assert [item["whistle_id"] for item in listed] == [ident]
    await step(desk, ident, "cancel", "unit:SQ-1", reason="已解决")
    assert (await desk.get(f"tickets/{ticket}", who="unit:SZ-2")).status_code == 404
    assert (await desk.get(f"whistles/{ident}", who="unit:SZ-2")).status_code == 200


@pytest.mark.parametrize(
    ("who", "change", "status", "field"),
    [
        ("secretary:SQ-1", {"units": ["SX"]}, 422, "units.0.unit"),
        ("secretary:SQ-1", {"units": ["SZ", "SZ"]}, 422, "units.1.unit"),
        ("secretary:SQ-1", {"units": ["GT-1"]}, 422, "units.0.unit"),
        ("secretary:SQ-1", {"units": []}, 422, "units"),
        ("secretary:SQ-1", {"units": ["SZ"] * 21}, 422, "units"),
        ("secretary:SQ-1", {"ticket": None}, 422, "ticket"),
        ("secretary:SQ-1", {"area": small.WEST}, 422, "area"),
        ("secretary:SQ-1", {"meet_at": "2026-11-16T09:00:00+08:00"}, 422, "meet_at"),
        ("secretary:SQ-1", {"reason": "because"}, 422, "reason"),
        ("secretary:SQ-1", {"ticket": "261116999999"}, 404, None),
        ("secretary:SQ-2", {}, 404, None),
        ("secretary:JD", {}, 403, None),
        ("unit:SZ", {}, 403, None),
        ("dispatcher", {}, 403, None),
    ],
)  # fmt: skip
async def test_what_may_not_be_blown(
    desk: Desk, who: str, change: dict[str, Any], status: int, field: str | None
) -> None:
    ticket = await desk.file(**GARBAGE)
    body = {k: v for k, v in ({"ticket": ticket} | CALL | change).items() if v is not None}
    answer = await post(desk, "", who, **body)
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text
    if change.get("units") == ["SX"]:
        assert "SZ" in answer.json()["nearest"]
    assert await desk.pool.fetchval("select count(*) from whistle") == 0


async def test_the_party_complained_about_is_never_called(desk: Desk) -> None:
    ticket = await desk.file(**LAMP, accused="WY-1")
    merged = await desk.file(**LAMP, accused="DW-1")
    assert (await desk.merge(merged, ticket)).status_code == 200
    body = {"ticket": ticket, **CALL}
    for unit in ("WY-1", "DW-1"):
        answer = await post(desk, "", "secretary:JD", **body | {"units": [unit]})
        assert answer.status_code == 403
    await desk.pool.execute("update ticket set unit = 'GT-3' where number is not null")
    for unit in ("WY-1", "DW-1"):
        answer = await post(desk, "", "unit:GT-3", **body | {"units": [unit]})
        assert (answer.status_code, answer.json()["field"]) == (422, "units.0.unit"), answer.text
    await blow(desk, "unit:GT-3", **body | {"units": ["SZ"]})


async def test_a_whistle_for_a_ticket_that_is_over_is_refused(desk: Desk) -> None:
    ticket, other = await desk.file(**GARBAGE), await desk.file(**GARBAGE)
    assert (await desk.merge(ticket, other)).status_code == 200
    answer = await post(desk, "", "secretary:SQ-1", ticket=ticket, **CALL)
    assert (answer.status_code, answer.json()["title"]) == (409, "ticket-over")


async def test_who_did_not_come_in_time_is_marked_once_and_may_come_late(desk: Desk) -> None:
    one = await blow(desk, "unit:GT-1", **ALARM)
    ident = one["whistle_id"]
    due = small.MONDAY + timedelta(minutes=30)
    for unit in ("SZ", "DW-1"):
        await clock(desk, "clock.set", ident, ClockKind.CHECK_IN, unit, due)
    await step(desk, ident, "check-in", "unit:SZ", person="P-crew")
    await desk.said()
    await desk.at(1)
    for unit in ("SZ", "DW-1", "DW-1"):
        await clock(desk, "clock.breached", ident, ClockKind.CHECK_IN, unit, due)
    said = await desk.said()
    assert [(name, data["actor"]) for name, data in said] == [("no_show.DW-1", "system:router")]
    assert states(await shown(desk, ident)) == {"SZ": "checked_in", "DW-1": "no_show"}
    assert await desk.pool.fetchval("select count(*) from ticket_clock") == 0
    late = await step(desk, ident, "check-in", "unit:DW-1", person="P-DW-1-L")
    marks = {c["unit"]: (c["state"], c["late"], c["due_at"] is not None) for c in late["units"]}
    assert marks == {"SZ": ("checked_in", False, True), "DW-1": ("checked_in", True, True)}


async def test_refused_whistles_go_no_further(desk: Desk) -> None:
    ticket = await desk.file(**GARBAGE)
    one = await blow(desk, ticket=ticket, **CALL)
    ident = one["whistle_id"]
    wordless = await post(desk, f"/{ident}/refuse", "secretary:JD")
    assert (wordless.status_code, wordless.json()["field"]) == (422, "data.reason")
    refused = await step(desk, ident, "refuse", "secretary:JD", reason="社区能办")
    assert (refused["status"], refused["outcome"]) == ("refused", "社区能办")
    assert (await post(desk, f"/{ident}/issue", "secretary:JD")).status_code == 409
    assert (await post(desk, f"/{ident}/explode", "secretary:JD")).status_code == 404


async def test_figures_print_their_formulas_and_denominators(desk: Desk) -> None:
    for _ in range(4):
        await desk.file(**GARBAGE)
    due = small.MONDAY + timedelta(minutes=30)
    one, two = [(await blow(desk, "unit:GT-1", **ALARM))["whistle_id"] for _ in range(2)]
    for ident in (one, two):
        await clock(desk, "clock.set", ident, ClockKind.CHECK_IN, "SZ", due)
    await desk.at(1 / 6)
    await step(desk, one, "check-in", "unit:SZ", person="P-crew")
    await step(desk, one, "cancel", "unit:GT-1", unit="DW-1", reason="不用")
    await desk.at(1)
    await clock(desk, "clock.breached", two, ClockKind.CHECK_IN, "SZ", due)
    await step(desk, two, "check-in", "unit:SZ", person="P-crew")
    await desk.at(2)
    found = (await desk.get("whistles/figures", who="admin")).json()
    sz = next(item for item in found["items"] if item["key"] == "SZ")
    assert (sz["called"], sz["checked_in"], sz["in_time"], sz["rate"]) == (2, 2, 1, 0.5)
    assert (sz["no_shows"], sz["median_minutes"], sz["rating"]["n"]) == (1, 35.0, 0)
    dw = next(item for item in found["items"] if item["key"] == "DW-1")
    assert (dw["called"], dw["excused"], dw["rate"]) == (2, 1, 0.0)
    assert "÷" in found["formulas"]["rate"]
    places = (await desk.get("whistles/figures", who="secretary:JD", by="community")).json()
    (east,) = places["items"]
    assert (east["key"], east["whistles"], east["tickets"]) == (small.EAST, 2, 4)
    assert (east["per_1000_tickets"], east["target"]) == (500.0, None)
    elsewhere = await desk.get("whistles/figures", who="secretary:SQ-2", by="community")
    assert elsewhere.json()["items"] == []
    backwards = {"from": "2026-11-17T00:00:00Z", "to": "2026-11-16T00:00:00Z"}
    assert (await desk.get("whistles/figures", who="admin", **backwards)).status_code == 422
    assert (await desk.get("whistles/figures", who="unit:SZ")).status_code == 403


async def test_pages_of_whistles_meet_without_gap(desk: Desk) -> None:
    blown = [(await blow(desk, "unit:GT-1", **ALARM))["whistle_id"] for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 2, "unit": "SZ"} | ({"cursor": cursor} if cursor else {})
        page = (await desk.get("whistles", who="unit:SZ", **params)).json()
        seen += [item["whistle_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == blown[::-1]
    assert (await desk.get("whistles", who="admin", status="refused")).json()["items"] == []
    assert (await desk.get("whistles", who="admin", cursor="x")).status_code == 422


async def seen_by(desk: Desk, ident: str, *who: str) -> set[str]:
    """Of these who is shown a whistle alone; the list must say the same."""
    found = set()
    for one in who:
        alone = (await desk.get(f"whistles/{ident}", who=one)).status_code == 200
        listed = (await desk.get("whistles", who=one)).json()["items"]
        assert alone is (ident in [item["whistle_id"] for item in listed]), one
        found |= {one} if alone else set()
    return found


async def about(desk: Desk, accused: str) -> str:
    """A ticket of GT-1 into which one is merged that complains about a unit."""
    ticket, merged = await desk.file(**LAMP), await desk.file(**LAMP, accused=accused)
    assert (await desk.merge(merged, ticket)).status_code == 200
    await desk.pool.execute("update ticket set unit = 'GT-1' where number is not null")
    return ticket


async def test_no_office_signs_or_knows_a_whistle_about_those_it_is_tied_to(desk: Desk) -> None:
    one = await blow(desk, "unit:GT-1", ticket=await about(desk, "SQ-1"), **CALL)
    ident = one["whistle_id"]
    assert one["office"] == "QX"
    everybody = ("unit:GT-1", "unit:JD", "secretary:JD", "secretary:SQ-1", "secretary:QX", "admin")
    assert await seen_by(desk, ident, *everybody) == {"unit:GT-1", "secretary:QX", "admin"}
    refused = await post(desk, f"/{ident}/refuse", "secretary:JD", data={"reason": "不批"})
    assert refused.status_code == 404
    assert (await step(desk, ident, "issue", "secretary:QX"))["signer"] == "P-QX-L"
    stand_aside = await post(desk, "", "secretary:SQ-1", ticket=one["number"], **CALL)
    assert stand_aside.status_code == 404


async def test_where_every_office_is_tied_only_an_emergency_is_blown(desk: Desk) -> None:
    ticket = await about(desk, "JD")
    answer = await post(desk, "", "unit:GT-1", ticket=ticket, **CALL)
    assert (answer.status_code, answer.json()["title"]) == (409, "no-office")
    alarm = CALL | {"kind": "emergency"}
    one = await blow(desk, "unit:GT-1", ticket=ticket, **alarm)
    assert (one["status"], one["office"]) == ("issued", "GT-1")
    who = ("unit:GT-1", "unit:SZ", "unit:JD", "secretary:JD", "secretary:QX")
    assert await seen_by(desk, one["whistle_id"], *who) == {"unit:GT-1", "unit:SZ"}


async def test_who_has_a_post_with_the_accused_does_not_answer_for_another_unit(desk: Desk) -> None:
    alarm = CALL | {"kind": "emergency", "units": ["SZ"]}
    one = await blow(desk, "unit:GT-1", ticket=await about(desk, "WY-1"), **alarm)
    ident = one["whistle_id"]
    assert await seen_by(desk, ident, "unit:SZ", "unit:TWO", "secretary:JD") == {
        "unit:SZ", "secretary:JD",
    }  # fmt: skip
    assert (await post(desk, f"/{ident}/seen", "unit:TWO")).status_code == 404
    body = {"command_id": "1", "actor": "P-TWO-L", "data": {"whistle": ident}}
    with pytest.raises(DomainError) as hidden:
        await whistles(desk).answer("whistle-seen", "SZ", body)
    assert hidden.value.kind == 404
    assert states(await step(desk, ident, "seen", "unit:SZ")) == {"SZ": "seen"}


async def test_only_who_leads_the_unit_blows_and_ends_its_whistles(desk: Desk) -> None:
    assert (await post(desk, "", "unit:HAND", **ALARM)).status_code == 403
    one = (await blow(desk, "unit:GT-1", **ALARM))["whistle_id"]
    for action, data in (
        ("cancel", {"reason": "误报"}), ("cancel", {"unit": "SZ", "reason": "不用"}),
        ("resolve", {"result": "好了"}), ("rate", {}),
    ):  # fmt: skip
        answer = await post(desk, f"/{one}/{action}", "unit:HAND", data=data)
        assert (answer.status_code, answer.json()["title"]) == (403, "forbidden"), action
    assert (await shown(desk, one, "unit:HAND"))["status"] == "issued"


async def test_a_ticket_shows_the_whistles_its_reader_may_know_of(desk: Desk) -> None:
    ticket = await desk.file(**GARBAGE)
    first, second, third = [(await blow(desk, ticket=ticket, **CALL))["whistle_id"] for _ in "123"]
    await step(desk, first, "issue", "secretary:JD")
    await step(desk, second, "refuse", "secretary:JD", reason="不批")

    async def beside(who: str) -> list[str]:
        page = await desk.ticket(ticket, who=who)
        return [one["whistle_id"] for one in page["whistles"]]

    assert await beside("unit:SZ") == [first]
    assert await beside("dispatcher") == await beside("secretary:SQ-1") == [third, second, first]
    nothing: dict[str, Any] = {"items": [], "next": None}
    for named in (ticket, "261116999999", str(new_id()), "no-such"):
        answer = await desk.get("whistles", who="unit:GT-2", ticket=named)
        assert (answer.status_code, answer.json()) == (200, nothing), named


async def test_who_comes_is_of_the_unit_and_proof_is_claimed_with_the_step(desk: Desk) -> None:
    ticket = await desk.file(**GARBAGE)
    alarm = CALL | {"kind": "emergency", "units": ["SZ"]}
    ident = (await blow(desk, ticket=ticket, **alarm))["whistle_id"]
    for stranger in ("P-DW-1-L", "NOBODY"):
        answer = await post(desk, f"/{ident}/check-in", "unit:SZ", data={"person": stranger})
        assert (answer.status_code, answer.json()["field"]) == (422, "data.person")
    await step(desk, ident, "check-in", "unit:SZ", person="P-crew")
    others, own = await upload(desk, "unit:GT-1"), await upload(desk, "unit:SZ")
    for wrong in ("no-such-file", others):
        answer = await post(desk, f"/{ident}/arrive", "unit:SZ", data={"proof": [own, wrong]})
        assert (answer.status_code, answer.json()["field"]) == (422, "data.proof")
    assert states(await shown(desk, ident)) == {"SZ": "checked_in"}
    await step(desk, ident, "arrive", "unit:SZ", proof=[own])
    used = "select used_by::text from attachment where attachment_id = $1::text::uuid"
    assert [await desk.pool.fetchval(used, one) for one in (own, others)] == [ticket, None]


async def test_proof_of_a_whistle_without_a_ticket_is_seen_by_who_knows_of_it(desk: Desk) -> None:
    ident = (await blow(desk, "unit:GT-1", **ALARM))["whistle_id"]
    await step(desk, ident, "check-in", "unit:SZ", person="P-crew")
    own = await upload(desk, "unit:SZ")
    await step(desk, ident, "arrive", "unit:SZ", proof=[own])
    for who, status in (("unit:GT-1", 200), ("unit:DW-1", 200), ("unit:SZ-2", 404)):
        assert (await desk.get(f"attachments/{own}", who=who)).status_code == status, who


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"to": "0001-01-01T00:00:00Z"}, "to"),
        ({"from": "9999-12-30T00:00:00Z", "to": "9999-12-31T00:00:00Z"}, "from"),
    ],
)
async def test_figures_are_asked_for_in_years_that_can_be_counted(
    desk: Desk, asked: dict[str, str], field: str
) -> None:
    answer = await desk.get("whistles/figures", who="admin", **asked)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_letting_go_after_the_limit_changes_no_rate(desk: Desk) -> None:
    """One let go in time, one that had come, one past its limit, one marked as a no-show."""
    due = small.MONDAY + timedelta(minutes=30)
    alarm = ALARM | {"units": ["SZ"]}
    early, came, past, missed = [
        (await blow(desk, "unit:GT-1", **alarm))["whistle_id"] for _ in range(4)
    ]
    for ident in (early, came, past, missed):
        await clock(desk, "clock.set", ident, ClockKind.CHECK_IN, "SZ", due)
    await desk.at(1 / 6)
    let_go = {"unit": "SZ", "reason": "不用来了"}
    await step(desk, early, "cancel", "unit:GT-1", **let_go)
    await step(desk, came, "check-in", "unit:SZ", person="P-crew")
    await desk.at(1)
    await clock(desk, "clock.breached", missed, ClockKind.CHECK_IN, "SZ", due)
    for ident in (came, past, missed):
        await step(desk, ident, "cancel", "unit:GT-1", **let_go)
    found = (await desk.get("whistles/figures", who="admin")).json()
    (sz,) = found["items"]
    counts = {name: sz[name] for name in ("called", "excused", "late_excused", "in_time")}
    assert counts == {"called": 4, "excused": 4, "late_excused": 3, "in_time": 1}
    assert sz["rate"] == 0.3333
    assert "届满前获准不到" in found["formulas"]["rate"]
