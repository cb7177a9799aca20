"""回避 in what people read and do in the notifier, whichever other post they hold (D.7 #39; domain.md C31, E23).

The deputy of a street office also holds a post in a property company. A matter about that company lies on the
office's table: the secretary sees and acts on it, the deputy finds it nowhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import asyncpg
import httpx
import pytest

from kit.db import Pool, create_pool
from kit.ids import new_id
from services.notifier.actions import apply_complaints, apply_tickets
from services.notifier.directory import Directory
from services.notifier.noticing import plan
from tests.integration.test_kept_from_the_accused import filed
from tests.support import city
from tests.support.heard import MONDAY, NUMBER, apply, at, dispatched, ticks
from tests.support.notifier import Front, front, lying, signed
from tests.support.servers import PASSWORD, Database

ACCUSED: Final = "WY-05"
FREE, BOTH = "P0007", "P0008"
"""Secretary and deputy of JD-WYS; the second one works for the company as well."""
CLERK: Final = "P0013"
OWNERS: Final = {"owner": "SZ", "text": "十日内修复", "kind": "assign"}


def directory() -> Directory:
    parts = city.parts()
    second = {
        "post": "WY-05-GW", "unit": ACCUSED, "role": "liaison", "person": BOTH, "name": "某人",
        "phone": "13800000999", "hours": "work",
    }  # fmt: skip
    return Directory.of(1, parts | {"posts": [*parts["posts"], second]})


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    await at(database.dsn(), 0)
    yield pool
    await pool.close()


@pytest.fixture
async def notifier(pool: Pool) -> AsyncIterator[Front]:
    async with httpx.AsyncClient() as nobody, front(pool, nobody, directory()) as found:
        yield found


async def matter(pool: Pool, database: Database, notifier: Front, accused: str) -> dict[str, str]:
    """Left alone until it lies on the office's table; heard, decided, in the ledger, left out of rates."""
    one = new_id()
    await apply(pool, apply_complaints, filed(one, accused))
    await apply(pool, apply_tickets, dispatched(one))
    queued = await notifier.post("queue", FREE, ticket=str(one), reason="重大", org="JD-WYS")
    assert queued.status_code in {200, 201}, queued.text
    for hours in (5, 30, 24 * 6):
        await at(database.dsn(), hours)
        await ticks(pool)
        while (await plan(pool, city.directory(), frozenset({"sms"}))).more:
            pass
    item = (await lying(pool, str(one)))["item_id"]
    later = (MONDAY + timedelta(days=9)).isoformat()
    legacy = await notifier.post(
        "legacy", FREE, ticket=str(one), path="resolvable", plan="年度改造", review_at=later
    )
    assert legacy.status_code == 201, legacy.text
    made = await notifier.post("sessions", CLERK, "unit", org="JD-WYS", starts_at=later)
    session = made.json()["session_id"]
    steps: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        ("schedule", CLERK, "unit", {"items": [str(item)]}),
        ("hear", CLERK, "unit", {"item": str(item), "form": "report"}),
        ("decide", FREE, "secretary", {"item": str(item), "decisions": [OWNERS]}),
    )
    for name, who, role, body in steps:
        done = await notifier.post(f"sessions/{session}/{name}", who, role, **body)
        assert done.status_code == 200, done.text
    excluded = await notifier.http.post(
        "/v1/rates/exclusions",
        json={"ticket": str(one), "round": 1, "rates": ["solve"], "reason": "abuse", "note": "-"},
        headers=signed(FREE, "secretary"),
    )
    assert excluded.status_code == 201, excluded.text
    rung = await pool.fetchval("select escalation_id from escalation where ticket_id = $1", one)
    decision = await pool.fetchval(
        "select decision_id from reception_decision where ticket_id = $1", one
    )
    return {
        "ticket": str(one), "item": str(item), "session": session, "rung": str(rung),
        "legacy": legacy.json()["legacy_id"], "decision": str(decision),
        "exclusion": excluded.json()["exclusion_id"],
    }  # fmt: skip


READS: Final = (
    "reception/queue", "reception/queue?org=JD-WYS", "escalations", "escalations?ticket={ticket}", "notices",
    "notices?ticket={ticket}", "reception/legacy", "reception/sessions/{session}",
    "reception/sessions/{session}/minutes", "reception/decisions", "rates/exclusions", "rates?by=unit",
    "clocks/{ticket}", "reception/items/{item}/dossier",
)  # fmt: skip
SHOWS: Final = frozenset(READS) - {"reception/queue", "reception/queue?org=JD-WYS", "rates?by=unit"}
"""Where the secretary finds it by now; the queue is asked before it is heard, rates need an approval."""
ACTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("reception/queue", {"ticket": "{ticket}", "reason": "-", "org": "JD-WYS"}),
    ("reception/queue/{item}/withdraw", {"reason": "-"}),
    ("reception/queue/{item}/care", {"kind": "living_alone"}),
    ("reception/legacy", {"ticket": "{ticket}", "path": "resolvable", "plan": "-"}),
    ("reception/legacy/{legacy}/review", {"path": "resolvable", "plan": "-"}),
    ("reception/decisions/{decision}/done", {"text": "-"}),
    ("reception/decisions/{decision}/confirm", {}),
    ("escalations/{rung}/acknowledge", {}),
    ("rates/exclusions", {
        "ticket": "{ticket}", "round": 1, "rates": ["response"], "reason": "abuse", "note": "-",
    }),
    ("rates/exclusions/{exclusion}/review", {"decision": "approve", "note": "-"}),
)  # fmt: skip


