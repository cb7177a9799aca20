"""A million open clocks, a hundred thousand of them due in a minute, three replicas, one killed in the middle.

Lateness is counted to the commit (`track_commit_timestamp`), not to the moment a tick began: until the
commit nobody has heard of anything. Each due clock asks for two things, `clock.breached` and a rung.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from benchmarks.escalating.pile import Places, fill
from benchmarks.escalating.replica import directory
from benchmarks.processes import Usage, usage
from chuishao import ports
from chuishao.directory import SAMPLE_DIRECTORY
from chuishao.embedded.postgres import EmbeddedPostgres
from chuishao.supervisor import Supervisor
from kit.db import create_pool
from kit.migrate import SERVICES, migrate_all
from services.notifier.ticking import tick
from services.router.directory import files

PASSWORD: Final = "bench-only"  # noqa: S105 - of a server that lives as long as the benchmark
ROLE: Final = "chuishao_notifier"
FULL: Final = (1_000_000, 100_000)
QUICK: Final = (100_000, 20_000)
"""Open clocks, and how many of them come due."""
RATE: Final = 2_000
"""Clocks that come due in a second."""
FEW: Final = 1_000
REPLICAS: Final = 3
LOOKS: Final = 200
AHEAD_S: Final = 12.0
PATIENCE_S: Final = 300.0
SQL_LATE: Final = """
select extract(epoch from pg_xact_commit_timestamp(e.xmin) - e.due_at)::float8 as rung_s,
    extract(epoch from pg_xact_commit_timestamp(c.xmin) - c.due_at)::float8 as alarm_s
from notifier.escalation e
join notifier.clock c on c.ticket_id = e.ticket_id and c.kind = 'result'
where e.level = 2
"""
SQL_SAID: Final = """
with said as (
    select split_part(subject, '.', 1) || '.' || split_part(subject, '.', 2) as name,
        convert_from(body, 'utf8')::jsonb->'data'->>'ticket_id' as ticket
    from notifier.outbox
), counted as (
    select name, ticket, count(*) as n from said group by name, ticket
)
select name, count(*) as tickets, count(*) filter (where n > 1) as twice
from counted group by name
"""
SQL_LEFT: Final = """
select (select count(*) from notifier.ladder where next_due_at <= $1)
    + (select count(*) from notifier.clock where next_at <= $1)
"""


@dataclass(slots=True)
class Scale:
    """What was measured."""

    open: int
    due: int
    took_s: float
    idle_ms: dict[str, float] = field(default_factory=dict)
    """Median of a tick with nothing due, by number of open tickets."""
    per_s: float = 0.0
    """Due clocks a second, from the first due time to the last commit."""
    late_s: dict[str, float] = field(default_factory=dict)
    """From due time to commit: p50, p99, max over rungs and alarms."""
    twice: int = 0
    never: int = 0
    rss_mib: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Of each replica: when a tenth was due, and at the end (of the killed one: before the kill)."""
    cpu_s: dict[str, float] = field(default_factory=dict)


async def at_scale(clocks: int, due: int) -> Scale:
    """Run it on a server of its own."""
    async with _server() as server:
        conn = await asyncpg.connect(
            server.tcp_dsn("postgres", PASSWORD, "postgres"),
            server_settings={"search_path": "notifier"},
            command_timeout=600,
        )
        try:
            return await _measure(server, conn, clocks, due)
        finally:
            await conn.close()


async def _measure(
    server: EmbeddedPostgres, conn: asyncpg.Connection[Any], clocks: int, due: int
) -> Scale:
    places = _places()
    dsn = server.tcp_dsn(ROLE, PASSWORD, "postgres")
    began = time.perf_counter()
    later = datetime.now(UTC) + timedelta(days=2)
    apart = timedelta(days=5) / clocks
    found = Scale(clocks, due, 0.0)
    await fill(conn, places, range(FEW), later, apart)
    await conn.execute("vacuum analyze")
    found.idle_ms[f"{FEW:,}"] = await _idle_ms(dsn)
    await fill(conn, places, range(FEW, clocks - due), later, apart)
    await conn.execute("vacuum analyze")
    await conn.execute("checkpoint")
    found.idle_ms[f"{clocks - due:,}"] = await _idle_ms(dsn)
    replicas = {f"replica {n}": _start(dsn) for n in range(1, REPLICAS + 1)}
    try:
        await _run(server, conn, found, replicas)
    finally:
        for process in replicas.values():
            process.kill()
            process.wait()
    found.took_s = time.perf_counter() - began
    return found


