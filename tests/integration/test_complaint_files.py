"""Residents' files at intake, on a real PostgreSQL: who may upload, use and see them, and what goes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from contracts.complaint import Channel, Kind
from contracts.ticket import TicketDispatched, TicketEvent, TicketMerged, TicketStatus
from kit.attachments import shelf, sweeping
from kit.attachments.storage import FolderStorage, key_of, open_storage
from kit.auth import ROLES
from kit.db import transaction
from kit.ids import new_id
from services.intake import actions
from tests.support.bucket import bucket
from tests.support.heard import received
from tests.support.intake import Desk, desk, signed_in
from tests.support.pictures import LAT, LON, TAKEN, photo, pixels
from tests.support.servers import Database
from tests.support.world import MONDAY

OPERATOR: Final = signed_in("operator")
TEXT: Final = "垃圾没人清"


@pytest.fixture
async def at(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk on an ordinary Monday morning that keeps files in a folder."""
    async with desk(database, FolderStorage(tmp_path / "files")) as here:
        await here.move_clock(MONDAY)
        yield here


async def upload(at: Desk, body: bytes = b"", who: dict[str, str] = OPERATOR) -> Any:
    answer = await at.http.post("/v1/attachments", content=body or photo(), headers=who)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def get(at: Desk, ident: str, who: dict[str, str] = OPERATOR) -> httpx.Response:
    return await at.http.get(f"/v1/attachments/{ident}", headers=who)


async def file(at: Desk, *ids: str, key: str = "k1", **fields: Any) -> httpx.Response:
    body = {"channel": "web", "kind": "complaint", "text": TEXT, "attachments": ids} | fields
    return await at.http.post(
        "/v1/complaints", json=body, headers=OPERATOR | {"Idempotency-Key": key}
    )


