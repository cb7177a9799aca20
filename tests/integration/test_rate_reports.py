"""Exclusions, times, reports and campaigns of the rates on a real PostgreSQL (domain.md D8, D3 rule 4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import pytest

from kit.db import Pool, create_pool
from kit.errors import DomainError
from services.notifier import excluding, rating, reporting
from services.notifier.excluding import Exclusion, Review
from services.notifier.rates import report_page
from services.notifier.rates.store_exclusions import Listed
from services.notifier.rating import Asked
from services.notifier.reporting import Campaign
from tests.support import city
from tests.support.handmade import (
    ADMIN,
    ELSEWHERE,
    OTHER,
    SECRETARY,
    WEEK,
    figures,
    lives,
    short,
    tell,
)
from tests.support.heard import at
from tests.support.servers import PASSWORD, Database


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


async def test_only_what_another_person_approved_leaves_the_denominator(
    pool: Pool, database: Database
) -> None:
    await tell(pool, lives())
    await at(database.dsn(), 100)
    asked = Exclusion(
        ticket="20", round=1, rates=("response", "solve", "satisfaction"), reason="abuse", note="-"
    )
    directory = city.directory()
    with pytest.raises(DomainError, match="not-found"):
        await excluding.ask(pool, pool, directory, SECRETARY, asked)
    made = await excluding.ask(pool, pool, directory, ADMIN, asked)
    with pytest.raises(DomainError, match="asked-already"):
        await excluding.ask(pool, pool, directory, OTHER, asked)
    before = await figures(pool)
    assert short(before["total"], "solve") == {"solve": (9, 10)}
    ident = made["exclusion_id"]
    with pytest.raises(DomainError, match="own-exclusion"):
        await excluding.review(
            pool, pool, directory, ADMIN, ident, Review(decision="approve", note="-")
        )
    await excluding.review(
        pool, pool, directory, OTHER, ident, Review(decision="approve", note="电话核实")
    )
    with pytest.raises(DomainError, match="reviewed-already"):
        await excluding.review(
            pool, pool, directory, OTHER, ident, Review(decision="refuse", note="-")
        )
    after = await figures(pool)
    assert short(after["total"], "solve", "response", "on_time") == {
        "solve": (8, 9), "response": (11, 14), "on_time": (10, 15),
    }  # fmt: skip
    solve = after["total"]["rates"]["solve"]
    assert (solve["excluded"], after["total"]["rates"]["on_time"]["excluded"]) == (1, 0)
    [listed] = after["exclusions"]
    assert (listed["reason"], listed["reviewed_by"]) == ("abuse", "P0002")
    page = await excluding.listed(pool, pool, directory, ADMIN, Listed(), None)
    assert [item["state"] for item in page["items"]] == ["approved"]
    with pytest.raises(DomainError, match="invalid"):
        await excluding.ask(
            pool, pool, directory, ADMIN, asked.model_copy(update={"reason": "bad_luck"})
        )
    actions = await pool.fetch(
        "select actor, action from audit where action like 'rates.%' order by at"
    )
    assert {tuple(row) for row in actions} == {
        ("P0000", "rates.exclude"), ("P0002", "rates.exclusion.approve"),
    }  # fmt: skip


async def test_times_and_who_held_matters_how_long(pool: Pool, database: Database) -> None:
    await tell(pool, lives())
    await at(database.dsn(), 100)
    found = await rating.times(pool, city.directory(), ADMIN, Asked("unit", *WEEK))
    gd = next(item for item in found["items"] if item["key"] == "GD")
    assert (gd["n"], gd["wall_h"]) == (5, {"p50": 5.0, "p90": 26.0, "p95": 28.0})  # 5 5 5 20 30
    assert gd["working_h"] == gd["wall_h"]  # it works day and night
    held = {item["unit"]: item for item in found["held"]}
    # 7: SZ 0-1, GD 1-20. 9: GD 0-1.5, SZ 1.5-5, GD 5-30. 19, 20, 21: GD 0-5 each.
    assert held["GD"]["held_h"] == 19 + 26.5 + 15
    assert held["GD"]["late_h"] == 26.5
    share = held["GD"]["on_time_by_share"]
    assert share["denominator"] == round(19 / 20 + 26.5 / 30 + 3, 2)
    assert share["numerator"] == round(19 / 20 + 3, 2)
    alone = await rating.times(pool, city.directory(), ADMIN, Asked("unit", *WEEK, unit="GD"))
    assert alone["held"] == [held["GD"]]  # its share of the time of all, not of its own


async def test_reports_of_a_week_and_of_a_campaign(pool: Pool, database: Database) -> None:
    await tell(pool, lives())
    await at(database.dsn(), 100)
    directory = city.directory()
    week = await reporting.weekly(pool, directory, ADMIN, "2026-W48", "370105001")
    assert {item["key"] for item in week["rates"]["items"]} >= {ELSEWHERE}
    page = report_page.page(week)
    assert "网格周报 2026-W48" in page
    assert "<script" not in page
    assert "9/10" in page
    body = Campaign(
        name="<b>电梯", area="370105001", starts_on=date(2026, 11, 23),
        ends_on=date(2026, 11, 29), categories=("L2",),
    )  # fmt: skip
    made = await reporting.begin(pool, directory, ADMIN, body)
    with pytest.raises(DomainError, match="not-found"):
        await reporting.begin(pool, directory, SECRETARY, body)

    report = await reporting.campaign(pool, directory, ADMIN, UUID(made["campaign_id"]))
    assert short(report["rates"]["total"], "solve") == {"solve": (1, 1)}
    assert "&lt;b&gt;电梯" in report_page.page(report)
