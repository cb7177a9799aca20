"""Snapshots of the console: what each view shows, to whom, and in which shape."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from services.console.answers import QueueView, StatusView, TicketsView, WallView
from tests.support import screens
from tests.support.heard import AREA
from tests.support.lives import Life
from tests.support.screens import Screens, clock, filed, item, rung
from tests.support.servers import Database

COMMUNITY, SUBDISTRICT = AREA[:12], AREA[:9]
GRID_1, SECRETARY_1, SECRETARY_2, DIRECTOR = "P0039", "P0019", "P0023", "P0010"


@pytest.fixture
async def console(database: Database) -> AsyncIterator[Screens]:
    async with screens.screens(database) as running:
        yield running


async def test_desk_callbacks_queue_and_wall(console: Screens) -> None:
    waiting = Life("261123000014").on("triaged", 0, "DESK")
    asked = Life("261123000015").worked("GT-001")
    tabled = Life("261123000016").on("dispatched", 0, "GT-001")
    await console.tell(
        *(filed(life) for life in (waiting, asked, tabled)),
        *waiting.told, *asked.told, *tabled.told, item(tabled, "queued", 1, "JD-WYS"),
        rung(tabled, "raised", 1), clock(tabled, "breached", 1),
    )  # fmt: skip
    rows = {
        path: (await console.get(path, person, role)).raise_for_status().json()["rows"]
        for path, person, role in (
            ("desk", "P8", "dispatcher"),
            ("callbacks", "P8", "operator"),
            ("queue?org=JD-WYS", DIRECTOR, "secretary"),
        )
    }
    assert [r["number"] for r in rows["desk"]] == [waiting.number]
    assert [r["number"] for r in rows["callbacks"]] == [asked.number]
    assert [(r["number"], r["score"]) for r in rows["queue?org=JD-WYS"]] == [(tabled.number, 30)]
    wall = (await console.get(f"wall?area={SUBDISTRICT}", "P8", "dashboard")).json()
    assert [r["number"] for r in wall["rows"]] == [tabled.number]
    assert wall["counters"]["open"] == 3
    assert wall["counters"]["overdue"] == 1
    assert wall["counters"]["status"] == {"callback": 1, "dispatched": 1, "triage": 1}
    assert wall["areas"][AREA] == {"open": 3, "overdue": 1, "near_due": 0, "queue": 1}
    asked.call(6, "solved").on("closed", 6)
    await console.tell(*asked.told, *asked.called)
    wall = (await console.get(f"wall?area={SUBDISTRICT}", "P8", "dashboard")).json()
    assert wall["counters"]["open"] == 2


@pytest.mark.parametrize(
    ("path", "person", "role"),
    [
        ("inbox?unit=GT-003", GRID_1, "unit"),
        ("inbox?unit=GT-001", "P8", "dashboard"),
        ("area?area=370105", SECRETARY_1, "secretary"),
        (f"area?area={COMMUNITY}", SECRETARY_2, "secretary"),
        (f"wall?area={COMMUNITY}", SECRETARY_2, "secretary"),
        ("queue?org=JD-WYS", SECRETARY_1, "secretary"),
        ("queue?org=SQ-001", SECRETARY_1, "unit"),
        ("desk", SECRETARY_1, "secretary"),
        ("callbacks", SECRETARY_1, "secretary"),
        ("stream?topics=status", SECRETARY_1, "secretary"),
        ("stream?topics=inbox.GT-001,inbox.GT-003", GRID_1, "unit"),
        ("stream?topics=inbox.GT-001.GT-003", GRID_1, "unit"),
        ("stream?topics=nonsense", "P8", "admin"),
    ],
)
async def test_what_is_somebody_elses_is_refused(
    console: Screens, path: str, person: str, role: str
) -> None:
    answer = await console.get(path, person, role)
    assert answer.status_code == 403, answer.text


async def test_views_answer_as_the_document_says(console: Screens) -> None:
    """The front end's types are made of it: no field more, none less, in a life with everything."""
    told = screens.full_life()
    for now in (told[:-6], told):
        await console.tell(*now)
        for path, model, person, role in (
            ("inbox?unit=GT-003", TicketsView, DIRECTOR, "secretary"),
            (f"area?area={COMMUNITY}", TicketsView, "P8", "dispatcher"),
            ("queue?org=JD-WYS", QueueView, DIRECTOR, "secretary"),
            (f"wall?area={SUBDISTRICT}", WallView, "P8", "dashboard"),
            ("status", StatusView, "P8", "admin"),
        ):
            answer = (await console.get(path, person, role)).raise_for_status().json()
            assert _fields(_read(model, answer)) == _fields(answer), path


def _read(model: type[BaseModel], answer: Any) -> Any:
    return model.model_validate(answer).model_dump(mode="json", exclude_unset=True)


def _fields(value: Any) -> Any:
    """Names of fields, however deep."""
    if isinstance(value, dict):
        return {name: _fields(one) for name, one in value.items()}
    return [_fields(one) for one in value] if isinstance(value, list) else None
