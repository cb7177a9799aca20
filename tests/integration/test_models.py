"""Category models on a real database: kept in versions, used by every router at once, learned from tickets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import asyncpg
import orjson
import pytest
from nats.aio.msg import Msg

from contracts.catalog import make
from kit.db import Pool, reading, transaction
from kit.delivery import Received
from kit.errors import DomainError
from kit.ids import new_id
from services.router import actions
from services.router.category import model
from services.router.category.labelled import LEAST
from services.router.decision.replay import replay
from services.router.publishing import teaching
from services.router.publishing.catalogue import publish as publish_directory
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.model_in_use import ModelInUse
from services.router.ticket import store_routing
from tests.support import lessons, small
from tests.support.servers import Database
from tests.support.small import MONDAY, complaint

DARK = "夜里一片黑，巷口没有照明"


async def _start(database: Database, pool: Pool) -> DirectoryInUse:
    """Monday morning, with the small directory as version 1."""
    conn = await asyncpg.connect(database.dsn())
    await conn.execute("select chuishao.set_business_clock($1)", MONDAY)
    await conn.close()
    await publish_directory(pool, small.tables(), by="test")
    return DirectoryInUse(pool)


async def _publish(pool: Pool, *, macro_f1: float = 0.9, **more: Any) -> int:
    """A model, told apart from others by its figures."""
    card = dict(lessons.learned().scores) | {"macro_f1": macro_f1}
    learned = replace(lessons.model(threshold=0.6), card=card)
    return await teaching.publish(pool, learned, made_from="x.csv", by="test", **more)


async def _number(pool: Pool, kind: int) -> str:
    tickets = await pool.fetchval("select count(*) from ticket")
    return f"261116{kind}{tickets:05}"


async def _route(pool: Pool, in_use: DirectoryInUse, models: ModelInUse) -> Any:
    """A new complaint about a dark lane: its ticket and receipt."""
    ident, event_id = str(new_id()), new_id()
    number = await _number(pool, 1)
    data = complaint(DARK, address="金桂苑", complaint_id=ident, number=number)
    event = make(
        "complaint.received", data, event_id=str(event_id), source="intake", about=ident, at=MONDAY
    )
    received = [Received(event, event_id, cast("Msg", None), "complaint.received")]
    async with transaction(pool) as conn:
        await actions.route(conn, received, in_use, models)
    return await pool.fetchrow(
        "select t.*, r.body as receipt from ticket t join receipt r using (receipt_id)"
        " where t.number = $1",
        number,
    )


async def test_routers_decide_with_the_model_in_use_and_the_receipt_names_and_replays_it(
    database: Database, router_pool: Pool
) -> None:
    in_use = await _start(database, router_pool)
    first, second = ModelInUse(), ModelInUse()
    row = await _route(router_pool, in_use, first)
    assert (row["status"], orjson.loads(row["receipt"])["versions"]["model"]) == ("triage", None)
    assert await _publish(router_pool) == 1
    for models in (first, second):
        row = await _route(router_pool, in_use, models)
        receipt = orjson.loads(row["receipt"])
        assert (row["status"], row["unit"], row["category"]) == ("dispatched", "SZ", "SZ-LD")
        assert receipt["versions"]["model"] == receipt["category"]["model"]["version"] == 1
    assert await _publish(router_pool, macro_f1=0.91) == 2
    later = await _route(router_pool, in_use, first)
    assert orjson.loads(later["receipt"])["versions"]["model"] == 2
    directory = in_use.directory
    assert directory is not None
    async with reading(router_pool) as conn:
        old = await ModelInUse().of(1, conn)
    assert replay(row, receipt, directory, old) == row["receipt"]


async def test_publishing_is_one_version_one_in_use_and_an_audit_row(
    database: Database, router_pool: Pool
) -> None:
    await _start(database, router_pool)
    assert [await _publish(router_pool) for _ in range(2)] == [1, 1]
    assert await _publish(router_pool, macro_f1=0.89) == 2
    rows = await router_pool.fetch("select * from model order by version")
    assert [(row["version"], row["in_use"]) for row in rows] == [(1, False), (2, True)]
    kept = rows[1]
    assert (kept["made_at"].date(), kept["made_from"], kept["labels"], kept["n"]) == (
        MONDAY.date(), "x.csv", ["LJ-DF", "SZ-LD", "WY-DT"], 120,
    )  # fmt: skip
    assert kept["scores"]["macro_f1"] == 0.89
    assert (kept["threshold"], kept["digest"]) == (0.6, model.digest(kept["body"]))
    noted = await router_pool.fetch("select actor, object, detail from audit where action = $1",
                                    "model.publish")  # fmt: skip
    assert [(row["actor"], row["object"]) for row in noted] == [("test", "1"), ("test", "2")]
    async with reading(router_pool) as conn:
        assert (await store_routing.now_and_version(conn)).model == 2


async def test_a_much_worse_model_needs_somebody_to_insist(
    database: Database, router_pool: Pool
) -> None:
    await _start(database, router_pool)
    await _publish(router_pool, macro_f1=0.9)
    with pytest.raises(DomainError) as refused:
        await _publish(router_pool, macro_f1=0.87)
    assert refused.value.slug == "model-worse"
    assert await router_pool.fetchval("select count(*) from model") == 1
    assert await _publish(router_pool, macro_f1=0.87, force=True) == 2


async def test_labels_are_stored_as_codes_and_unknown_ones_are_refused(
    database: Database, router_pool: Pool
) -> None:
    await _start(database, router_pool)
    known = lessons.model()
    named = replace(known, labels=("垃圾堆放", "路灯", "电梯故障"))
    version = await teaching.publish(router_pool, named, made_from="x.csv", by="test")
    assert await router_pool.fetchval("select labels from model where version = $1", version) == [
        "LJ-DF", "SZ-LD", "WY-DT",
    ]  # fmt: skip
    strange = replace(known, labels=("城乡建设", "路灯", "电梯故障"))
    with pytest.raises(DomainError) as refused:
        await teaching.publish(router_pool, strange, made_from="x.csv", by="test")
    assert refused.value.slug == "labels-unknown"


async def test_a_damaged_model_is_reported_and_keywords_go_on_alone(
    database: Database, router_pool: Pool
) -> None:
    in_use = await _start(database, router_pool)
    await _publish(router_pool)
    await router_pool.execute("update model set body = substring(body from 1 for 5000)")
    row = await _route(router_pool, in_use, ModelInUse())
    assert (row["status"], orjson.loads(row["receipt"])["versions"]["model"]) == ("triage", None)


async def _ticket(pool: Pool, text: str, *, category: str, status: str, by: str | None) -> None:
    """A ticket as it stands after its life; `by` dispatched it from the desk."""
    ident = new_id()
    number = await _number(pool, 2)
    await pool.execute(
        "insert into ticket (ticket_id, number, status, unit, assists, category, urgency, profile,"
        " round, version, channel, kind, body, confidential, rule_version, receipt_id, received_at,"
        " changed_at) values ($1, $2, $3, 'SZ', '{}', $4, 'normal', 'standard', 1, 2, 'hotline',"
        " 'complaint', $5, false, 1, $1, $6, $6)",
        ident, number, status, category, text, MONDAY,
    )  # fmt: skip
    lines = [(1, "triaged", "triage", "system:router"), (2, "dispatched", "dispatched", by)]
    for version, event, state, actor in lines if by else []:
        await pool.execute(
            "insert into ticket_event (ticket_id, version, event, status, unit, round, actor, at)"
            " values ($1, $2, $3, $4, 'SZ', 1, $5, $6)",
            ident, version, event, state, actor, MONDAY,
        )  # fmt: skip


async def test_closed_tickets_and_what_a_person_decided_teach(
    database: Database, router_pool: Pool
) -> None:
    await _start(database, router_pool)
    with pytest.raises(DomainError) as refused:
        await teaching.history(router_pool)
    assert "现有：0" in refused.value.zh
    for one in lessons.examples(LEAST):
        await _ticket(router_pool, one.text, category=one.label, status="closed", by=None)
    for status, by in (("accepted", "P0014"), ("accepted", None), ("accepted", "system:router")):
        await _ticket(router_pool, f"{status} {by}", category="SZ-LD", status=status, by=by)
    await _ticket(router_pool, "少见", category="QT", status="closed", by=None)
    known = await teaching.history(router_pool)
    assert len(known.examples) == 3 * LEAST + 1
    assert [one.text for one in known.examples if one.weight > 1] == ["accepted P0014"]
    assert ([one.text for one in known.strangers], known.left_out) == (["少见"], {"QT": 1})
    report = await teaching.learn_history(router_pool, target=0.9, by="test", force=False)
    assert (report["version"], report["n_train"], report["left_out"]) == (1, 61, {"QT": 1})
