"""Signs of begging for good answers: found with their figures, and silent about ordinary work (domain.md E28)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit.db import Pool, create_pool
from services.notifier import flagging
from services.notifier.actions import apply_complaints, apply_tickets
from tests.support.handmade import lives, tell
from tests.support.heard import apply, at
from tests.support.lives import Life
from tests.support.servers import PASSWORD, Database


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


async def many(pool: Pool, told: list[Life]) -> None:
    """Quickly: filed, worked on, called."""
    await apply(pool, apply_complaints, *(one for life in told for one in life.filed))
    await apply(pool, apply_tickets, *(one for life in told for one in life.told))
    await apply(pool, apply_complaints, *(one for life in told for one in life.called))


def answered(number: int, hours: float, *, satisfied: bool = True, by: str = "P9001") -> Life:
    """Done two hours before somebody called."""
    life = Life(str(number)).worked("SZ", at=hours - 4, contact=hours - 3, handed_in=hours - 2)
    return life.call(hours, "solved", satisfied=satisfied, actor=by)


async def found(pool: Pool) -> dict[str, list[dict[str, Any]]]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for item in (await flagging.flags(pool, "2026-11-23", "2026-12-07"))["items"]:
        kinds.setdefault(item["finding"], []).append(item)
    return kinds


async def test_ordinary_work_raises_no_flag(pool: Pool, database: Database) -> None:
    await tell(pool, [life for life in lives() if life.number != "10"])
    await at(database.dsn(), 100)
    assert await found(pool) == {}


async def test_five_answers_by_one_person_within_a_minute(pool: Pool, database: Database) -> None:
    quick = [answered(n, 20 + n / 400) for n in range(5)]  # every 9 seconds
    slow = [answered(10 + n, 20 + n / 400, by=f"P910{n}") for n in range(5)]
    await many(pool, quick[:4] + slow)
    await at(database.dsn(), 100)
    assert "many_in_a_minute" not in await found(pool)
    await many(pool, quick[4:])
    [flag] = (await found(pool))["many_in_a_minute"]
    assert (flag["person"], flag["n"]) == ("P9001", 5)


async def test_an_answer_within_seconds_of_the_handing_in(pool: Pool, database: Database) -> None:
    at_once = Life("1").worked("SZ").call(5 + 20 / 3600, "solved", satisfied=True)
    later = Life("2").worked("SZ").call(5 + 61 / 3600, "solved", satisfied=True)
    await many(pool, [at_once, later])
    await at(database.dsn(), 100)
    [flag] = (await found(pool))["at_once"]
    assert (flag["unit"], flag["numbers"], round(flag["shortest_s"])) == ("SZ", ["1"], 20)


async def test_a_run_is_held_against_the_units_own_past(pool: Pool, database: Database) -> None:
    past = [answered(n, -200 + n, satisfied=n % 2 == 0) for n in range(20)]  # one in two
    run = [answered(100 + n, 10 + n / 4) for n in range(14)]
    await many(pool, past + run)
    await at(database.dsn(), 100)
    [flag] = (await found(pool))["all_satisfied"]
    assert (flag["run"], flag["n"], flag["past_n"], flag["past_share"]) == (14, 14, 20, 0.5)
    assert flag["chance"] == pytest.approx(0.5**14)
    await many(
        pool, [answered(300 + n, -400 + n / 4) for n in range(180)]
    )  # it always was that good
    assert "all_satisfied" not in await found(pool)


async def test_answers_crowded_before_the_end_of_a_week(pool: Pool, database: Database) -> None:
    usual = [answered(n, 24 * (n // 3) + 5 + n % 3, satisfied=n % 2 == 0) for n in range(12)]
    crowd = [answered(100 + n, 154.0 + n / 25, satisfied=n % 2 == 0) for n in range(12)]
    await many(pool, usual)  # Monday to Thursday
    await at(database.dsn(), 200)
    assert "before_the_end" not in await found(pool)
    await many(pool, crowd)  # Sunday, 20:00
    [flag] = (await found(pool))["before_the_end"]
    assert (flag["unit"], flag["most"], flag["n"], flag["hours"]) == ("SZ", 12, 24, 13)
    assert flag["chance"] < 0.001


async def test_satisfied_right_after_not_solved_without_work_between(
    pool: Pool, database: Database
) -> None:
    idle = Life("1").worked("SZ").call(6, "not_solved", satisfied=False).on("reopened", 6)
    idle.on("handled", 6.5).call(9, "solved", satisfied=True)
    worked = Life("2").worked("SZ").call(6, "not_solved", satisfied=False).on("reopened", 6)
    worked.on("contacted", 6.2).on("handled", 6.5).call(9, "solved", satisfied=True)
    await many(pool, [idle, worked])
    await at(database.dsn(), 100)
    [flag] = (await found(pool))["no_work_between"]
    assert (flag["number"], flag["between_s"]) == ("1", 1800.0)
