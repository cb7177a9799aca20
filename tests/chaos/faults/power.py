"""Power cut: everything not synced is gone (reliability.md A.1 rows 9 and 10, A.3)."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.chaos import volume
from tests.chaos.faults.fault import Fault, FaultMissedError
from tests.chaos.faults.processes import running

if TYPE_CHECKING:
    from tests.chaos.lab import Lab

_DISKS: Final = {"nats": ("broker",), "postgres": ("database", "wal")}


class PowerCut(Fault):
    """Servers lose power at the same moment and are down until it heals."""

    def __init__(self, kind: str, *servers: str) -> None:
        self.kind = kind
        self.servers = servers

    def needs(self) -> str | None:
        """A loop device and root to mount it."""
        return volume.needs()

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Kill them, then leave on their disks what a loss of power would."""
        disks = [lab.files.volumes[disk] for name in self.servers for disk in _DISKS[name]]
        rng.shuffle(disks)
        for name in self.servers:
            running(lab, name)
        for name in self.servers:
            await asyncio.to_thread(lab.servers[name].kill)
        lost = {disk.image.stem: await asyncio.to_thread(disk.cut_power) for disk in disks}
        if not any(lost.values()):
            raise FaultMissedError("everything written had been synced")
        return {"servers": list(self.servers), "disks": list(lost), "lost_bytes": lost}

    async def heal(self, lab: Lab) -> None:
        """Power is back: both start."""
        await asyncio.gather(*(lab.servers[name].start() for name in self.servers))
