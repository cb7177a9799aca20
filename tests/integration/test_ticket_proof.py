"""Proof of handling at the router, on a real PostgreSQL: uploaded, claimed for one ticket, seen with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from kit.attachments import sweeping
from kit.attachments.storage import FolderStorage
from kit.auth import ROLES
from kit.db import Pool, transaction
from kit.errors import DomainError
from kit.ids import new_id
from services.router.ticket.store_proof import claim_proof
from tests.support import small
from tests.support.desk import GARBAGE, LAMP, LIFT, UNKNOWN, Desk, opened
from tests.support.pictures import LAT, LON, MAKER, document, photo
from tests.support.servers import Database

HOLDER: Final = "unit:GT-1"


@pytest.fixture
async def desk(router_pool: Pool, database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(router_pool, database.dsn(), storage=FolderStorage(tmp_path)) as found:
        yield found


async def upload(desk: Desk, who: str = HOLDER, body: bytes = b"") -> str:
    answer = await desk.http.post(
        "/v1/attachments", content=body or photo(), headers=desk.token(who)
    )
    assert answer.status_code == 201, answer.text
    ident: str = answer.json()["attachment_id"]
    return ident


async def get(desk: Desk, ident: str, who: str = HOLDER) -> httpx.Response:
    return await desk.get(f"attachments/{ident}", who=who)


async def claim(desk: Desk, ticket_id: str, *ids: str, unit: str = "GT-1") -> None:
    async with transaction(desk.pool) as conn:
        await claim_proof(conn, ids, UUID(ticket_id), desk.person(unit), small.MONDAY)


async def test_proof_is_shown_with_the_ticket_place_and_time_beside_it(desk: Desk) -> None:
    ticket_id, ident = await desk.file(**GARBAGE), await upload(desk)
    paper = await upload(desk, body=document())
    assert (await desk.ticket(ticket_id))["proofs"] == []
    await claim(desk, ticket_id, ident, paper)
    shown = await desk.ticket(ticket_id, who=HOLDER)
    first, second = shown["proofs"]
    assert (first["attachment_id"], first["content_type"]) == (ident, "image/jpeg")
    assert first["point"] == {"lon": LON, "lat": LAT}
    assert first["taken_at"].startswith("2026-03-02T01:00")
    assert second["content_type"] == "application/pdf"
    assert "point" not in second
    answer = await get(desk, ident)
    assert answer.status_code == 200
    assert MAKER.encode() not in answer.content
    assert len(answer.content) == first["size"]


async def test_proof_is_seen_by_whoever_may_see_the_ticket_and_before_by_its_uploader(
    desk: Desk,
) -> None:
    ticket_id, ident = await desk.file(**GARBAGE), await upload(desk)
    units = {f"unit:{unit}" for unit in ("GT-1", "GT-2", "SQ-1", "SQ-2", "SZ", "WY-1")}
    people = {*ROLES, *units, "secretary:JD", "secretary:SQ-2"} - {"unit", "secretary"}

    async def codes() -> dict[str, int]:
        return {who: (await get(desk, ident, who)).status_code for who in sorted(people)}

    before = await codes()
    assert {who for who, code in before.items() if code == 200} == {HOLDER}
    assert {who for who, code in before.items() if code == 403} == {"dashboard"}
    await claim(desk, ticket_id, ident)
    after = await codes()
    all_of_them = {"admin", "auditor", "dispatcher", "operator", "ruling", "service"}
    seeing = {who for who, code in after.items() if code == 200}
    assert seeing == all_of_them | {HOLDER, "unit:SQ-1", "secretary:JD"}
    tickets = {who: await desk.get(f"tickets/{ticket_id}", who=who) for who in people}
    assert {who for who, answer in tickets.items() if answer.status_code == 200} == seeing


async def test_who_works_on_the_ticket_it_was_merged_into_sees_its_proof(desk: Desk) -> None:
    one, into, ident = await desk.file(**GARBAGE), await desk.file(**LAMP), await upload(desk)
    await claim(desk, one, ident)
    assert (await get(desk, ident, "unit:SZ")).status_code == 404
    assert (await desk.merge(one, into)).status_code == 200
    assert (await get(desk, ident, "unit:SZ")).status_code == 200


async def test_what_cannot_be_proof_is_named_and_nothing_is_linked(desk: Desk) -> None:
    ticket_id, other = await desk.file(**GARBAGE), await desk.file(**LIFT)
    mine, used = await upload(desk), await upload(desk)
    foreign = await upload(desk, "unit:SZ")
    await claim(desk, other, used)
    for wrong in (foreign, used, str(new_id()), "../../etc/passwd"):
        with pytest.raises(DomainError) as refused:
            await claim(desk, ticket_id, mine, wrong, str(new_id()))
        assert refused.value.field == "data.proof"
        assert refused.value.extra["attachment_id"] == wrong
        assert wrong in refused.value.zh
    assert (await desk.ticket(ticket_id))["proofs"] == []
    await claim(desk, ticket_id, mine)
    await claim(desk, ticket_id, mine)
    assert len((await desk.ticket(ticket_id))["proofs"]) == 1, "named again for the same ticket"
    await claim(desk, ticket_id)


async def test_unused_proof_goes_after_a_day_and_no_later_ticket_gets_it(
    desk: Desk, tmp_path: Path
) -> None:
    ticket_id = await desk.file(**GARBAGE)
    used, unused = await upload(desk), await upload(desk)
    await claim(desk, ticket_id, used)
    await desk.at(25)
    assert await sweeping.forget_unused(desk.shelf) == 1
    assert kept(tmp_path) == {UUID(used).hex}
    with pytest.raises(DomainError):
        await claim(desk, ticket_id, unused)


def kept(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def test_a_ticket_names_the_files_the_resident_gave_in_every_list(desk: Desk) -> None:
    ids = (str(new_id()), str(new_id()))
    with_files: dict[str, Any] = GARBAGE | {"attachments": ids}
    ticket_id = await desk.file(**with_files)
    assert (await desk.ticket(ticket_id))["attachments"] == list(ids)
    for who in ("dispatcher", HOLDER):
        (item,) = (await desk.get("tickets", who=who)).json()["items"]
        assert item["attachments"] == list(ids)
    assert (await desk.ticket(await desk.file(**LIFT)))["attachments"] == []
    waiting: dict[str, Any] = UNKNOWN | {"attachments": ids}
    await desk.file(**waiting)
    assert [item["attachments"] for item in await desk.waiting()] == [list(ids)]


async def test_too_much_and_no_file_are_refused(desk: Desk) -> None:
    for body, code in ((bytes(10 * 1024 * 1024 + 1), 413), (b"<html>", 422)):
        answer = await desk.http.post("/v1/attachments", content=body, headers=desk.token(HOLDER))
        assert answer.status_code == code
