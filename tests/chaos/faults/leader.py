"""The server that leads a stream dies, in a cluster of three (A.1 row 14)."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from chuishao.secrets import OPS_USER
from tests.chaos.faults.fault import Fault
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
        leader = str(info["cluster"]["leader"])
        name = "nats" if leader == "n1" else f"nats-{leader.removeprefix('n')}"
        lab.struck[self.kind] = name
        await asyncio.to_thread(lab.servers[name].kill)
        return {"stream": stream, "leader": leader}

    async def heal(self, lab: Lab) -> None:
        """Start it again; it catches up from the others."""
        await lab.servers[lab.struck.pop(self.kind)].start()
