"""The server that leads a stream dies, in a cluster of three (A.1 row 14)."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from chuishao.secrets import OPS_USER
from tests.chaos.faults.fault import Fault, FaultMissedError
from tests.chaos.faults.processes import running
from tests.chaos.lab import Lab
from tests.chaos.mending import api, seed_of
from tests.chaos.streams import KEPT


class KillLeader(Fault):
    """kill -9 of the leader of one stream; the two others choose another."""

    kind = "kill_leader"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Kill whoever leads it now."""
        stream = rng.choice(KEPT)
        seed = seed_of(lab.data_dir, OPS_USER)
        info = await api(lab.nats_url, seed, f"STREAM.INFO.{stream}")
        leader = info["cluster"].get("leader")
        if not leader:
            raise FaultMissedError(f"nobody leads {stream}")
        name = "nats" if leader == "n1" else f"nats-{leader.removeprefix('n')}"
        running(lab, name)
        lab.struck[self.kind] = name
        await asyncio.to_thread(lab.servers[name].kill)
        return {"stream": stream, "leader": leader}

    async def heal(self, lab: Lab) -> None:
        """Start it again; it catches up from the others."""
        if self.kind in lab.struck:
            await lab.servers[lab.struck[self.kind]].start()
            del lab.struck[self.kind]
