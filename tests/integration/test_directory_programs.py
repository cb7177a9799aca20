"""`diff`, `replay`, `coverage` and `load` on a real database: what they say is what a cell by cell look finds."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chuishao.sample_complaints import read_samples
from kit.db import Pool, transaction
from kit.errors import DomainError
from kit.ids import new_id
from services.router import actions
from services.router.decision.matching import decide
from services.router.directory import files
from services.router.directory.directory import build
from services.router.directory.faults import BadDirectoryError
from services.router.publishing import programs, store_directory
from services.router.publishing.contacts import Patience
from services.router.publishing.programs import Telling
from tests.support import sample
from tests.support.router_city import City, received
from tests.support.servers import Database
from tests.support.small import MONDAY


@pytest.fixture
async def city(router_pool: Pool, database: Database) -> City:
    """The sample district with its 140 complaints of a Monday."""
    made = City(router_pool, database.dsn())
    await made.at(MONDAY)
    await made.publish(sample.tables())
    batch = [
        sample.received(one).model_copy(
            update={"complaint_id": str(new_id()), "number": f"2611160{n:05}"}
        )
        for n, one in enumerate(read_samples("complaints.csv"))
    ]
    async with transaction(router_pool) as conn:
        await actions.route(
            conn, [received("complaint.received", data) for data in batch], made.in_use
        )
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample directory under another catalogue: prices go to law enforcement, gas to the office."""
    copy = tmp_path / "directory"
    shutil.copytree(sample.FOLDER, copy)
    path = copy / "catalogue.csv"
    text = path.read_text(encoding="utf-8")
    text = text.replace("\nSJ-JG,,,SJ,", "\nSJ-JG,,,CG-ZF,").replace(
        "\nWY-DT,,,@property,", "\nWY-DT,,,WGB,"
    )
    path.write_text(text, encoding="utf-8")
    return copy