async def _run(
    server: EmbeddedPostgres,
    conn: asyncpg.Connection[Any],
    found: Scale,
    replicas: Mapping[str, subprocess.Popen[bytes]],
) -> None:
    filling = found.due / 25_000 + AHEAD_S
    first = datetime.now(UTC) + timedelta(seconds=filling)
    numbers = range(found.open - found.due, found.open)
    await fill(conn, _places(), numbers, first, timedelta(seconds=1) / RATE)
    pids = {name: process.pid for name, process in replicas.items()}
    pids["postgres"] = int((server.data / "postmaster.pid").read_text().split()[0])
    seconds = found.due / RATE
    await asyncio.sleep((first - datetime.now(UTC)).total_seconds())
    idle = usage(pids)
    await asyncio.sleep(seconds / 10)
    before = replace(idle, rss=usage(pids).rss)
    await asyncio.sleep(seconds * 0.4)
    name, victim = next(iter(replicas.items()))
    at_kill = usage({name: victim.pid})
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    pids.pop(name)
    last = first + timedelta(seconds=seconds)
    await asyncio.sleep(max(0.0, (last - datetime.now(UTC)).total_seconds()))
    deadline = time.perf_counter() + PATIENCE_S
    while await conn.fetchval(SQL_LEFT, last) and time.perf_counter() < deadline:
        await asyncio.sleep(0.5)
    _note(found, before, at_kill, usage(pids))
    await _judge(conn, found, first)


def _note(found: Scale, before: Usage, at_kill: Usage, after: Usage) -> None:
    rss = after.rss | at_kill.rss
    mib = 1024 * 1024
    found.rss_mib = {
        name: (round(before.rss[name] / mib, 1), round(rss[name] / mib, 1))
        for name in before.rss
        if name != "postgres"
    }
    spent = after.since(before) | at_kill.since(before)
    found.cpu_s = {name: round(seconds, 1) for name, seconds in spent.items()}


async def _judge(conn: asyncpg.Connection[Any], found: Scale, first: datetime) -> None:
    rows = await conn.fetch(SQL_LATE)
    late = sorted(seconds for row in rows for seconds in row)
    cuts = statistics.quantiles(late, n=100)
    found.late_s = {"p50": cuts[49], "p99": cuts[98], "max": late[-1]}
    ended = await conn.fetchval(
        "select max(pg_xact_commit_timestamp(xmin)) from notifier.escalation"
    )
    found.per_s = found.due / (ended - first).total_seconds()
    said = {row["name"]: row for row in await conn.fetch(SQL_SAID)}
    for name in ("clock.breached", "escalation.raised"):
        found.never += found.due - (said[name]["tickets"] if name in said else 0)
        found.twice += said[name]["twice"] if name in said else 0


async def _idle_ms(dsn: str) -> float:
    """Median of ticks that find nothing due."""
    pool = await create_pool(dsn, PASSWORD, "notifier", size=2)
    city, taken = directory(), []
    for _ in range(LOOKS):
        began = time.perf_counter()
        await tick(pool, city)
        taken.append((time.perf_counter() - began) * 1e3)
    await pool.close()
    return statistics.median(taken)


def _start(dsn: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.escalating.replica", dsn, PASSWORD]
    return subprocess.Popen(command)


def _places() -> Places:
    units = files.read(SAMPLE_DIRECTORY)["units"]
    return [(unit.code, unit.area[0]) for unit in units if unit.kind.value == "grid_team"]


@asynccontextmanager
async def _server() -> AsyncIterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="chuishao-ladder-"))
    server = EmbeddedPostgres(
        folder / "postgres", ports.choose(23_900)["postgres"], PASSWORD, folder / "log"
    )
    supervisor = Supervisor(folder, print)
    spec = server.spec()
    await supervisor.start(replace(spec, argv=(*spec.argv, "-c", "track_commit_timestamp=on")))
    try:
        roles = {f"chuishao_{name}": PASSWORD for name in (*SERVICES, "vault")}
        await migrate_all(server.tcp_dsn("postgres", PASSWORD, "postgres"), roles)
        yield server
    finally:
        supervisor.ask_to_stop()
        await supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)


def shown(found: Scale) -> dict[str, Any]:
    """As plain values for a report."""
    return asdict(found)
