"""What becomes of identities on a real PostgreSQL: shown and traced, moved to another key, destroyed."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx
import pytest

from kit.attachments.storage import FolderStorage, key_of
from kit.db import Pool, create_pool
from services.intake.keeping import rotating
from services.intake.keeping.erasing import Eraser
from services.intake.keeping.retention import terms
from services.intake.keeping.vault_keys import KeyRefusedError, VaultKeys
from services.intake.vault import Vault
from tests.support.intake import Desk, desk, signed_in, ticket
from tests.support.pictures import photo
from tests.support.servers import PASSWORD, Database
from tests.support.world import MONDAY

PHONE: Final = "13800004321"
TEXT: Final = "我是王小明，楼上漏水很久了，电话13800004321，请尽快派人来看。"
WHO: Final = {"name": "王小明", "phone": PHONE}
WHY: Final = {"reason": "回访核实", "purpose": "call_back"}


@pytest.fixture
async def at(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(database, FolderStorage(tmp_path / "files")) as here:
        await here.move_clock(MONDAY)
        yield here


@pytest.fixture
async def vault_pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_vault"), PASSWORD, "vault", size=2)
    yield pool
    await pool.close()


def key(n: int) -> str:
    return base64.b64encode(bytes([n]) * 32).decode()


def keys(masters: str, phones: str | None = None) -> VaultKeys:
    return VaultKeys.parse(masters, phones or masters)


OLD: Final = base64.b64encode(b"0" * 32).decode()
"""The key of tests/support/intake.py."""
BOTH: Final = f"{OLD}\n2:{key(7)}"


async def reveal(at: Desk, filed: dict[str, Any], person: str | None = None) -> httpx.Response:
    return await at.post(f"{filed['number']}/reveal", WHY, person=person)


async def closed(at: Desk, filed: dict[str, Any], status: str = "closed") -> None:
    await at.hear(ticket(filed, "closed", 2, status=status, at=MONDAY))


async def shred(at: Desk, filed: dict[str, Any], role: str = "admin") -> httpx.Response:
    return await at.http.post(
        f"/v1/complaints/{filed['number']}/shred",
        json={"basis": "request", "reason": "本人要求删除"},
        headers=signed_in(role),
    )


async def test_after_a_rotation_the_old_key_can_go_and_everything_still_opens(
    at: Desk, vault_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "BATCH", 3)
    filed = [await at.file(f"{TEXT}{n}", requester=WHO) for n in range(7)]
    await at.hear(ticket(filed[0], "dispatched", 1, status="dispatched", at=MONDAY))
    said = await at.post(f"{filed[0]['number']}/supplement", {"text": f"电话换成{PHONE[:-1]}2"})
    assert said.status_code == 200
    both = Vault(keys(BOTH))
    told: list[tuple[str, int, int]] = []
    assert await rotating.rotate(vault_pool, both, lambda *one: told.append(one)) == 8
    assert told[-1] == ("rotate", 8, 8)
    assert await rotating.rotate(vault_pool, both, lambda *_: None) == 0
    at.vault.use(keys(f"2:{key(7)}"))
    for one in filed:
        shown = (await reveal(at, one)).json()
        assert shown["requester"] == WHO | {"anonymous": False, "consent": False}
    page = await at.http.post(
        f"/t/{filed[0]['number']}",
        data={"digits": "4321"},
        headers={"X-Real-IP": "192.0.2.1"},
    )
    assert page.status_code == 200
    again = await at.file(f"{TEXT}8", requester=WHO)
    likely = await at.duplicates(text="完全不同的话", phone=PHONE, days=30)
    assert {item["number"] for item in likely} >= {again["number"]}


async def test_a_running_intake_files_and_opens_while_records_move(
    at: Desk, vault_pool: Pool
) -> None:
    before = await at.file(TEXT, requester=WHO)
    await rotating.rotate(vault_pool, Vault(keys(BOTH)), lambda *_: None)
    early = await reveal(at, before)
    assert (early.status_code, early.json()["title"]) == (503, "vault-key-missing")
    assert "version 2" in (await _english(at, before)).json()["detail"]
    await rotating.take_up(vault_pool, at.vault, keys(BOTH))
    assert (await reveal(at, before)).status_code == 200
    after = await at.file(f"{TEXT}2", requester=WHO)
    (row,) = await at.rows(
        "select key_version from vault.requester where complaint_id = $1::uuid",
        after["complaint_id"],
    )
    assert row["key_version"] == 2


async def _english(at: Desk, filed: dict[str, Any]) -> httpx.Response:
    return await at.http.post(
        f"/v1/complaints/{filed['number']}/reveal",
        json=WHY,
        headers=signed_in("operator") | {"Accept-Language": "en"},
    )


async def test_a_wrong_or_missing_key_is_named_when_intake_starts(
    at: Desk, vault_pool: Pool
) -> None:
    await at.file(TEXT, requester=WHO)
    with pytest.raises(KeyRefusedError, match="version 1 is not the one"):
        await rotating.prove(vault_pool, Vault(keys(key(9))))
    await rotating.prove(vault_pool, Vault(keys(OLD)))
    with pytest.raises(KeyRefusedError, match="version 1 is not the one"):
        await rotating.prove(vault_pool, Vault(keys(OLD, key(9))))
    with pytest.raises(KeyRefusedError, match="chuishao_vault_key lacks key version 1"):
        await rotating.prove(vault_pool, Vault(keys(f"2:{key(7)}")))


async def test_a_destroyed_identity_is_gone_everywhere_and_the_rest_stays(
    at: Desk, tmp_path: Path
) -> None:
    upload = await at.http.post("/v1/attachments", content=photo(), headers=signed_in("operator"))
    ident = upload.json()["attachment_id"]
    filed = await at.file(TEXT, key="k1", requester=WHO, attachments=[ident])
    await at.hear(ticket(filed, "dispatched", 1, status="dispatched", at=MONDAY))
    await at.post(f"{filed['number']}/supplement", {"text": f"电话{PHONE}"})
    early = await shred(at, filed)
    assert (early.status_code, early.json()["title"]) == (409, "still-open")
    await closed(at, filed)
    masked = (await at.get(f"/v1/complaints/{filed['number']}"))["text"]
    done = await shred(at, filed)
    assert (done.status_code, done.json()["erased_why"]) == (200, "request")
    assert (await shred(at, filed)).json() == done.json()
    gone = await reveal(at, filed)
    assert (gone.status_code, gone.json()["erased_why"]) == (410, "request")
    shown = await at.get(f"/v1/complaints/{filed['number']}")
    assert (shown["text"], shown["attachments"]) == (masked, [])
    for table in ("requester", "later_word"):
        (row,) = await at.rows(f"select wrapped_key, box from vault.{table}")  # noqa: S608
        assert (row["wrapped_key"], row["box"]) == (None, None)
    assert not await at.duplicates(text="完全不同的话", phone=PHONE, days=30)
    assert [*(tmp_path / "files").rglob(key_of(UUID(ident)))] == []
    assert (await at.get("/v1/retention", "auditor"))["items"]
    (noted,) = await at.rows("select actor, detail from audit where action = 'complaint.erase'")
    assert noted["actor"] == "P-admin"
    again = await at.file(TEXT, key="k1", requester=WHO, attachments=[ident])
    assert again["number"] == filed["number"]


async def test_what_was_kept_long_enough_is_destroyed_by_age_and_only_that(at: Desk) -> None:
    old = await at.file(TEXT, kind="enquiry", requester=WHO)
    longer = await at.file(TEXT, kind="report", requester=WHO)
    open_ = await at.file(TEXT, kind="enquiry", requester=WHO)
    declined = await at.file(
        TEXT, kind="enquiry", requester=WHO, decline={"reason": "不属受理范围", "door": "请拨110"}
    )
    for one in (old, longer):
        await closed(at, one)
    await at.hear(ticket(open_, "dispatched", 1, status="dispatched", at=MONDAY))
    eraser = Eraser(at.pool, at.shelf, terms({}))
    assert await eraser.retain() == 0
    await at.move_clock(MONDAY + timedelta(days=370))
    due = {
        item["kind"]: item["due"] for item in (await at.get("/v1/retention", "auditor"))["items"]
    }
    assert (due["enquiry"], due["report"]) == (2, 0)
    assert await eraser.retain() == 2
    assert await eraser.retain() == 0
    answers = {
        one["number"]: (await reveal(at, one)).status_code for one in (old, longer, open_, declined)
    }
    assert list(answers.values()) == [410, 200, 200, 410]
    noted = await at.rows("select actor from audit where action = 'complaint.erase'")
    assert {row["actor"] for row in noted} == {"retention"}


async def test_intake_can_destroy_but_still_not_read(at: Desk, database: Database) -> None:
    filed = await at.file(TEXT, requester=WHO)
    conn = await asyncpg.connect(database.dsn("chuishao_intake"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("select * from vault.requester")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("update vault.requester set box = null, wrapped_key = null")
        assert (
            await conn.fetchval("select vault.shred(array[$1::uuid])", filed["complaint_id"]) == 1
        )
    finally:
        await conn.close()
