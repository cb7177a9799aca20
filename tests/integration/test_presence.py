"""Who has a ticket open: told to colleagues who see it, to nobody else, and not for longer than it is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from kit.db import transaction
from kit.ids import new_id
from services.console.answers import PresenceView
from services.console.presence import store
from tests.support import screens
from tests.support.lives import Life
from tests.support.screens import Screens, filed, headers, whistle
from tests.support.servers import Database

GRID_1, SECRETARY_1, SECRETARY_2, DIRECTOR, OFFICER = "P0039", "P0019", "P0023", "P0010", "P8"
TEAM = "P0153"
Seen = list[dict[str, Any]]


@pytest.fixture
async def console(database: Database) -> AsyncIterator[Screens]:
    async with screens.screens(database) as running:
        await running.empty()
        await running.pool.execute("delete from presence")
        yield running


async def ticket(console: Screens, number: str, **filing: Any) -> Life:
    life = Life(number).on("dispatched", 0, "GT-001", text="路灯不亮")
    await console.tell(filed(life, **filing), *life.told)
    return life


async def ask(
    console: Screens, life: Life, person: str, role: str = "unit", **said: Any
) -> httpx.Response:
    return await console.http.post(
        f"/api/v1/tickets/{life.ticket_id}/presence",
        json={"tab": 0} | said,
        headers=headers(person, role),
    )


async def look(console: Screens, life: Life, person: str, role: str = "unit", **said: Any) -> Seen:
    """Have it open; who else has."""
    answer = (await ask(console, life, person, role, **said)).raise_for_status().json()
    PresenceView.model_validate(answer)
    people: Seen = answer["people"]
    return people


async def leave(console: Screens, life: Life, person: str, tab: int) -> httpx.Response:
    path = f"/api/v1/tickets/{life.ticket_id}/presence?tab={tab}"
    return await console.http.delete(path, headers=headers(person, "unit"))


async def later(console: Screens, seconds: float) -> None:
    """As if everything had been said so much earlier."""
    await console.pool.execute(
        "update presence set seen_at = seen_at - make_interval(secs => $1)", seconds
    )


async def test_two_people_learn_of_each_other_and_of_what_is_being_written(
    console: Screens,
) -> None:
    life = await ticket(console, "261123000040")
    assert await look(console, life, GRID_1) == []
    first = {"person": GRID_1, "unit": "GT-001", "role": None, "doing": None}
    assert await look(console, life, SECRETARY_1, "secretary") == [first]
    above = {"person": SECRETARY_1, "unit": "SQ-001", "role": None, "doing": None}
    assert await look(console, life, GRID_1, doing="handle") == [above]
    assert await look(console, life, SECRETARY_1, "secretary") == [first | {"doing": "handle"}]
    assert await look(console, life, GRID_1) == [above]
    assert await look(console, life, SECRETARY_1, "secretary") == [first]


async def test_any_replica_knows_what_another_was_told(
    console: Screens, database: Database
) -> None:
    life = await ticket(console, "261123000041")
    await look(console, life, GRID_1)
    async with screens.screens(database) as other:
        found = await look(other, life, OFFICER, "dispatcher")
        assert [one["person"] for one in found] == [GRID_1]
        [desk] = await look(console, life, GRID_1)
        assert (desk["unit"], desk["role"]) == (None, "dispatcher")


async def test_many_tabs_of_one_person_are_one_and_the_one_that_writes_counts(
    console: Screens,
) -> None:
    life = await ticket(console, "261123000042")
    for tab, doing in ((0, None), (1, "return"), (2, None)):
        assert await look(console, life, GRID_1, tab=tab, doing=doing) == []
    [one] = await look(console, life, OFFICER, "dispatcher")
    assert one["doing"] == "return"
    assert (await leave(console, life, GRID_1, 1)).status_code == 204
    [one] = await look(console, life, OFFICER, "dispatcher")
    assert one["doing"] is None
    for tab in (0, 2):
        await leave(console, life, GRID_1, tab)
    assert await look(console, life, OFFICER, "dispatcher") == []


async def test_whoever_says_nothing_any_more_is_forgotten_and_swept(console: Screens) -> None:
    life = await ticket(console, "261123000043")
    await look(console, life, GRID_1)
    await later(console, store.FORGOTTEN_S - 5)
    assert len(await look(console, life, OFFICER, "dispatcher")) == 1
    await later(console, 5)
    assert await look(console, life, OFFICER, "dispatcher") == []
    async with transaction(console.pool) as conn:
        await store.sweep(conn, 100)
    assert [row["person"] for row in await console.table("presence")] == [OFFICER]


async def test_who_may_not_see_a_ticket_neither_learns_nor_is_told_of(console: Screens) -> None:
    life = await ticket(console, "261123000044")
    await look(console, life, GRID_1)
    for person, role in ((SECRETARY_2, "secretary"), (OFFICER, "unit")):
        refused = await ask(console, life, person, role)
        assert refused.status_code == 404, refused.text
        assert GRID_1 not in refused.text
    nowhere = Life("261123000045")
    assert (await ask(console, nowhere, OFFICER, "dispatcher")).status_code == 404
    assert (await ask(console, life, OFFICER, "dashboard")).status_code == 403
    assert [row["person"] for row in await console.table("presence")] == [GRID_1]


async def test_e23_whoever_is_tied_to_the_accused_is_told_of_nobody(console: Screens) -> None:
    """The grid team next door is complained about: the community right above both must not know."""
    life = await ticket(console, "261123000046", accused="GT-002")
    assert await look(console, life, GRID_1) == []
    assert (await ask(console, life, SECRETARY_1, "secretary")).status_code == 404
    [one] = await look(console, life, DIRECTOR, "secretary")
    assert one["person"] == GRID_1
    assert [one["person"] for one in await look(console, life, GRID_1)] == [DIRECTOR]


async def test_e23_a_tie_that_is_heard_of_later_ends_it(console: Screens) -> None:
    life = await ticket(console, "261123000050")
    await look(console, life, GRID_1)
    assert len(await look(console, life, SECRETARY_1, "secretary")) == 1
    about = await ticket(console, "261123000051", accused="GT-002")
    await console.tell(*about.on("merged", 1, into=life.number).told[1:])
    assert (await ask(console, life, SECRETARY_1, "secretary")).status_code == 404


async def test_while_the_rows_are_made_anew_nobody_is_taken_for_a_stranger(
    console: Screens,
) -> None:
    life = await ticket(console, "261123000054")
    await console.pool.execute("update stream set rebuilding = 'rows'")
    try:
        assert (await ask(console, life, GRID_1)).status_code == 503
    finally:
        await console.pool.execute("update stream set rebuilding = ''")
    assert await look(console, life, GRID_1) == []


async def test_who_judges_how_others_work_looks_unseen_by_them(console: Screens) -> None:
    life = await ticket(console, "261123000047")
    for person, role in (("P5", "ruling"), ("P6", "auditor")):
        await look(console, life, person, role)
    assert await look(console, life, GRID_1) == []
    assert await look(console, life, "P7", "operator") == [
        {"person": GRID_1, "unit": "GT-001", "role": None, "doing": None}
    ]
    found = await look(console, life, OFFICER, "dispatcher")
    assert {one["role"] or one["unit"] for one in found} == {
        "ruling", "auditor", "operator", "GT-001",
    }  # fmt: skip


async def test_a_called_department_is_there_while_it_is_called(console: Screens) -> None:
    life = await ticket(console, "261123000048")
    assert (await ask(console, life, TEAM)).status_code == 404
    await console.tell(whistle(life, "issued", 1, "issued", CG_ZF="pending"))
    await look(console, life, TEAM, doing="whistle")
    [one] = await look(console, life, GRID_1)
    assert (one["unit"], one["doing"]) == ("CG-ZF", "whistle")
    await console.tell(whistle(life, "resolved", 2, "resolved", CG_ZF="done"))
    assert (await ask(console, life, TEAM)).status_code == 404


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"doing": "nonsense"}, "doing"),
        ({"doing": "x" * 40}, "doing"),
        ({"tab": 16}, "tab"),
        ({"tab": -1}, "tab"),
        ({"who": "P1"}, "who"),
    ],
)
async def test_what_is_no_such_word_is_refused_by_its_field(
    console: Screens, said: dict[str, Any], field: str
) -> None:
    life = Life("261123000053")
    refused = await ask(console, life, OFFICER, "dispatcher", **said)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


async def test_leaving_what_is_not_there_tells_nothing(console: Screens) -> None:
    path = f"/api/v1/tickets/{new_id()}/presence?tab=0"
    answer = await console.http.delete(path, headers=headers(SECRETARY_2, "secretary"))
    assert answer.status_code == 204
