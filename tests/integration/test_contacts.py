"""Contact health on a real database: read off our own events, once, by whoever comes first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kit.db import Pool
from services.router.publishing import reaching
from services.router.publishing.contacts import Patience
from tests.support import small
from tests.support.router_city import City
from tests.support.servers import Database
from tests.support.small import GARDEN, HAPPY_EAST, MONDAY


@pytest.fixture
async def city(router_pool: Pool, database: Database) -> City:
    """The small district on its Monday morning."""
    made = City(router_pool, database.dsn())
    await made.at(MONDAY)
    await made.publish(small.tables())
    return made


async def read_all(city: City) -> None:
    while await reaching.read_on(city.pool):
        pass


async def test_contact_health_is_read_off_our_own_events_once(city: City) -> None:
    signed, left = await city.file(grid_code=HAPPY_EAST), await city.file(grid_code=GARDEN)
    await city.act(signed, "accept")
    await read_all(city)
    await read_all(city)
    directory = city.in_use.directory
    assert directory is not None
    found = await reaching.page(city.pool, directory, Patience(), only_stale=False, cursor=None)
    by_unit = {one["unit"]: one for one in found["items"]}
    assert by_unit["GT-3"]["last_sign_for"]
    assert by_unit["GT-1"]["last_sign_for"] is None
    assert by_unit["GT-1"]["unsigned"] == 1
    assert await reaching.stale(city.pool, directory, Patience()) == []
    await city.at(MONDAY + timedelta(days=4))
    (silent,) = await reaching.stale(city.pool, directory, Patience())
    assert (silent.unit, silent.waiting.tickets) == ("GT-1", 1)
    await city.act(left, "accept", "contact")
    await read_all(city)
    assert await reaching.stale(city.pool, directory, Patience()) == []
    await city.file(grid_code=HAPPY_EAST)
    await city.pool.execute("update ticket set unit = 'SZ' where status = 'dispatched'")
    await city.at(MONDAY + timedelta(days=40))
    await read_all(city)
    whys = {one.unit: one.why for one in await reaching.stale(city.pool, directory, Patience())}
    assert whys.keys() == {"GT-3", "SZ"}
    assert whys["GT-3"] is not None
    assert "回音" in whys["GT-3"][0]


async def test_a_page_of_contacts_ends_and_goes_on(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "PAGE", 1)
    for grid in (HAPPY_EAST, GARDEN):
        await city.file(grid_code=grid)
    await read_all(city)
    directory = city.in_use.directory
    assert directory is not None
    seen, cursor = [], None
    while True:
        found = await reaching.page(
            city.pool, directory, Patience(), only_stale=False, cursor=cursor
        )
        seen += [one["unit"] for one in found["items"]]
        cursor = found["next"]
        if cursor is None:
            break
    assert seen == sorted(set(seen))
    assert {"GT-1", "GT-3"} <= set(seen)
