"""How to see, from outside the fault, that it is in force: one look for each kind."""

from __future__ import annotations

import shutil
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import asyncpg
import pytest

from chuishao.nats_client import BrokerUnreachableError, connected
from chuishao.secrets import OPS_USER
from tests.chaos import signs
from tests.chaos.faults import rot
from tests.chaos.faults.fault import FaultMissedError
from tests.chaos.lab import SERVERS, Lab
from tests.chaos.mending import RefusedError, api, seed_of, superuser

Look = Callable[[Lab, dict[str, Any]], Awaitable[None]]
_NO_ROOM_BYTES: Final = 64 * 1024
_MINUTE: Final = timedelta(minutes=1)
SQL_SAID: Final = """
select count(*) filter (where convert_from(body, 'utf8') like '%added_later%'),
    count(*) filter (where convert_from(body, 'utf8') not like '%added_later%')
from router.outbox where subject like 'ticket.dispatched.%' and created_at > $1
"""
"""Dispatches by what they say."""
SQL_READ: Final = """
select count(*) filter (where said.category is null and m.category is null),
    count(*) filter (where said.category = m.category)
from (
    select (d.data ->> 'ticket_id')::uuid as ticket_id, d.data ->> 'category' as category
    from router.outbox o,
        lateral (select convert_from(o.body, 'utf8')::jsonb -> 'data' as data) d
    where o.subject like 'ticket.dispatched.%' and o.created_at > $1
) said
join notifier.matter m on m.ticket_id = said.ticket_id
"""
"""Of tickets the notifier has heard of: those whose category it was not told, and those whose it knows.

The field is that of tests/chaos/faults/rollout.py.
"""
SQL_CLOCKS: Final = "select clock_timestamp(), chuishao.business_now()"


async def down(lab: Lab, details: dict[str, Any]) -> None:
    """The servers named are not there."""
    assert [lab.pid(name) for name in details["servers"]] == [None] * len(details["servers"])


async def store_gone(lab: Lab, details: dict[str, Any]) -> None:
    """No block of messages is left."""
    assert details["files"]
    with pytest.raises(FaultMissedError):
        rot.block(lab.files.broker, Random(1))  # noqa: S311 - any will do


async def a_bit(_: Lab, details: dict[str, Any]) -> None:
    """A bit was there to be flipped; what that does is shown on a server alone (test_servers.py)."""
    assert 0 <= details["at"] < details["size"]


async def shorter(lab: Lab, details: dict[str, Any]) -> None:
    """The file is as short as was said."""
    assert (lab.files.broker / details["file"]).stat().st_size == details["kept"] < details["size"]


async def nothing_routed(lab: Lab, _: dict[str, Any]) -> None:
    """A complaint is taken, and no unit has it."""
    ident = await signs.file(lab, within_s=10)
    assert ident is not None, "intake depends on the broker"
    assert await signs.dispatched(lab, ident, within_s=3) is None


async def broker_full(lab: Lab, details: dict[str, Any]) -> None:
    """There is no room, and no event gets through."""
    assert shutil.disk_usage(lab.files.broker).free < _NO_ROOM_BYTES
    await nothing_routed(lab, details)


async def stream_full(lab: Lab, details: dict[str, Any]) -> None:
    """The limit of a stream is what it holds."""
    seed = seed_of(lab.data_dir, OPS_USER)
    info = await api(lab.nats_url, seed, f"STREAM.INFO.{details['stream']}")
    assert info["config"]["max_bytes"] == details["max_bytes"]


async def tables_full(lab: Lab, _: dict[str, Any]) -> None:
    """There is no room for another table."""
    with pytest.raises(asyncpg.DiskFullError):
        async with superuser(lab.postgres_dsn) as conn:
            await conn.execute(
                "create table fills (x) as select repeat('x', 2000) from generate_series(1, 2000)"
            )


async def nobody_takes_complaints(lab: Lab, _: dict[str, Any]) -> None:
    """No complaint is acknowledged."""
    assert await signs.file(lab, within_s=2) is None


async def links(_: Lab, details: dict[str, Any]) -> None:
    """There were connections to meet, and what they said was; how is shown in test_proxy.py."""
    assert details["connections"]
    assert details.get("bitten", 1)