async def test_d7_39_the_table_the_agenda_the_ledger_and_every_list_leave_it_out(
    pool: Pool, database: Database, notifier: Front
) -> None:
    ids = await matter(pool, database, notifier, ACCUSED)
    marks = {NUMBER, ids["ticket"], ids["item"]}
    for path in READS:
        to = f"/v1/{path.format(**ids)}"
        free = await notifier.http.get(to, headers=signed(FREE, "secretary"))
        assert free.status_code == 200, (path, free.text)
        found = {mark for mark in marks if mark in free.text}
        assert bool(found) is (path in SHOWS), path
        both = await notifier.http.get(to, headers=signed(BOTH, "secretary"))
        asked_for = {ids["ticket"]} if both.status_code == 404 else set()
        assert both.status_code == (404 if path.startswith(("clocks", "reception/items")) else 200)
        assert not {m for m in marks - asked_for if m in both.text}, (path, both.text)


async def test_d7_39_it_is_not_there_to_act_on(
    pool: Pool, database: Database, notifier: Front
) -> None:
    ids = await matter(pool, database, notifier, ACCUSED)
    done = "select count(*) from audit where action <> 'look.refused'"
    before = await pool.fetchval(done)
    for path, body in ACTS:
        said = {k: v.format(**ids) if isinstance(v, str) else v for k, v in body.items()}
        answer = await notifier.http.post(
            f"/v1/{path.format(**ids)}", json=said, headers=signed(BOTH, "secretary")
        )
        assert answer.status_code == 404, (path, answer.text)
    step = await notifier.post(
        f"sessions/{ids['session']}/carry-over", BOTH, item=ids["item"], reason="-"
    )
    assert step.status_code == 422, step.text
    assert NUMBER not in step.text
    assert await pool.fetchval(done) == before


async def test_d7_39_nobody_tied_has_to_carry_it_out_and_it_goes_upward_past_their_table(
    pool: Pool, notifier: Front
) -> None:
    """About a community whose street office stands right above it: what goes upward passes that office by."""
    one = new_id()
    await apply(pool, apply_complaints, filed(one, "SQ-002"))
    await apply(pool, apply_tickets, dispatched(one))
    assert (await notifier.post("queue", FREE, ticket=str(one), reason="-")).status_code == 404
    queued = await notifier.post("queue", "P0019", ticket=str(one), reason="-", org="SQ-001")
    assert queued.status_code in {200, 201}, queued.text
    item = queued.json()["item_id"]
    starts = (MONDAY + timedelta(days=1)).isoformat()
    made = await notifier.post("sessions", "P0019", org="SQ-001", starts_at=starts)
    session = made.json()["session_id"]
    await notifier.post(f"sessions/{session}/schedule", "P0019", items=[item])
    await notifier.post(f"sessions/{session}/hear", "P0019", item=item, form="report")
    for owner in ("SQ-002", "JD-WYS", "P0023", "SQ-002-SJ"):
        refused = await notifier.post(
            f"sessions/{session}/decide", "P0019", item=item, decisions=[OWNERS | {"owner": owner}]
        )
        assert refused.status_code == 422, (owner, refused.text)
    sent = await notifier.post(
        f"sessions/{session}/decide", "P0019", item=item,
        decisions=[{"kind": "send_upward", "text": "请区里协调"}],
    )  # fmt: skip
    assert sent.status_code == 200, sent.text
    assert (await lying(pool, str(one)))["org"] == "QX-TQ"
    said = [row["subject"] for row in await pool.fetch("select subject from outbox")]
    assert any(heard_live("SZ", subject) for subject in said), "the control"
    for unit in ("SQ-002", "JD-WYS"):
        assert not [subject for subject in said if heard_live(unit, subject)]


def heard_live(unit: str, subject: str) -> bool:
    """Whether the account of a unit hears it: what is addressed to the unit (kit/accounts.py; product.md 5)."""
    noun, _, to = subject.split(".")[:3]
    return noun in {"ticket", "whistle", "clock"} and to == unit


async def test_matters_of_before_are_made_known(database: Database) -> None:
    """What migration 0019 does for matters that were filed before 0018 and are open still."""
    owner = await asyncpg.connect(database.dsn())
    lead, one, about_nobody = new_id(), new_id(), new_id()
    complaint = (
        "insert into intake.complaint (complaint_id, number, channel, kind, body, confidential,"
        " fingerprint, filed_by, accused, received_at)"
        " values ($1, $2, 'hotline', 'report', '-', false, 0, '-', $3, now())"
    )
    for n, (ticket_id, accused) in enumerate(((lead, None), (one, "WY-02"), (about_nobody, None))):
        await owner.execute(complaint, ticket_id, f"26112300000{n}", accused)
        await owner.execute(
            "insert into notifier.ticket_view (ticket_id, number, version, round, status, unit, area,"
            " urgency, profile, received_at)"
            " values ($1, $2, 1, 1, 'dispatched', 'SZ', '', 'normal', 'standard', now())",
            ticket_id, f"26112300000{n}",
        )  # fmt: skip
    await owner.execute("set session_replication_role = replica")
    await owner.execute(
        "insert into router.follower (ticket_id, into_ticket, joined, before, at)"
        " values ($1, $2, 1, 'dispatched', now())", one, lead,
    )  # fmt: skip
    await owner.execute("set session_replication_role = origin; set search_path = notifier")
    await owner.execute(_healing())
    rows = await owner.fetch("select ticket_id, accused from ticket_about")
    await owner.close()
    assert {tuple(row) for row in rows} == {(one, "WY-02"), (lead, "WY-02")}


def _healing() -> str:
    """The part of the migration that adds rows, as it stands there."""
    from importlib import resources

    folder = resources.files("services.notifier").joinpath("migrations")
    text = folder.joinpath("0019_kept_from.sql").read_text(encoding="utf-8")
    start, end = text.index("insert into ticket_about"), text.index("-- Only what names")
    return text[start:end]