class Listener:
    """Keeps what a program says."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.progress: list[list[Any]] = []

    @property
    def telling(self) -> Telling:
        return Telling(self._hear)

    def _hear(self, said: dict[str, Any]) -> None:
        self.items += [said["item"]] if "item" in said else []
        self.progress += [said["progress"]] if "progress" in said else []


async def counts(city: City) -> dict[str, int]:
    """Rows of every table of the router."""
    conn = await asyncpg.connect(city.dsn)
    try:
        tables = await conn.fetch("select tablename from pg_tables where schemaname = 'router'")
        return {
            name: await conn.fetchval(f"select count(*) from router.{name}")  # noqa: S608 - from the catalogue
            for (name,) in tables
        }
    finally:
        await conn.close()


async def test_replaying_what_is_in_force_sends_nothing_elsewhere(city: City) -> None:
    listener = Listener()
    found = await programs.replay(city.pool, sample.FOLDER, 30, listener.telling)
    assert (found["tickets"], found["elsewhere"], listener.items) == (140, 0, [])
    assert listener.progress[-1] == ["replay", 140, 140]


async def test_replay_names_every_ticket_that_would_go_elsewhere_and_writes_nothing(
    city: City, folder: Path
) -> None:
    before = await counts(city)
    listener = Listener()
    found = await programs.replay(city.pool, folder, 30, listener.telling)
    assert await counts(city) == before
    new = build(files.read(folder), 2)
    wanted = {}
    for n, one in enumerate(read_samples("complaints.csv")):
        data = sample.received(one)
        was = decide(data, sample.directory(), MONDAY).unit
        becomes = decide(data, new, MONDAY).unit
        if was != becomes:
            wanted[f"2611160{n:05}"] = (was, becomes)
    assert wanted
    assert {i["number"]: (i["from"], i["to"]) for i in listener.items} == wanted
    assert found["elsewhere"] == len(wanted) == sum(move["tickets"] for move in found["moves"])
    assert all("WY-DT" in i["why"] or "SJ-JG" in i["why"] for i in listener.items)


async def test_replay_looks_back_as_many_days_as_asked(city: City, folder: Path) -> None:
    await city.pool.execute("update ticket set received_at = received_at - interval '20 days'")
    for days, tickets in ((10, 0), (30, 140)):
        found = await programs.replay(city.pool, folder, days, Listener().telling)
        assert found["tickets"] == tickets


async def test_a_replay_could_not_write_if_it_wanted(city: City) -> None:
    async with transaction(city.pool) as conn:
        await store_directory.read_only(conn)
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await conn.execute("delete from ticket")


async def test_diff_tells_owners_rules_and_the_open_tickets_it_touches(
    city: City, folder: Path
) -> None:
    for file in ("units.csv", "posts.csv"):
        path = folder / file
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if "YWH-01" not in line]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    await city.pool.execute("update ticket set unit = 'YWH-01' where number = '261116000003'")
    found = await programs.diff(city.pool, folder, Listener().telling)
    assert found["version"] == 1
    assert set(found["rules"]["changed"]) == {"SJ-JG/-/-", "WY-DT/-/-"}
    assert found["units"]["removed"] == ["YWH-01"]
    assert found["tickets"]["open_tickets"] == 140
    assert found["tickets"]["of_units_that_vanish"] == 1
    assert ("SJ", "CG-ZF") in {(one["from"], one["to"]) for one in found["owners"]}
    unchanged = await programs.diff(city.pool, sample.FOLDER, Listener().telling)
    assert not any(unchanged["summary"].values())


async def test_diff_shows_what_rulings_propose_until_the_catalogue_says_the_same(
    city: City, folder: Path
) -> None:
    row = await city.pool.fetchrow("select ticket_id, unit, category, area from ticket limit 1")
    assert row is not None
    for lead, reason in (("CG-ZF", "归城管"), ("CG-ZF", "又是城管"), (row["unit"], "照旧")):
        await city.pool.execute(
            "insert into catalogue_proposal select gen_random_uuid(), $1, '261116000001', $2, $3,"
            " $4, $5, $6, 'P-R', 1, chuishao.business_now()",
            row["ticket_id"], row["category"], row["area"], lead, row["unit"], reason,
        )  # fmt: skip
    found = (await programs.diff(city.pool, sample.FOLDER, Listener().telling))["proposals"]
    assert {(one["lead"], one["rulings"]) for one in found} == {("CG-ZF", 2), (row["unit"], 1)}
    assert {one["lead"]: one["heeded"] for one in found}["CG-ZF"] is False
    with (folder / "catalogue.csv").open(encoding="utf-8") as text:
        header = text.readline().strip().split(",")
    more = {"category": row["category"], "area": row["area"], "lead": "CG-ZF"}
    line = ",".join(more.get(name, "") for name in header)
    with (folder / "catalogue.csv").open("a", encoding="utf-8") as text:
        text.write(f"{line}\n")
    heeded = (await programs.diff(city.pool, folder, Listener().telling))["proposals"]
    assert {one["lead"]: one["heeded"] for one in heeded}["CG-ZF"] is True


async def test_a_folder_that_cannot_be_built_is_refused_with_every_fault(
    city: City, folder: Path
) -> None:
    for file in ("units.csv", "readers.csv"):
        with (folder / file).open("a", encoding="utf-8") as text:
            text.write("A B,,,\n")
    for program in (programs.diff(city.pool, folder, Listener().telling),
                    programs.replay(city.pool, folder, 1, Listener().telling),
                    programs.load(city.pool, folder, Listener().telling)):  # fmt: skip
        with pytest.raises(BadDirectoryError) as refused:
            await program
        assert {fault.file for fault in refused.value.faults} == {"units.csv", "readers.csv"}


async def test_loading_says_what_it_did_and_records_the_tests_it_passed(
    city: City, folder: Path
) -> None:
    same = await programs.load(city.pool, sample.FOLDER, Listener().telling)
    assert (same["version"], same["changed"]) == (1, False)
    with pytest.raises(BadDirectoryError) as refused:
        await programs.load(city.pool, folder, Listener().telling)
    assert {fault.file for fault in refused.value.faults} == {"tests.csv"}
    (folder / "tests.csv").unlink()
    new = await programs.load(city.pool, folder, Listener().telling)
    assert (new["version"], new["changed"], new["areas"]) == (2, True, 309)
    rows = await city.pool.fetch(
        "select detail from audit where action = 'directory.publish' order by audit_id"
    )
    assert rows[0]["detail"]["tests"] == 25
    assert len(rows[0]["detail"]["tests_digest"]) == 64
    assert rows[1]["detail"] == {}


async def test_coverage_of_what_is_in_force_comes_with_silent_contacts(city: City) -> None:
    found = await programs.prove(city.pool, Patience())
    assert found["whole"]
    assert found["contacts"] == []


async def test_before_the_first_publication_there_is_nothing_to_compare(router_pool: Pool) -> None:
    with pytest.raises(DomainError, match="not-found"):
        await programs.prove(router_pool, Patience())