async def filed(at: Desk, *ids: str, **fields: Any) -> dict[str, Any]:
    answer = await file(at, *ids, **fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def hear(at: Desk, complaint: dict[str, Any], *events: TicketEvent) -> None:
    """What the router said of a complaint's ticket, in the order in which it came."""
    messages = [received(f"ticket.{_name(event)}", event, MONDAY) for event in events]
    async with transaction(at.pool) as conn:
        await actions.project_tickets(conn, messages)
    assert complaint["complaint_id"]


def _name(event: TicketEvent) -> str:
    if isinstance(event, TicketMerged):
        return "merged" if event.status is TicketStatus.MERGED else "unmerged"
    return "dispatched" if isinstance(event, TicketDispatched) else "contacted"


def said(complaint: dict[str, Any], version: int, holder: str, **more: Any) -> dict[str, Any]:
    return {
        "ticket_id": complaint["complaint_id"], "number": complaint["number"], "round": 1,
        "complaint_id": complaint["complaint_id"], "version": version, "unit": holder,
        "holder": holder, "area": "", "urgency": "normal", "rule_version": 1,
        "status": TicketStatus.DISPATCHED, **more,
    }  # fmt: skip


def dispatched(
    complaint: dict[str, Any], version: int, holder: str, *assists: str
) -> TicketDispatched:
    return TicketDispatched(
        **said(complaint, version, holder), channel=Channel.WEB, kind=Kind.COMPLAINT,
        assists=assists, profile="standard", received_at=MONDAY, dispatched_at=MONDAY,
    )  # fmt: skip


def leader(unit: str, role: str = "unit") -> dict[str, str]:
    return signed_in(role, f"P-{unit}-L")


async def test_an_upload_says_what_it_is_and_only_its_uploader_sees_it(at: Desk) -> None:
    given = photo()
    taken = await upload(at, given)
    assert taken["content_type"] == "image/jpeg"
    assert (taken["width"], taken["height"]) == (48, 64)
    answer = await get(at, taken["attachment_id"])
    assert answer.status_code == 200
    assert len(answer.content) == taken["size"] < len(given)
    assert pixels(answer.content) == pixels(given)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"]
    name = f'attachment; filename="{taken["attachment_id"]}.jpg"'
    assert answer.headers["content-disposition"] == name
    for other in (signed_in("operator", "P-other"), signed_in("admin"), leader("GT-1")):
        assert (await get(at, taken["attachment_id"], other)).status_code == 404
    rows = await at.rows("select actor, detail from audit where action = 'attachment.upload'")
    assert [row["actor"] for row in rows] == ["P-operator"]


async def test_the_same_bytes_twice_are_two_files(at: Desk) -> None:
    one, other = await upload(at), await upload(at)
    assert one["sha256"] == other["sha256"]
    assert one["attachment_id"] != other["attachment_id"]


async def test_a_complaint_carries_its_files_in_the_event_and_when_it_is_read(at: Desk) -> None:
    ids = [(await upload(at))["attachment_id"] for _ in range(2)]
    complaint = await filed(at, *ids, ids[0])
    (row,) = await at.rows(
        "select convert_from(body, 'utf8')::jsonb -> 'data' -> 'attachments' a from outbox"
    )
    assert [one in row["a"] for one in ids] == [True, True]
    assert row["a"].count(ids[0]) == 1
    path = f"/v1/complaints/{complaint['number']}"
    shown = (await at.http.get(path, headers=OPERATOR)).json()["attachments"]
    assert [one["attachment_id"] for one in shown] == ids
    assert shown[0]["point"] == {"lon": LON, "lat": LAT}
    assert shown[0]["taken_at"] == TAKEN.replace("T09", "T01").replace("+08", "+00")
    shown = (await at.http.get(path, headers=signed_in("auditor"))).json()["attachments"]
    assert "point" not in shown[0]
    assert "taken_at" not in shown[0]
    events = await at.rows("select body from outbox")
    assert b"117.0003" not in events[0]["body"]


async def test_the_same_key_gets_the_same_answer_and_another_complaint_gets_no_used_file(
    at: Desk,
) -> None:
    ident = (await upload(at))["attachment_id"]
    complaint = await filed(at, ident)
    again = await file(at, ident)
    assert (again.status_code, again.json()["number"]) == (200, complaint["number"])
    other = await file(at, ident, key="k2")
    assert other.status_code == 422
    assert ident in other.json()["detail"]
    assert len(await at.rows("select 1 from complaint")) == 1


async def test_nothing_is_filed_with_a_file_that_is_not_the_filers_and_the_key_stays_free(
    at: Desk,
) -> None:
    mine = (await upload(at))["attachment_id"]
    foreign = (await upload(at, who=signed_in("admin")))["attachment_id"]
    for wrong in (foreign, str(new_id()), "no-id"):
        answer = await file(at, mine, wrong)
        assert answer.status_code == 422
        assert answer.json()["field"] == "attachments"
        assert answer.json()["attachment_id"] == wrong
        english = await at.http.post(
            "/v1/complaints",
            json={"channel": "web", "kind": "complaint", "text": TEXT, "attachments": [wrong]},
            headers=OPERATOR | {"Idempotency-Key": "k1", "Accept-Language": "en"},
        )
        assert "upload it again" in english.json()["detail"]
    for table in ("complaint", "idempotency", "outbox", "outbox_pending"):
        assert not await at.rows(f"select 1 from {table}")  # noqa: S608 - names of this test
    assert (await file(at, mine)).status_code == 201


async def test_one_file_of_two_complaints_at_once_becomes_one_of_them(at: Desk) -> None:
    ident = (await upload(at))["attachment_id"]
    answers = await asyncio.gather(*(file(at, ident, key=f"k{n}") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 7]


async def test_at_most_twenty_files(at: Desk) -> None:
    answer = await file(at, *(str(new_id()) for _ in range(21)))
    assert answer.status_code == 422
    assert answer.json()["field"] == "attachments"


async def test_whoever_works_on_the_ticket_sees_its_files_and_nobody_else(at: Desk) -> None:
    ident = (await upload(at))["attachment_id"]
    complaint = await filed(at, ident)

    async def seen() -> set[str]:
        units = ("GT-1", "GT-2", "SQ-1", "SZ", "DESK", "JD")
        people = {unit: leader(unit) for unit in units}
        people |= {
            f"{unit} secretary": leader(unit, "secretary") for unit in ("SQ-1", "SQ-2", "QX")
        }
        people |= {role: signed_in(role) for role in ROLES}
        codes = {name: (await get(at, ident, who)).status_code for name, who in people.items()}
        assert set(codes.values()) <= {200, 403, 404}
        refused = {name for name, code in codes.items() if code == 403}
        assert refused == {"ruling", "auditor", "dashboard", "service"}
        return {name for name, code in codes.items() if code == 200}

    everybody = {"operator", "dispatcher", "admin"}
    assert await seen() == everybody, "no ticket is known yet"
    await hear(at, complaint, dispatched(complaint, 1, "GT-1", "SZ"))
    street = {"JD", "QX secretary"}
    east = {"GT-1", "SQ-1", "SQ-1 secretary"}
    assert await seen() == everybody | street | east | {"SZ"}
    later = TicketEvent(**said(complaint, 4, "GT-2"))
    await hear(at, complaint, later, dispatched(complaint, 3, "GT-2"))
    assert await seen() == everybody | street | {"GT-2", "SQ-2 secretary"}, (
        "of two events that come in the wrong order each says what it knows"
    )
    await hear(at, complaint, dispatched(complaint, 1, "GT-1", "SZ"))
    assert "SZ" not in await seen(), "an old event changes nothing"


async def test_who_works_on_the_ticket_it_was_merged_into_sees_its_files(at: Desk) -> None:
    ident = (await upload(at))["attachment_id"]
    one, other = await filed(at, ident), await filed(at, key="k2")
    await hear(at, one, dispatched(one, 1, "GT-1"))
    await hear(at, other, dispatched(other, 1, "SZ"))
    assert (await get(at, ident, leader("SZ"))).status_code == 404
    merged = said(one, 2, "GT-1") | {"status": TicketStatus.MERGED}
    await hear(at, one, TicketMerged(**merged, into=other["number"]))
    assert (await get(at, ident, leader("SZ"))).status_code == 200
    await hear(at, one, TicketMerged(**said(one, 3, "GT-1"), into=other["number"]))
    assert (await get(at, ident, leader("SZ"))).status_code == 404


async def test_the_party_complained_about_never_sees_what_the_resident_gave(at: Desk) -> None:
    ident = (await upload(at))["attachment_id"]
    complaint = await filed(at, ident, accused="SZ")
    await hear(at, complaint, dispatched(complaint, 1, "GT-1", "SZ"))
    assert (await get(at, ident, leader("GT-1"))).status_code == 200
    for tied in ("SZ", "QX"):
        for role in ("unit", "secretary"):
            assert (await get(at, ident, leader(tied, role))).status_code == 404
    assert (await get(at, ident, leader("JD"))).status_code == 200
    await hear(at, complaint, dispatched(complaint, 2, "SZ"))
    assert (await get(at, ident, leader("SZ"))).status_code == 404


async def test_what_nobody_used_goes_after_a_day_and_what_was_used_stays(
    at: Desk, tmp_path: Path
) -> None:
    used, unused = [(await upload(at))["attachment_id"] for _ in range(2)]
    await filed(at, used)
    await at.move_clock(MONDAY + timedelta(hours=23, minutes=59))
    assert await sweeping.forget_unused(at.shelf) == 0
    await at.move_clock(MONDAY + timedelta(hours=24, minutes=1))
    assert await sweeping.forget_unused(at.shelf) == 1
    assert (await get(at, unused)).status_code == 404
    assert (await get(at, used)).status_code == 200
    assert kept(tmp_path) == {UUID(used).hex}
    assert (await file(at, unused, key="k2")).status_code == 422


async def test_an_object_without_a_row_goes_once_it_is_an_hour_old(
    at: Desk, tmp_path: Path
) -> None:
    ident = UUID((await upload(at))["attachment_id"])
    lost = new_id()
    shard = int(key_of(lost)[:2], 16)
    half = tmp_path / "files" / key_of(lost)[:5] / f"{new_id().hex}.half"
    await at.shelf.storage.put(key_of(lost), b"x")
    write(half)
    assert await sweeping.remove_orphans(at.shelf, shard) == 0, "an upload may be about to end"
    for key in (key_of(lost), key_of(ident)):
        os.utime(tmp_path / "files" / key, (0, 0))
    os.utime(half, (0, 0))
    assert await sweeping.remove_orphans(at.shelf, shard) == 2
    assert await sweeping.remove_orphans(at.shelf, int(key_of(ident)[:2], 16)) == 0
    assert kept(tmp_path) == {ident.hex}


def write(path: Path) -> None:
    path.write_bytes(b"half")


def kept(folder: Path) -> set[str]:
    return {path.name for path in (folder / "files").rglob("*") if path.is_file()}


async def test_what_is_too_large_or_no_file_is_refused_and_nothing_is_kept(
    at: Desk, tmp_path: Path
) -> None:
    too_much = bytes(shelf.LIMIT + 1)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(too_much), 65_536):
            yield too_much[start : start + 65_536]

    for body in (too_much, pieces()):
        answer = await at.http.post("/v1/attachments", content=body, headers=OPERATOR)
        assert answer.status_code == 413
        assert "10 MiB" in answer.json()["detail"]
    dropped = pieces()
    declared = OPERATOR | {"Content-Length": str(len(too_much))}
    answer = await at.http.post("/v1/attachments", content=dropped, headers=declared)
    assert answer.status_code == 413
    assert not [piece async for piece in dropped], "a sender still sending would see a reset"
    named = {"Content-Type": "image/jpeg", "Content-Disposition": 'filename="a.jpg"'}
    for body in (b"<svg onload='alert(1)'/>", b"", photo()[:200]):
        answer = await at.http.post("/v1/attachments", content=body, headers=OPERATOR | named)
        assert answer.status_code == 422
    form = await at.http.post("/v1/attachments", files={"file": photo()}, headers=OPERATOR)
    assert form.status_code == 415
    assert kept(tmp_path) == set()
    assert not await at.rows("select 1 from attachment")


async def test_every_other_body_keeps_its_small_limit(at: Desk) -> None:
    headers = OPERATOR | {"Idempotency-Key": "k1"}
    answer = await at.http.post("/v1/complaints", content=bytes(300_000), headers=headers)
    assert answer.status_code == 413


async def test_uploads_at_once_are_few_for_everybody_and_fewer_for_one(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        await go.wait()
        yield photo()

    def begin(person: str) -> asyncio.Task[httpx.Response]:
        who = signed_in("operator", person)
        return asyncio.create_task(at.http.post("/v1/attachments", content=slow(), headers=who))

    waiting = [begin("P-1") for _ in range(3)]
    await asyncio.sleep(0.2)
    done = [task for task in waiting if task.done()]
    assert len(done) == 1
    assert done[0].result().status_code == 503
    assert int(done[0].result().headers["retry-after"]) > 0
    waiting += [begin(f"P-{n}") for n in range(2, 10)]
    await asyncio.sleep(0.2)
    assert [task.result().status_code for task in waiting if task.done()] == [503] * 3
    go.set()
    codes = sorted(answer.status_code for answer in await asyncio.gather(*waiting))
    assert codes == [201] * shelf.AT_ONCE + [503] * 3
    monkeypatch.setattr(shelf, "ARRIVES_WITHIN_S", 0.05)
    go.clear()
    answer = await begin("P-1")
    assert answer.json()["title"] == "upload-too-slow"
    assert (await upload(at, who=signed_in("operator", "P-1")))["size"]


async def test_nobody_fills_the_disk_with_what_he_does_not_use(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "MOST_UNUSED", 2)
    first = (await upload(at))["attachment_id"]
    await upload(at)
    answer = await at.http.post("/v1/attachments", content=photo(), headers=OPERATOR)
    assert (answer.status_code, answer.json()["title"]) == (429, "too-many-unused")
    await filed(at, first)
    await upload(at)


async def test_in_a_bucket_it_is_the_same_and_without_it_a_clear_answer(
    database: Database,
) -> None:
    async with bucket() as held, desk(database, open_storage(held.settings(), "intake")) as at:
        await at.move_clock(MONDAY)
        used, unused = [(await upload(at))["attachment_id"] for _ in range(2)]
        await filed(at, used)
        assert pixels((await get(at, used)).content) == pixels(photo())
        held.age(2)
        lost = new_id()
        held.objects[f"city/intake/{key_of(lost)}"] = held.objects[
            f"city/intake/{key_of(UUID(used))}"
        ]
        assert await sweeping.remove_orphans(at.shelf, int(key_of(lost)[:2], 16)) == 1
        await at.move_clock(MONDAY + timedelta(hours=25))
        assert await sweeping.forget_unused(at.shelf) == 1
        assert list(held.objects) == [f"city/intake/{key_of(UUID(used))}"]
        held.away = True
        for answer in (
            await get(at, used),
            await at.http.post("/v1/attachments", content=photo(), headers=OPERATOR),
        ):
            assert answer.status_code == 503
            assert "retry-after" in answer.headers
        assert unused
        assert len(await at.rows("select 1 from attachment")) == 1