async def consumer_gone(lab: Lab, details: dict[str, Any]) -> None:
    """The broker does not know it."""
    seed = seed_of(lab.data_dir, OPS_USER)
    with pytest.raises(RefusedError, match="consumer not found"):
        await api(lab.nats_url, seed, f"CONSUMER.INFO.{details['stream']}.{details['consumer']}")


async def key_refused(lab: Lab, details: dict[str, Any]) -> None:
    """The broker refuses the service's own key."""
    seed = seed_of(lab.data_dir, details["users"][0])
    with pytest.raises(BrokerUnreachableError):
        async with connected(lab.nats_url, seed):
            pass


async def broker_refuses(lab: Lab, _: dict[str, Any]) -> None:
    """Not everybody finds room."""
    seed = seed_of(lab.data_dir, OPS_USER)

    async def several() -> None:
        async with AsyncExitStack() as open_together:
            for _ in range(5):
                await open_together.enter_async_context(connected(lab.nats_url, seed))

    with pytest.raises(BrokerUnreachableError):
        await several()


def role_refused(error: type[Exception]) -> Look:
    """The database refuses the service's own role for this reason."""

    async def look(lab: Lab, details: dict[str, Any]) -> None:
        role = next(name for name in details["roles"] if name != "chuishao_vault")
        service = role.split("_")[1]
        secret = (lab.data_dir / "secrets" / service / "chuishao_postgres_password").read_text()
        with pytest.raises(error):
            await asyncpg.connect(lab.postgres_server.tcp_dsn(role, secret.strip(), "chuishao"))

    return look


async def business_jumped(lab: Lab, details: dict[str, Any]) -> None:
    """The business's time is days away from the machine's."""
    async with superuser(lab.postgres_dsn) as conn:
        machine, business = await conn.fetchrow(SQL_CLOCKS)
    assert abs(business - machine - timedelta(days=details["days"])) < _MINUTE


async def machine_jumped(lab: Lab, details: dict[str, Any]) -> None:
    """The database's time is days away from ours, the business's with it."""
    async with superuser(lab.postgres_dsn) as conn:
        machine, business = await conn.fetchrow(SQL_CLOCKS)
    jump = timedelta(days=details["days"])
    assert abs(machine - datetime.now(UTC) - jump) < _MINUTE
    assert abs(business - machine) < _MINUTE


async def older_schema(lab: Lab, _: dict[str, Any]) -> None:
    """One router says no category and one says it; the notifier has read both, each for what it says."""
    await _both(lab, SQL_READ)


async def newer_schema(lab: Lab, _: dict[str, Any]) -> None:
    """One router says what the other does not know, and both route."""
    await _both(lab, SQL_SAID)


async def _both(lab: Lab, counted: str) -> None:
    """File until both figures are more than nothing; the replica that was replaced may still be starting."""
    deadline = time.monotonic() + signs.PATIENT_S
    async with superuser(lab.postgres_dsn) as conn:
        began = await conn.fetchval(SQL_CLOCKS)
        counts: Sequence[int] = (0, 0)
        while not all(counts):
            assert time.monotonic() < deadline, f"{counts}"
            ident = await signs.file(lab)
            assert ident is not None
            assert await signs.dispatched(lab, ident)
            counts = await conn.fetchrow(counted, began)


LOOKS: Final[Mapping[str, Look]] = {
    "power_cut_nats": down,
    "power_cut_postgres": down,
    "power_cut_both": down,
    "store_deleted": store_gone,
    "bit_flipped": a_bit,
    "bit_flipped_index_gone": a_bit,
    "truncated": shorter,
    "disk_full_nats": broker_full,
    "stream_full": stream_full,
    "disk_full_postgres": tables_full,
    "disk_full_wal": nobody_takes_complaints,
    **{
        f"{trouble}_{server}": links
        for trouble in ("partition", "deaf", "half_open", "cut_off", "slow")
        for server in SERVERS
    },
    "consumer_deleted": consumer_gone,
    "wrong_nkey": key_refused,
    "wrong_password": role_refused(asyncpg.InvalidPasswordError),
    "max_connections_nats": broker_refuses,
    "max_connections_postgres": role_refused(asyncpg.TooManyConnectionsError),
    "clock_jump_business": business_jumped,
    "clock_jump_machine": machine_jumped,
    "rollout_older": older_schema,
    "rollout_newer": newer_schema,
}
