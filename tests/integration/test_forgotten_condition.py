"""With every check in the code left out, the database still shows nobody another unit's ticket (D.7 #16)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from kit.attachments.storage import FolderStorage
from kit.db import Pool
from services.router import issue_desk, queries, whistle_pages
from services.router.ticket import store_lists
from services.router.ticket.seeing import Actor
from services.router.whistle import store_whistles
from services.router.whistle.whistle import Whistle
from tests.support import small
from tests.support.desk import GARBAGE, Desk, opened
from tests.support.pictures import photo
from tests.support.servers import Database

HOLDER: Final = "unit:GT-1"
STRANGERS: Final = ("unit:GT-2", "unit:SZ", "unit:DW-1", "secretary:SQ-2", "unit:NOBODY")
TIED: Final = "unit:WY-1"
"""Of the party complained about, which the matter would concern otherwise."""
WHISTLE: Final[dict[str, Any]] = {
    "kind": "key_task", "area": small.GARDEN, "units": [{"unit": "WY-1"}], "reason": "several_units",
    "text": "几家一起来看",
}  # fmt: skip


@pytest.fixture
async def desk(router_pool: Pool, database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(router_pool, database.dsn(), storage=FolderStorage(tmp_path)) as found:
        yield found


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code as if every condition about who asks had been forgotten."""
    tickets, whistles = store_lists.page, store_whistles.page

    async def all_tickets(conn: Any, _units: Any, *filters: Any) -> Any:
        return await tickets(conn, None, *filters[:-1], [])

    async def all_whistles(conn: Any, *filters: Any) -> Any:
        return await whistles(conn, *filters[:-3], None, [], filters[-1])

    monkeypatch.setattr(store_lists, "page", all_tickets)
    monkeypatch.setattr(store_whistles, "page", all_whistles)
    monkeypatch.setattr(queries, "_sees", lambda *_: True)
    monkeypatch.setattr(Actor, "sees", lambda *_: True)
    monkeypatch.setattr(Actor, "may", lambda *_: True)
    monkeypatch.setattr(Whistle, "known_to", lambda *_: True)
    monkeypatch.setattr(whistle_pages, "_knows", lambda *_: True)
    monkeypatch.setattr(issue_desk, "_units", lambda *_: None)


async def _matter(desk: Desk, **more: Any) -> dict[str, str]:
    """A ticket of the grid team with proof, in an issue, and a whistle of the community's own."""
    ticket_id = await desk.file(**GARBAGE, **more)
    number = (await desk.ticket(ticket_id))["number"]
    await desk.did(ticket_id, "accept", who=HOLDER)
    uploaded = await desk.http.post("/v1/attachments", content=photo(), headers=desk.token(HOLDER))
    proof = uploaded.json()["attachment_id"]
    await desk.pool.execute(
        "update attachment set used_by = $1::text::uuid, used_at = now()", ticket_id
    )
    await desk.pool.execute(
        "insert into hot_issue (issue_id, level, area, tickets, heat, opened_at, last_at)"
        " values ($1::text::uuid, 'compound', $2, 1, 1, now(), now())",
        ticket_id,
        small.GARDEN,
    )
    await desk.pool.execute(
        "insert into hot_issue_member (ticket_id, issue_id, joined_at)"
        " values ($1::text::uuid, $1::text::uuid, now())",
        ticket_id,
    )
    blown = await desk.http.post("/v1/whistles", json=WHISTLE, headers=desk.token("secretary:SQ-1"))
    assert blown.status_code == 201, blown.text
    whistle = blown.json()["whistle_id"]
    return {"ticket": ticket_id, "number": number, "proof": proof, "whistle": whistle}


READS: Final = (
    "tickets/{ticket}", "tickets/{number}", "attachments/{proof}", "issues/{ticket}",
    "whistles/{whistle}",
)  # fmt: skip
LISTS: Final = (
    "tickets", "tickets?q={number}", "tickets?unit=GT-1", f"tickets?area={small.EAST}",
    "tickets?status=accepted", "issues", "whistles", "whistles?ticket={number}", "whistles?unit=WY-1",
)  # fmt: skip
ACTIONS: Final = ("contact", "handle", "return", "hold", "extend", "urge", "supervise", "assist")


@pytest.mark.usefixtures("careless")
async def test_d7_16_another_units_ticket_is_404_though_the_code_forgot_to_ask(desk: Desk) -> None:
    ids = await _matter(desk)
    for who in STRANGERS:
        headers = desk.token(who)
        for path in READS:
            answer = await desk.http.get(f"/v1/{path.format(**ids)}", headers=headers)
            assert answer.status_code == 404, (who, path, answer.text)
        for path in LISTS:
            answer = await desk.http.get(f"/v1/{path.format(**ids)}", headers=headers)
            assert answer.status_code == 200, (who, path, answer.text)
            assert answer.json()["items"] == [], (who, path)
        for action in ACTIONS:
            answer = await desk.act(ids["ticket"], action, who=who, data={"reason": "-"})
            assert answer.status_code == 404, (who, action, answer.text)
        for step in ("issue", "seen", "resolve"):
            answer = await desk.http.post(
                f"/v1/whistles/{ids['whistle']}/{step}", json={}, headers=headers
            )
            assert answer.status_code == 404, (who, step, answer.text)


@pytest.mark.usefixtures("careless")
async def test_d7_39_who_is_tied_to_the_accused_sees_nothing_though_the_code_forgot_to_ask(
    desk: Desk,
) -> None:
    ids = await _matter(desk, accused="WY-1")
    assert (await desk.get(f"tickets/{ids['ticket']}", who=HOLDER)).status_code == 200
    for who in (TIED, "secretary:SQ-1"):
        for path in READS[:4]:
            answer = await desk.http.get(f"/v1/{path.format(**ids)}", headers=desk.token(who))
            assert answer.status_code == 404, (who, path)
        assert (await desk.get("tickets", who=who)).json()["items"] == []


@pytest.mark.usefixtures("careless")
async def test_its_own_unit_and_the_leaders_above_see_it_all_the_same(desk: Desk) -> None:
    """The control: what is hidden from others is there."""
    ids = await _matter(desk)
    for who in (HOLDER, "secretary:SQ-1", "dispatcher"):
        for path in READS[:4]:
            answer = await desk.http.get(f"/v1/{path.format(**ids)}", headers=desk.token(who))
            assert answer.status_code == 200, (who, path, answer.text)
        for path in (*LISTS[:2], "issues"):
            answer = await desk.http.get(f"/v1/{path.format(**ids)}", headers=desk.token(who))
            assert len(answer.json()["items"]) == 1, (who, path)
