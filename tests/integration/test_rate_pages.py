"""Rates over HTTP: parameters, roles, the page to print; and what a look at a year touches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import asyncpg
import httpx
import pytest

from chuishao.tokens import issue
from kit.auth import TokenVerifier
from kit.db import Pool, create_pool
from kit.edge import Edge
from kit.http import Shared, create_app
from services.notifier.api_rates import add_rates
from services.notifier.directory import Holder
from services.notifier.rates import store_figures
from services.notifier.rates.store_figures import Wanted
from tests.support import city
from tests.support.desk import PRIVATE, PUBLIC
from tests.support.handmade import lives, tell
from tests.support.heard import MONDAY, at
from tests.support.servers import PASSWORD, Database

Signed = Callable[..., dict[str, str]]


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    holder = Holder()
    holder.use(city.directory())
    app = create_app(Shared("notifier", pool, TokenVerifier(PUBLIC), {}), title="-", version="-")
    add_rates(app, pool, pool, holder)
    transport = httpx.ASGITransport(Edge(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        yield client


def signed(person: str, *roles: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue(PRIVATE, person, roles)}"}


async def test_the_routes_answer_with_figures_pages_and_problems(
    pool: Pool, http: httpx.AsyncClient, database: Database
) -> None:
    await tell(pool, lives())
    await at(database.dsn(), 100)
    admin, other = signed("P0000", "admin"), signed("P0002", "dispatcher")
    week = {"from": "2026-11-23", "to": "2026-11-30"}
    found = (await http.get("/v1/rates", params={"by": "grid", **week}, headers=admin)).json()
    assert found["total"]["rates"]["solve"]["rate"] == 0.9
    assert found["definitions"]["solve"]["source"]
    times = await http.get("/v1/rates/times", params=week, headers=admin)
    assert times.json()["total"]["n"] > 0
    assert (await http.get("/v1/rates/flags", params=week, headers=admin)).status_code == 200
    assert (await http.get("/v1/rates/flags", params=week, headers=other)).status_code == 403
    unit = await http.get("/v1/rates", params=week, headers=signed("P0142", "unit"))
    assert [item["key"] for item in unit.json()["items"]] == ["SZ"]
    about = {"ticket": "20", "round": 1, "rates": ["solve"], "reason": "abuse", "note": "恶意来电"}
    asked = await http.post("/v1/rates/exclusions", json=about, headers=admin)
    assert asked.status_code == 201
    path = f"/v1/rates/exclusions/{asked.json()['exclusion_id']}/review"
    decided = {"decision": "approve", "note": "属实"}
    assert (await http.post(path, json=decided, headers=admin)).status_code == 403
    assert (await http.post(path, json=decided, headers=other)).json()["state"] == "approved"
    listed = await http.get("/v1/rates/exclusions", params={"limit": 1}, headers=admin)
    assert listed.json()["items"][0]["reviewed_by"] == "P0002"
    more = {"limit": 1, "cursor": listed.json()["next"]}
    assert (await http.get("/v1/rates/exclusions", params=more, headers=admin)).json() == {
        "items": [], "next": None, "reasons": listed.json()["reasons"],
    }  # fmt: skip
    print_it = {"week": "2026-W48", "format": "html"}
    page = await http.get("/v1/rates/reports/weekly", params=print_it, headers=admin)
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "恶意来电" in page.text
    for params in ({"by": "person"}, {"from": "never"}, {"area": "1"}, {"week": "x"}):
        where = "/v1/rates/reports/weekly" if "week" in params else "/v1/rates"
        refused = await http.get(where, params=params, headers=admin)
        assert refused.status_code == 422, params


async def test_campaigns_are_begun_listed_and_reported(
    pool: Pool, http: httpx.AsyncClient, database: Database
) -> None:
    await tell(pool, lives())
    await at(database.dsn(), 100)
    admin = signed("P0000", "admin")
    body = {
        "name": "照明专项", "area": "370105001", "starts_on": "2026-11-23", "ends_on": "2026-11-29",
    }  # fmt: skip
    made = await http.post("/v1/rates/campaigns", json=body, headers=admin)
    assert made.status_code == 201
    path = f"/v1/rates/reports/campaigns/{made.json()['campaign_id']}"
    report = (await http.get(path, headers=admin)).json()
    assert report["rates"]["total"]["rates"]["solve"]["denominator"] == 10
    [listed] = (await http.get("/v1/rates/campaigns", headers=admin)).json()["items"]
    assert listed["name"] == "照明专项"
    secretary = signed("P0019", "secretary")
    assert (await http.get(path, headers=secretary)).status_code == 404  # beyond the own community
    wrong = body | {"ends_on": "2026-11-01"}
    assert (await http.post("/v1/rates/campaigns", json=wrong, headers=admin)).status_code == 422


SQL_SEED = """
insert into rate_fact (
    ticket_id, round, unit, number, area, category, urgency, received_at, begun_at, opening,
    dispatched, lead, contacted_at, contact_ok, handled_at, result_ok, held_s, ended_at, ended
)
select gen_random_uuid(), 1, 'U-' || n % 7, n::text, '370105001008' || lpad((n % 9)::text, 3, '0'),
    'L1', 'urgent', at, at, true, true, true, at, n % 3 > 0, at, n % 5 > 0, 1, at, 'closed'
from generate_series(1, 20000) as n, lateral (select $1::timestamptz + n * interval '1 minute') as t(at)
"""


async def test_a_year_is_counted_from_its_index_alone(database: Database) -> None:
    as_the_pool_does = {"search_path": "notifier", "enable_seqscan": "off"}
    conn = await asyncpg.connect(database.dsn(), server_settings=as_the_pool_does)
    await conn.execute(SQL_SEED, MONDAY)
    await conn.execute("vacuum analyze rate_fact")
    wanted = Wanted("unit", MONDAY, MONDAY + timedelta(days=300))
    asked = (*wanted.asked(), MONDAY)
    plan = await conn.fetch(f"explain (analyze, timing off) {store_figures.SQL_DUTIES}", *asked)
    words = "\n".join(row[0] for row in plan)
    assert "Index Only Scan using rate_fact_begun" in words, words
    assert "Seq Scan" not in words, words
    [total, *groups] = await conn.fetch(store_figures.SQL_DUTIES, *asked)
    assert (total["response_n"], total["response_d"], total["on_time_n"]) == (
        13_334,
        20_000,
        16_000,
    )
    assert sum(row["response_n"] for row in groups) == 13_334
    await conn.close()
