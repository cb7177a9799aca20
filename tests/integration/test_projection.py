"""What the console makes of events: rows on the screens of those who may see them, whatever came twice or late."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from kit.db import reading
from kit.ids import new_id
from services.console import hearing
from services.console.metrics import NOT_SHOWN
from tests.support import screens
from tests.support.heard import AREA
from tests.support.lives import Life
from tests.support.screens import Screens, clock, filed, item, rung, whistle
from tests.support.servers import Database

COMMUNITY, SUBDISTRICT = AREA[:12], AREA[:9]
EVERYWHERE = (
    "inbox.GT-001",
    "inbox.CG",
    f"area.{COMMUNITY}",
    f"wall.{SUBDISTRICT}",
    "queue.JD-WYS",
)
GRID_1, SECRETARY_1, SECRETARY_2, DIRECTOR = "P0039", "P0019", "P0023", "P0010"


@pytest.fixture
async def console(database: Database) -> AsyncIterator[Screens]:
    async with screens.screens(database) as running:
        yield running


async def test_whatever_the_order_and_however_often_the_rows_are_the_same(console: Screens) -> None:
    told = screens.full_life()
    await console.tell(*told)
    wanted = {name: await console.table(name) for name in screens.SHOWN}
    assert wanted["tally"]
    for seed in range(4):
        await console.empty()
        order = random.Random(seed).sample(told * 2, len(told) * 2)  # noqa: S311 - no secret
        for start in range(0, len(order), 5):
            await console.tell(*order[start : start + 5])
        found = {name: await console.table(name) for name in screens.SHOWN}
        assert _standing(found) == _standing(wanted)


async def test_a_unit_gets_its_ticket_with_words_and_loses_it(console: Screens) -> None:
    life = Life("261123000008").on("dispatched", 0, "GT-001", text="路灯不亮", assists=("SZ",))
    await console.tell(filed(life), *life.told, clock(life, "set", 0))
    row = (await console.inbox("GT-001", GRID_1))[str(life.ticket_id)]
    assert (row["status"], row["text"], row["assists"]) == ("dispatched", "路灯不亮", ["SZ"])
    assert row["due"]["kind"] == "result"
    since = (await console.get("inbox?unit=GT-001", GRID_1, "unit")).json()["seq"]
    life.on("reassigned", 1).on("dispatched", 1, "GT-003")
    await console.tell(*life.told[1:])
    assert await console.inbox("GT-001", GRID_1) == {}
    (frame,) = await console.frames("inbox.GT-001", since=since)
    assert [(one["kind"], one["id"], one["row"]) for one in frame["events"]] == [
        ("ticket", str(life.ticket_id), None)
    ]
    assert frame["events"][0]["said"] == ["ticket.reassigned", "ticket.dispatched"]


async def test_words_are_in_inboxes_alone(console: Screens) -> None:
    life = Life("261123000009").on("dispatched", 0, "GT-001", text="路灯不亮")
    await console.tell(filed(life), *life.told)
    frames = await console.frames("inbox.GT-001", f"area.{COMMUNITY}", f"wall.{SUBDISTRICT}")
    worded = {f["topic"] for f in frames if "路灯" in str(f)}
    assert {f["topic"] for f in frames} > worded == {"inbox.GT-001"}
    answer = await console.get(f"area?area={COMMUNITY}", "P8", "dispatcher")
    assert "路灯" not in answer.text
    assert answer.json()["rows"][0]["number"] == life.number


async def test_e23_who_is_tied_to_the_accused_does_not_know_that_there_is_a_ticket(
    console: Screens,
) -> None:
    """The grid team next door is complained about: the community right above both must not see it."""
    life = Life("261123000010").on("dispatched", 0, "GT-001", text="队员吃拿卡要")
    await console.tell(filed(life, accused="GT-002"), *life.told, rung(life, "raised", 1))
    assert str(life.ticket_id) in await console.inbox("GT-001", GRID_1)
    assert str(life.ticket_id) in await console.inbox("GT-001", DIRECTOR)
    assert await console.inbox("GT-001", SECRETARY_1) == {}
    for path in (f"area?area={COMMUNITY}", f"wall?area={COMMUNITY}"):
        answer = await console.get(path, SECRETARY_1, "secretary")
        assert answer.status_code == 200, answer.text
        assert answer.json()["rows"] == []
    wanted = ("inbox.GT-001", f"area.{COMMUNITY}", f"wall.{COMMUNITY}")
    told = await console.frames(*wanted)
    kept = await console.frames(*wanted, kin={"GT-002"})
    assert {one["topic"] for one in told} >= {f"{name}!GT-002" for name in wanted}
    assert {one["topic"] for one in kept} == {f"wall.{COMMUNITY}"}
    assert {e["kind"] for one in kept for e in one["events"]} <= {"counters", "area"}


async def test_e23_a_ticket_whose_complaint_was_not_heard_yet_is_shown_to_nobody(
    console: Screens,
) -> None:
    """Two durables, two paces: the ticket may come before the complaint that says whom it is about."""
    life = Life("261123000018").on("dispatched", 0, "GT-001", text="队员吃拿卡要")
    told = [*life.told, rung(life, "raised", 1), item(life, "queued", 1, "JD-WYS")]
    await console.tell(*told, whistle(life, "issued", 1, "issued", CG="pending"))
    assert await console.inbox("GT-001", SECRETARY_1) == {}
    assert {one["topic"] for one in await console.frames(*EVERYWHERE)} == {"wall.370105001"}
    await console.tell(filed(life, accused="GT-002"))
    assert await console.inbox("GT-001", SECRETARY_1) == {}
    assert str(life.ticket_id) in await console.inbox("GT-001", GRID_1)
    chains = {one["topic"] for one in await console.frames(*EVERYWHERE)}
    assert chains == {"wall.370105001"} | {f"{topic}!GT-002" for topic in EVERYWHERE}


async def test_e23_what_follows_a_ticket_about_somebody_keeps_both_from_them(
    console: Screens,
) -> None:
    first = Life("261123000011").on("dispatched", 0, "GT-001")
    second = Life("261123000012").on("dispatched", 0, "GT-001")
    await console.tell(filed(first), filed(second, accused="GT-002"), *first.told, *second.told)
    assert list(await console.inbox("GT-001", SECRETARY_1)) == [str(first.ticket_id)]
    second.on("merged", 1, into=first.number)
    await console.tell(*second.told[1:])
    assert await console.inbox("GT-001", SECRETARY_1) == {}
    second.on("unmerged", 2, into=first.number)
    await console.tell(*second.told[2:])
    assert list(await console.inbox("GT-001", SECRETARY_1)) == [str(first.ticket_id)]


async def test_called_departments_see_the_ticket_while_they_are_called(console: Screens) -> None:
    life = Life("261123000013").on("dispatched", 0, "SQ-001", text="占道")
    told = [filed(life), *life.told, whistle(life, "issued", 1, "issued", CG="pending")]
    await console.tell(*told)
    found = await console.frames("inbox.CG")
    rows = {e["kind"]: e["row"] for one in found for e in one["events"]}
    assert rows["ticket"]["calls"][0]["unit"] == "CG"
    assert rows["whistle"]["text"] == "请到场"
    await console.tell(whistle(life, "resolved", 2, "resolved", CG="done"))
    last = (await console.frames("inbox.CG", since=found[-1]["seq"]))[-1]
    assert {e["kind"]: e["row"] is None for e in last["events"]} == {
        "ticket": True,
        "whistle": False,
    }


async def test_what_is_said_while_nobody_turns_is_not_lost(console: Screens) -> None:
    life = Life("261123000017").on("dispatched", 0, "GT-001")
    async with reading(console.pool) as conn:
        assert await hearing.hear(conn, life.told)
        assert not await hearing.hear(conn, life.told)
    await console.project()
    assert len(await console.table("shown")) == 1


async def test_a_matter_that_cannot_be_shown_holds_no_other_up(console: Screens) -> None:
    late = datetime(9999, 12, 31, 23, tzinfo=UTC)
    broken, strange, good = (
        Life(f"2611230000{n}").on("dispatched", 0, "GT-001") for n in (30, 31, 32)
    )
    await console.tell(
        filed(broken, received_at=late), filed(strange, accused="no code!+ at all"), filed(good),
        *broken.told, *good.told,
        *Life(strange.number, "x y").on("dispatched", 0, "a b, inbox.GT-003").told,
    )  # fmt: skip
    assert list(await console.inbox("GT-001", GRID_1)) == [str(good.ticket_id)]
    assert all("!" not in one["topic"] for one in await console.frames(*EVERYWHERE))


async def test_what_two_matters_claim_is_shown_with_one_of_them_whichever_was_heard_first(
    console: Screens,
) -> None:
    """No service says so; a broken one may, and the whole console must not stand still for it."""
    first, second = (Life(f"2611230000{n}").on("dispatched", 0, "GT-001") for n in (33, 34))
    told = {
        life: [filed(life), *life.told, rung(life, "raised", 1, escalation_id="one-rung")]
        for life in (first, second)
    }
    assert first.ticket_id < second.ticket_id
    orders = (
        ([*told[first], *told[second]],),
        (told[first], told[second]),
        (told[second], told[first]),
    )
    for batches in orders:
        await console.empty()
        with capture_logs() as logs:
            for batch in batches:
                await console.tell(*batch)
        assert {one["event"] for one in logs if one["log_level"] == "error"} <= {
            "row_claimed_twice"
        }
        rungs = {
            row["id"]: row["ticket_id"]
            for row in await console.table("shown")
            if row["kind"] == "escalation"
        }
        assert rungs == {"one-rung": first.ticket_id}
        assert set(await console.inbox("GT-001", GRID_1)) == {
            str(first.ticket_id), str(second.ticket_id),
        }  # fmt: skip


async def test_what_the_projector_fails_at_is_passed_over_and_counted(console: Screens) -> None:
    before = NOT_SHOWN._value.get()
    broken = new_id()
    await console.pool.execute(
        "insert into told (ticket_id, facts) values ($1, $2)", broken, {"c": 5}
    )
    for _ in range(2):
        await console.pool.execute("insert into untold (ticket_id, said) values ($1, '{}')", broken)
    good = Life("261123000035").on("dispatched", 0, "GT-001")
    await console.tell(filed(good), *good.told)
    assert set(await console.inbox("GT-001", GRID_1)) == {str(good.ticket_id)}
    assert NOT_SHOWN._value.get() == before + 2
    assert await console.table("untold") == []


def _standing(tables: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    return tables | {"tally": [row for row in tables["tally"] if row["n"]]}
