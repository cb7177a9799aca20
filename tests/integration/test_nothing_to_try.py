"""After an identity was destroyed nobody can try a guess on what is left (docs/adr/0038; reliability.md D.3).

The attacker holds the whole database, the keys, and knows what was said word for word: every digest that could
be made of it is looked for in every row of every table.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson
import pytest

from kit.attachments.storage import FolderStorage
from services.intake.complaint import Filing
from services.intake.filing import body_hash
from services.intake.later import Supplement
from services.intake.matters import Asked
from services.intake.open311.api import Door
from services.intake.open311.partner import Keyring
from services.intake.open311.submission import digest
from tests.integration.test_open311 import KEYS, SENT
from tests.integration.test_vault_life import shred
from tests.support.intake import Desk, desk, signed_in, ticket
from tests.support.servers import Database
from tests.support.world import MONDAY

NAME, PHONE = "王小明", "13800004321"
WHO: Final = {"name": NAME, "phone": PHONE}
BODY: Final[dict[str, Any]] = {
    "channel": "hotline", "kind": "complaint", "text": f"{NAME}家漏水，电话{PHONE}", "requester": WHO,
}  # fmt: skip
LATER: Final = {"text": f"还在漏，请打{PHONE}"}
CALLED: Final = {"contacted": True, "solved": True, "phone": PHONE}
TABLES: Final = """
select format('%I.%I', n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname in ('intake', 'vault', 'router', 'notifier', 'console', 'chuishao')
"""


@pytest.fixture
async def at(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    door = Door(Keyring.parse(KEYS), "jinan.example")
    async with desk(database, FolderStorage(tmp_path / "files"), partners=door) as here:
        await here.move_clock(MONDAY)
        yield here


async def found(database: Database, guesses: Mapping[str, bytes]) -> set[str]:
    """Which of these stand anywhere, as bytes or written out."""
    conn = await asyncpg.connect(database.dsn())
    rows = ""
    for table in await conn.fetch(TABLES):
        lines = await conn.fetch(f"select t::text as line from {table[0]} t")  # noqa: S608
        rows += "\n".join(line["line"] for line in lines)
    await conn.close()
    return {name for name, guess in guesses.items() if guess.hex() in rows}


def guesses(at: Desk, filed: dict[str, Any], line: bytes) -> dict[str, bytes]:
    """What each way to say it would have been made into, here or by anybody."""
    ident, route = filed["complaint_id"], f"/v1/complaints/{filed['number']}/supplement"
    later = Asked.of("-", None, route, Supplement.model_validate(LATER)).digest
    vault, made = at.vault, {}
    for name, words in (("phone", PHONE), ("name", NAME), ("text", BODY["text"])):
        for how in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            made[f"{how} of {name}"] = hashlib.new(how, words.encode()).digest()
    index = vault.phone_index(PHONE)
    return made | {
        "body": body_hash(Filing.model_validate(BODY)),
        "line": hashlib.sha256(line).digest(),
        "partner's body": digest({k: v for k, v in SENT.items() if k != "api_key"}),
        "later words": later,
        "phone index": index,
        "phone mark": hashlib.sha256(b"call-back" + index).digest(),
        "tail": vault.tails(ident, PHONE[-4:])[0],
    }


async def test_nothing_is_left_on_which_a_guess_could_be_tried(at: Desk) -> None:
    filed = await at.file(
        **{k: v for k, v in BODY.items() if k not in {"channel", "kind"}}, key="k1"
    )
    said = await at.post(f"{filed['number']}/supplement", LATER, key="k2")
    assert said.status_code == 200, said.text
    line = orjson.dumps(BODY | {"text": f"{NAME}说灯不亮"})
    batch = await at.http.post("/v1/complaints/batch", content=line, headers=signed_in("operator"))
    sent = await at.http.post("/open311/v2/requests.json", data=SENT)
    assert sent.status_code in {200, 201}, sent.text
    await at.hear(
        ticket(filed, "dispatched", 1, status="dispatched", at=MONDAY),
        ticket(filed, "handled", 2, status="callback", unit="WY-1", actor="P-x", at=MONDAY),
    )
    called = await at.post(f"{filed['number']}/callbacks", CALLED, key="k3")
    assert called.status_code == 201, called.text
    tried = guesses(at, filed, line)
    own = {row["digest"] for row in await at.rows("select digest from answer")}
    assert len(own) == 2
    tried |= {f"answer {n}": one for n, one in enumerate(own)}
    before = await found(at.database, tried)
    assert before == {name for name in tried if not name.partition(" of ")[2]}, "the control"
    numbers = [
        filed["number"],
        orjson.loads(batch.text)["number"],
        sent.json()[0]["service_request_id"],
    ]
    for number in numbers:
        one = {"number": number, "complaint_id": await at.pool.fetchval(
            "select complaint_id::text from complaint where number = $1", number
        )}  # fmt: skip
        await at.hear(
            ticket(one, "closed", 3 if number == filed["number"] else 1, status="closed", at=MONDAY)
        )
        done = await shred(at, one)
        assert done.status_code == 200, done.text
    assert await found(at.database, tried) == set()
    again = await at.file(
        **{k: v for k, v in BODY.items() if k not in {"channel", "kind"}}, key="k1"
    )
    assert again["number"] == filed["number"]
