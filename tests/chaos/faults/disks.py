"""Disks that are full (A.1 rows 19 and 20), and a broker that stops before its disk does."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from chuishao.secrets import OPS_USER
from tests.chaos import volume
from tests.chaos.faults.fault import Fault, FaultMissedError
from tests.chaos.faults.processes import running
from tests.chaos.mending import api, seed_of

if TYPE_CHECKING:
    from tests.chaos.lab import Lab

SQL_SWITCH: Final = "select txid_current(), pg_switch_wal()"
_SWITCHES: Final = 60
_LEFT_BYTES: Final = 256 * 1024
_TIMEOUT_S: Final = 10.0


class BrokerDiskFull(Fault):
    """No byte is left on the broker's disk: publishers hear nothing but time-outs."""

    kind = "disk_full_nats"

    def needs(self) -> str | None:
        """A disk of its own that can be filled."""
        return volume.needs()

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:  # noqa: ARG002 - nothing to draw
        """Fill it."""
        running(lab, "nats")
        return {"taken": await _fill(lab, "broker")}

    async def heal(self, lab: Lab) -> None:
        """Make room and start the server again: it stays frozen otherwise (row 19)."""
        lab.files.volumes["broker"].free()
        await asyncio.to_thread(lab.servers["nats"].kill)
        await lab.servers["nats"].start()


class StreamFull(Fault):
    """A stream has reached the most it may hold: publishers are refused in so many words."""

    kind = "stream_full"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Lower the limit of a stream to what it holds."""
        running(lab, "nats")
        stream = rng.choice(("COMPLAINTS", "TICKETS", "ESCALATIONS"))
        seed = seed_of(lab.data_dir, OPS_USER)
        info = await api(lab.nats_url, seed, f"STREAM.INFO.{stream}")
        limit = max(1, info["state"]["bytes"])
        changed = info["config"] | {"max_bytes": limit}
        lab.struck[self.kind] = (stream, info["config"]["max_bytes"])
        await api(lab.nats_url, seed, f"STREAM.UPDATE.{stream}", changed)
        return {"stream": stream, "max_bytes": limit}

    async def heal(self, lab: Lab) -> None:
        """Give it back the limit it had."""
        if self.kind not in lab.struck:
            return
        stream, before = lab.struck[self.kind]
        seed = seed_of(lab.data_dir, OPS_USER)
        info = await api(lab.nats_url, seed, f"STREAM.INFO.{stream}")
        config = info["config"] | {"max_bytes": before}
        await api(lab.nats_url, seed, f"STREAM.UPDATE.{stream}", config)
        del lab.struck[self.kind]


class DatabaseDiskFull(Fault):
    """No byte is left for PostgreSQL: on the disk of its tables, or on that of its log."""

    def __init__(self, kind: str, disk: str) -> None:
        self.kind = kind
        self.disk = disk

    def needs(self) -> str | None:
        """Disks of its own that can be filled."""
        return volume.needs()

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:  # noqa: ARG002 - nothing to draw
        """Fill it; a log that still has recycled segments is made to use them up."""
        running(lab, "postgres")
        taken = await _fill(lab, self.disk)
        switched = await _use_up_segments(lab.postgres_dsn) if self.disk == "wal" else 0
        return {"disk": self.disk, "taken": taken, "segments_used_up": switched}

    async def heal(self, lab: Lab) -> None:
        """Make room, and start the server again if it has given up."""
        lab.files.volumes[self.disk].free()
        server = lab.servers["postgres"]
        if server.pid is not None and not await _answers(lab.postgres_dsn):
            await asyncio.to_thread(server.kill)
        await server.start()


async def _fill(lab: Lab, disk: str) -> int:
    """Leave no room on a disk; return how many bytes there were."""
    taken = await asyncio.to_thread(lab.files.volumes[disk].fill)
    if not taken:
        raise FaultMissedError(f"there was no room on the disk {disk} before")
    return taken


async def _use_up_segments(dsn: str) -> int:
    """Write log until it stops; return how many segments there still were. Raises FaultMissedError."""
    for used in range(_SWITCHES):
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                conn = await asyncpg.connect(dsn)
                try:
                    await conn.execute(SQL_SWITCH)
                finally:
                    conn.terminate()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return used
    raise FaultMissedError(f"the log goes on after {_SWITCHES} segments")


async def _answers(dsn: str) -> bool:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            conn = await asyncpg.connect(dsn)
            try:
                await conn.execute("create temporary table room (x int) on commit drop")
            finally:
                conn.terminate()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True
