"""The row policies of intake say who may read complaints and their files, also to a statement without `where`.

reliability.md D.7 #16 and #39; the rule is `Staff.may_see` (services/intake/staff.py), over matters of every unit,
place and party complained about, some of them worked on under another one.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from kit.auth import Principal
from kit.db import show
from kit.migrate import people_role
from kit.staff import Matter, Staff
from services.intake.looking import sight_of
from tests.support import small
from tests.support.servers import Database
from tests.support.small import MONDAY

TABLES: Final = {"complaint": "complaint_id", "ticket_view": "complaint_id", "attachment": "used_by",
    "later_word": "complaint_id", "callback": "complaint_id"}  # fmt: skip
ADD: Final = (
    ("insert into complaint (complaint_id, number, channel, kind, body, confidential, fingerprint, filed_by,"
    " accused, received_at) values ($1, $2, 'hotline', 'complaint', '-', false, 0, '-', $3, now())"),
    ("insert into attachment (attachment_id, content_type, size, sha256, uploaded_by, uploaded_at, used_by,"
    " used_at) values ($1, 'image/png', 1, '-', 'P9', now(), $1, now())"),
    ("insert into later_word (word_id, complaint_id, kind, round, by, at, words)"
    " values ($1, $1, 'supplemented', 1, '-', now(), '-')"),
    ("insert into callback (callback_id, complaint_id, under, round, attempt, by, at, channel, outcome, final)"
    " values ($1, $1, '-', 1, 1, '-', now(), 'phone', 'not_reached', false)"),
)  # fmt: skip
ADD_VIEW: Final = """
insert into ticket_view (complaint_id, status, unit, round, version, area, assists, into_number, merged_into)
values ($1, $2, $3, 1, 1, $4, $5, $6, $6)
"""


@dataclass(frozen=True)
class One:
    """A complaint; merged ones name the one they are worked on under."""

    unit: str
    area: str
    assists: tuple[str, ...] = ()
    accused: str | None = None
    into: int | None = None


def all_of_them() -> list[One]:
    units = [unit.code for unit in small.tables()["units"]]
    areas = (small.GARDEN_3, small.MILL)
    plain = [
        One(unit, area, (), accused)
        for unit, area, accused in itertools.product(units, areas, (None, "WY-1", "SQ-1"))
    ]
    helped = [One("SZ", small.MILL, (unit,)) for unit in units]
    # Of GT-2's matter one about WY-1 waits, and one of GT-1 under that one.
    merged = [One("GT-2", small.GARDEN_3), One("DESK", small.MILL, (), "WY-1", len(plain))]
    return plain + merged + [One("GT-1", small.MILL, (), None, len(plain) + 1), *helped]


MATTERS: Final = all_of_them()


def number(n: int) -> str:
    return f"{n:012}"


def id_of(n: int) -> UUID:
    return UUID(int=n + 1)


@pytest.fixture
async def people(database: Database) -> AsyncIterator[Any]:
    path = {"search_path": "intake"}
    owner = await asyncpg.connect(database.dsn(), server_settings=path)
    for n, one in enumerate(MATTERS):
        await owner.execute(ADD[0], id_of(n), number(n), one.accused)
        for statement in ADD[1:]:
            await owner.execute(statement, id_of(n))
        into = None if one.into is None else number(one.into)
        status = "dispatched" if into is None else "merged"
        await owner.execute(ADD_VIEW, id_of(n), status, one.unit, one.area, list(one.assists), into)
    await owner.close()
    conn = await asyncpg.connect(database.dsn(people_role("intake")), server_settings=path)
    yield conn
    await conn.close()


def staff() -> Staff:
    """Everybody of the small district, and one person with a post in two units."""
    tables = small.tables()
    second = small.post("TWO", "WY-1", "member", person="P-SQ-2-L")
    rows = [row.model_dump(mode="json") for row in (*tables["posts"], second)]
    return Staff.of(rows, [unit.model_dump(mode="json") for unit in tables["units"]])


def expected(known: Staff, person: str) -> set[UUID]:
    """`Staff.may_see`, with what is asked of the tree a matter is in."""

    def top(n: int) -> int:
        into = MATTERS[n].into
        return n if into is None else top(into)

    found = set()
    for n, one in enumerate(MATTERS):
        lead = MATTERS[top(n)]
        about = {m.accused for k, m in enumerate(MATTERS) if top(k) == top(n) and m.accused}
        helpers = (*one.assists, lead.unit, *lead.assists)
        if known.may_see(person, MONDAY.date(), Matter(about, one.unit, helpers, one.area)):
            found.add(id_of(n))
    return found


async def seen(conn: Any, known: Staff, who: Principal | None) -> dict[str, set[UUID]]:
    async with conn.transaction():
        if who is not None:
            await show(conn, sight_of(known, who, MONDAY))
        return {
            table: {row["id"] for row in await conn.fetch(f"select {column} as id from {table}")}  # noqa: S608
            for table, column in TABLES.items()
        }


async def test_d7_16_each_person_reads_what_the_rule_says(people: Any) -> None:
    known, some = staff(), 0
    for person in sorted({post.person for post in small.tables()["posts"]}):
        rule = expected(known, person)
        found = await seen(people, known, Principal(person, frozenset({"unit"})))
        assert found == dict.fromkeys(TABLES, rule), person
        some += 0 < len(rule) < len(MATTERS)
    assert some > 5
    for role in ("operator", "dispatcher", "admin", "auditor", "service"):
        found = await seen(people, known, Principal("X", frozenset({role})))
        assert {len(rows) for rows in found.values()} == {len(MATTERS)}, role


async def test_who_was_not_named_sees_nothing_and_no_role_of_a_unit_sees_marks(
    people: Any,
) -> None:
    known = staff()
    await seen(people, known, Principal("X", frozenset({"admin"})))
    assert not any((await seen(people, known, None)).values())
    assert not any((await seen(people, known, Principal("nobody", frozenset({"unit"})))).values())


@pytest.mark.parametrize(
    "statement",
    [
        "select * from idempotency",
        "select * from answer",
        "select * from reveal",
        "select body from outbox",
        "update complaint set body = '-'",
        "delete from attachment",
        "select * from vault.requester",
        "select vault.shred('{}')",
        "select vault.phone_mark(gen_random_uuid())",
        "select * from router.ticket",
    ],
)
async def test_the_role_of_people_cannot(people: Any, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await people.execute(statement)
