"""Rates on a real PostgreSQL, from real events, against figures worked out by hand (domain.md D8).

The lives behind them are told as a table in tests/support/handmade.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kit.db import Pool, create_pool
from kit.errors import DomainError
from services.notifier.rating import By
from tests.support.handmade import ELSEWHERE, OF_SZ, SECRETARY, blow, figures, lives, short, tell
from tests.support.heard import at
from tests.support.servers import PASSWORD, Database


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


async def test_the_hand_computed_data_set(pool: Pool, database: Database) -> None:
    told = lives()
    await tell(pool, told)
    await blow(pool, told[0])
    await at(database.dsn(), 100)
    found = await figures(pool)
    by_unit = {item["key"]: item for item in found["items"]}
    assert short(by_unit["SZ"]) == {
        "response": (7, 10), "solve": (6, 7), "satisfaction": (3, 7), "on_time": (6, 10),
        "whistle": (1, 2), "return": (3, 15), "upheld": (2, 3),
    }  # fmt: skip
    assert short(by_unit["GD"]) == {
        "response": (5, 5), "solve": (3, 3), "satisfaction": (3, 3), "on_time": (4, 5),
        "whistle": (0, 1), "return": (1, 5), "upheld": (0, 1),
    }  # fmt: skip
    assert short(found["total"]) == {
        "response": (12, 15), "solve": (9, 10), "satisfaction": (6, 10), "on_time": (10, 15),
        "whistle": (1, 3), "return": (4, 20), "upheld": (2, 4),
    }  # fmt: skip
    sz = by_unit["SZ"]["rates"]
    assert (sz["response"]["pending"], sz["on_time"]["pending"]) == (1, 2)
    assert (sz["solve"]["not_reached"], sz["satisfaction"]["not_asked"]) == (1, 1)
    gd = by_unit["GD"]["rates"]
    assert (gd["solve"]["no_contact_possible"], gd["solve"]["trying"]) == (1, 1)
    assert gd["whistle"]["let_go"] == 1
    desk = found["total"]["desk"]
    assert (desk["filed"], desk["answered_at_the_desk"], desk["share"]) == (21, 2, 0.0952)
    assert (desk["declined_later"], desk["withdrawn"], desk["merged"]) == (1, 2, 1)
    assert by_unit["SZ"]["rates"]["response"]["rate"] == 0.7
    assert found["total"]["example"] == round(30 * 0.8 + 35 * 0.9 + 35 * 0.6, 2)
    assert by_unit["QX-TQ"]["rates"]["return"]["rate"] is None  # nothing was dispatched to it


async def test_every_grouping_adds_up_to_the_same_total(pool: Pool, database: Database) -> None:
    told = lives()
    await tell(pool, told)
    await blow(pool, told[0])
    await at(database.dsn(), 100)
    whole = (await figures(pool))["total"]
    by: By
    for by in ("grid", "community", "subdistrict", "category", "day", "week", "month"):
        found = await figures(pool, by)
        assert found["total"] == whole, by
        for rate, (numerator, denominator) in short(whole).items():
            counts = [short(item, rate)[rate] for item in found["items"]]
            assert (sum(n for n, _ in counts), sum(d for _, d in counts)) == (
                numerator,
                denominator,
            )
    days = {
        item["key"]: short(item, "solve")["solve"] for item in (await figures(pool, "day"))["items"]
    }
    assert days["2026-11-23"] == (
        4,
        5,
    )  # 1, 10 twice, 15, 20: what was answered by 14 hours after 10:00
    grids = {
        item["key"]: short(item, "solve")["solve"]
        for item in (await figures(pool, "grid"))["items"]
    }
    assert grids[ELSEWHERE] == (1, 1)


async def test_a_secretary_counts_the_own_area_and_a_unit_itself(
    pool: Pool, database: Database
) -> None:
    await tell(pool, lives())
    await at(database.dsn(), 100)
    own = await figures(pool, who=SECRETARY)
    assert short(own["total"], "response") == {"response": (11, 14)}  # 20 lies elsewhere
    unit = await figures(pool, who=OF_SZ)
    assert [item["key"] for item in unit["items"]] == ["SZ"]
    with pytest.raises(DomainError, match="not-found"):
        await figures(pool, who=OF_SZ, unit="GD")
