"""The router's directory at the size of a quarter, a city and a million places.

Each size in a process of its own (`python -m benchmarks.whole_city 13132`), on a PostgreSQL of its own:
check and publish, build off the event loop as a replica does, decide, and let the version go. Size 0 is
the sample. What holds the event loop is shown beside what holds it while nothing is done: other
processes of the machine.
"""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil
import uvloop

from benchmarks import city
from benchmarks.deciding import sample_complaints
from chuishao import ports
from chuishao.directory import SAMPLE_DIRECTORY
from chuishao.embedded.postgres import EmbeddedPostgres
from chuishao.supervisor import Supervisor
from contracts.complaint import ComplaintReceived
from kit.db import Pool, create_pool, reading
from kit.migrate import migrate_all
from services.router.decision.matching import decide
from services.router.directory import files
from services.router.directory.directory import Directory
from services.router.directory.files import Tables
from services.router.publishing import catalogue, checks
from services.router.publishing.version import build_version, end

SIZES: Final = (0, 13_132, 1_000_000)
ROLES: Final = ("intake", "vault", "router", "notifier", "console")
PASSWORD: Final = "bench"  # noqa: S105 - of a server that lives a minute
COMPLAINTS: Final = 2_000
ROUNDS: Final = 5
IDLE_S: Final = 3.0
MIB: Final = 1024 * 1024


def whole_city() -> list[dict[str, Any]]:
    """One row of figures a size; seconds, MiB, microseconds."""
    rows = []
    for size in SIZES:
        command = [sys.executable, "-m", "benchmarks.whole_city", str(size)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows.append(json.loads(next(s for s in said.splitlines() if s.startswith("{"))))
        p50 = rows[-1]["decision_us"]["p50"]
        rows[-1]["decision_to_sample"] = round(p50 / rows[0]["decision_us"]["p50"], 2)
    return rows


async def measure(size: int) -> dict[str, Any]:
    """Figures of one size."""
    tables = city.tables(size) if size else files.read(SAMPLE_DIRECTORY)
    complaints = city.complaints(tables, COMPLAINTS) if size else sample_complaints()
    row: dict[str, Any] = {"areas": len(tables["areas"])}
    folder = Path(tempfile.mkdtemp(prefix="chuishao-city-"))
    supervisor = Supervisor(folder, lambda _: None)
    try:
        pool = await _database(folder, supervisor)
        row |= await _publish(pool, tables)
        del tables
        gc.collect()
        last = [await _build(pool, row)]
        row["decision_us"] = _decide(last[0], complaints)
        async with _held() as letting_go:
            await asyncio.to_thread(end, last)
        row["loop_held_ms"]["letting_go"] = max(letting_go)
        await pool.close()
    finally:
        supervisor.ask_to_stop()
        await supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return row


async def _database(folder: Path, supervisor: Supervisor) -> Pool:
    port = ports.choose(24_900)["postgres"]
    server = EmbeddedPostgres(folder / "postgres", port, PASSWORD, folder / "log", durable=False)
    await supervisor.start(server.spec())
    dsn = server.tcp_dsn("postgres", PASSWORD, "postgres")
    await migrate_all(dsn, {f"chuishao_{role}": PASSWORD for role in ROLES}, simulated=False)
    dsn = server.tcp_dsn("chuishao_router", PASSWORD, "postgres")
    return await create_pool(dsn, PASSWORD, "router", size=2)


async def _publish(pool: Pool, tables: Tables) -> dict[str, float]:
    began = time.perf_counter()
    faults = checks.check(tables, datetime.now(UTC))
    checked = time.perf_counter()
    if faults:
        raise RuntimeError("\n".join(map(str, faults)))
    await catalogue.publish(pool, tables, by="bench")
    return {
        "check_s": round(checked - began, 2),
        "check_and_publish_s": round(time.perf_counter() - checked, 2),
    }


async def _build(pool: Pool, row: dict[str, Any]) -> Directory:
    """Build as a replica does, and notice how long the loop was held."""
    process = psutil.Process()
    before = process.memory_info().rss
    async with _held() as idle:
        await asyncio.sleep(IDLE_S)
    began = time.perf_counter()
    async with _held() as building, reading(pool) as conn:
        directory, _ = await build_version(conn, 1)
    row["build_s"] = round(time.perf_counter() - began, 2)
    row["loop_held_ms"] = {
        "idle": max(idle),
        "building": max(building),
        "building_p99": round(statistics.quantiles(building, n=100, method="inclusive")[98], 1),
    }
    gc.collect()
    row["memory_mib"] = round((process.memory_info().rss - before) / MIB)
    return directory


@asynccontextmanager
async def _held() -> AsyncIterator[list[float]]:
    """Milliseconds between two turns of the event loop, beyond what was asked for."""
    taken: list[float] = []

    async def watch() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            taken.append(round((time.perf_counter() - began) * 1e3 - 1, 1))

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.01)
    yield taken
    await asyncio.sleep(0.01)
    watching.cancel()


def _decide(directory: Directory, complaints: list[ComplaintReceived]) -> dict[str, float]:
    taken = []
    for _ in range(ROUNDS):
        for complaint in complaints:
            began = time.perf_counter()
            decide(complaint, directory, city.NOON)
            taken.append((time.perf_counter() - began) * 1e6)
    cuts = statistics.quantiles(taken, n=100)
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(measure(int(sys.argv[1])))) + "\n")
