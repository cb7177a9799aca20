"""The product under load, every process started as `make run` does."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.http1 import Connection
from benchmarks.processes import Usage, usage
from benchmarks.units import Units
from benchmarks.workload import UNITS, bodies

SETTLE_S: Final = 60.0
QUIET_S: Final = 0.5
QUIET_CPU_S: Final = 0.06
MS: Final = 1_000.0


@dataclass(slots=True)
class Stage:
    """What one stage measured. Rates a second, times in milliseconds, CPU milliseconds per ticket."""

    name: str
    tickets: int = 0
    accepted_per_s: float = 0.0
    end_to_end_per_s: float = 0.0
    post_ms: dict[str, float] = field(default_factory=dict)
    unit_ms: dict[str, float] = field(default_factory=dict)
    cpu_ms: float = 0.0
    cpu_by_process: dict[str, float] = field(default_factory=dict)
    complete: bool = False


ONE_FOR_ALL: Final = {
    "CHUISHAO_PERSON_PER_S": "100000",
    "CHUISHAO_PERSON_AT_ONCE": "1000000",
    "CHUISHAO_CALLER_PER_HOUR": "10000000",
}
"""One operator and some thousand phones stand for a city's."""


class Product:
    """A running product in a folder that goes with it."""

    def __init__(self, *flags: str, env: Mapping[str, str] = ONE_FOR_ALL) -> None:
        """`env`: what its services are told beside their own settings."""
        self.folder = Path(tempfile.mkdtemp(prefix="chuishao-bench-"))
        self._flags = flags
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None
        self.info: dict[str, Any] = {}
        self.units = Units()
        self._tag = (os.urandom(2).hex() + str(n) for n in itertools.count())

    async def start(self) -> float:
        """Start and follow the units' durables; returns seconds to ready."""
        began = time.perf_counter()
        command = [sys.executable, "-m", "chuishao", "up", "--no-sample", "--port-base", "22700"]
        self._process = subprocess.Popen(  # noqa: ASYNC220 - lives as long as the benchmark
            [*command, "--data-dir", str(self.folder), *self._flags],
            env={**os.environ, **self._env},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        run_file = self.folder / "run.json"
        while not run_file.exists():
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").as_posix())
            await asyncio.sleep(0.05)
        self.info = json.loads(run_file.read_text())
        seconds = time.perf_counter() - began
        await self.units.follow(self.info["nats"], self.info["nats_users"], UNITS)
        await asyncio.sleep(1.5)
        return seconds

    async def stop(self) -> None:
        """Stop everything and remove the data."""
        await self.units.close()
        if self._process:
            self._process.send_signal(signal.SIGINT)
            await asyncio.to_thread(self._process.wait, 60)
        await asyncio.to_thread(shutil.rmtree, self.folder, True)  # noqa: FBT003

    def usage(self) -> Usage:
        """CPU and memory of every process now."""
        return usage(self.info["pids"])

    async def posts(self, name: str, *, connections: int, seconds: float) -> Stage:
        """Closed loop of single POSTs; ends when the units have every ticket."""
        work = bodies(next(self._tag))
        end = time.perf_counter() + seconds
        sent: dict[str, float] = {}
        latencies: list[float] = []
        head = self._head()

        async def worker() -> None:
            connection = await Connection.open(self.info["intake"])
            while time.perf_counter() < end:
                at = time.perf_counter()
                sent[await _post(connection, head, next(work))] = at
                latencies.append(time.perf_counter() - at)
            connection.close()

        before, began = self.usage(), time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(connections)))
        accepted_s = time.perf_counter() - began
        stage = await self._finish(Stage(name), sent, before, began)
        stage.accepted_per_s = len(sent) / accepted_s
        stage.post_ms = percentiles(latencies)
        return stage

    async def paced(
        self, name: str, *, rate: float, seconds: float, one_unit: bool = False
    ) -> Stage:
        """Open loop: one POST each 1/rate s whatever the answers; latency from its planned moment."""
        work = bodies(next(self._tag), one_unit=one_unit)
        idle = [await Connection.open(self.info["intake"]) for _ in range(64)]
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in idle:
            free.put_nowait(connection)
        sent: dict[str, float] = {}
        latencies: list[float] = []
        head = self._head()

        async def one(at: float, body: bytes) -> None:
            connection = await free.get()
            sent[await _post(connection, head, body)] = at
            latencies.append(time.perf_counter() - at)
            free.put_nowait(connection)

        before, began = self.usage(), time.perf_counter()
        tasks = []
        for n in range(int(rate * seconds)):
            at = began + n / rate
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            tasks.append(asyncio.create_task(one(at, next(work))))
        await asyncio.gather(*tasks)
        stage = await self._finish(Stage(name), sent, before, began)
        stage.accepted_per_s = rate
        stage.post_ms = percentiles(latencies)
        for connection in idle:
            connection.close()
        return stage

    async def batch(self, name: str, *, lines: int, requests: int = 4) -> Stage:
        """NDJSON batches in parallel; ends when the units have every ticket."""
        work = bodies(next(self._tag))
        head = self._head() + "Content-Type: application/x-ndjson\r\n"
        share = lines // requests
        chunks = [b"\n".join(itertools.islice(work, share)) for _ in range(requests)]
        sent: dict[str, float] = {}
        before, began = self.usage(), time.perf_counter()

        async def one(raw: bytes) -> None:
            connection = await Connection.open(self.info["intake"])
            keyed = f"{head}Idempotency-Key: {uuid.uuid4()}\r\n"
            status, answer = await connection.post("/v1/complaints/batch", keyed, raw)
            assert status == 200, status  # noqa: S101, PLR2004 - a benchmark of errors means nothing
            for line in answer.splitlines():
                sent[orjson.loads(line)["complaint_id"]] = began
            connection.close()

        await asyncio.gather(*(one(raw) for raw in chunks))
        accepted_s = time.perf_counter() - began
        stage = await self._finish(Stage(name), sent, before, began)
        stage.accepted_per_s = len(sent) / accepted_s
        return stage

    async def _finish(
        self, stage: Stage, sent: dict[str, float], before: Usage, began: float
    ) -> Stage:
        deadline = time.perf_counter() + SETTLE_S
        arrived = self.units.arrived
        while any(ticket not in arrived for ticket in sent) and time.perf_counter() < deadline:
            await asyncio.sleep(0.02)
        times = {ticket: arrived[ticket] for ticket in sent if ticket in arrived}
        stage.tickets = len(sent)
        stage.complete = len(times) == len(sent)
        stage.end_to_end_per_s = len(times) / (max(times.values()) - began)
        stage.unit_ms = percentiles([arrived[t] - at for t, at in sent.items() if t in arrived])
        spent = (await self._quiet()).since(before)
        stage.cpu_ms = sum(spent.values()) / len(sent) * MS
        stage.cpu_by_process = {n: s / len(sent) * MS for n, s in spent.items()}
        return stage

    async def _quiet(self) -> Usage:
        """Usage once clocks, projections and outboxes have settled too: their work counts."""
        last = self.usage()
        for _ in range(120):
            await asyncio.sleep(QUIET_S)
            now = self.usage()
            if sum(now.since(last).values()) < QUIET_CPU_S:
                return last
            last = now
        return last

    def _head(self) -> str:
        return f"Authorization: Bearer {self.info['tokens']['operator']}\r\n"


async def _post(connection: Connection, head: str, body: bytes) -> str:
    keyed = f"{head}Content-Type: application/json\r\nIdempotency-Key: {uuid.uuid4()}\r\n"
    status, answer = await connection.post("/v1/complaints", keyed, body)
    assert status == 201, (status, answer)  # noqa: S101, PLR2004 - a benchmark of errors means nothing
    ticket: str = orjson.loads(answer)["complaint_id"]
    return ticket


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Of times in seconds, the ones that matter, in milliseconds."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * MS, 2)
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }
