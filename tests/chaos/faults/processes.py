"""Processes that die or stand still: kill -9, and SIGSTOP until SIGCONT."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from random import Random
from typing import TYPE_CHECKING, Any, Final

import psutil

from chuishao.leftovers import wait_gone
from tests.chaos.faults.fault import Fault
from tests.chaos.server import family, send

if TYPE_CHECKING:
    from tests.chaos.lab import Lab

_AGAIN_S: Final = 60.0
_POLL_S: Final = 0.1
_GONE_S: Final = 5.0


class KillService(Fault):
    """kill -9 of one process of a service; the product's supervisor starts it again (A.1 rows 1, 2, 36)."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.kind = f"kill_{service}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Kill one of its processes."""
        name = rng.choice(lab.processes(self.service))
        pid = lab.pid(name)
        lab.struck[self.kind] = (name, pid)
        if pid is not None:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                process.kill()
                await asyncio.to_thread(wait_gone, [process], _GONE_S)
        return {"process": name, "pid": pid}

    async def heal(self, lab: Lab) -> None:
        """Wait until the supervisor has started another one."""
        name, pid = lab.struck.pop(self.kind)
        await again(lab, name, pid)


class KillServer(Fault):
    """kill -9 of a server, down until it heals (A.1 rows 7, 15, 18, 27)."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.kind = f"kill_{server}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Kill it with all it started, or its first process alone."""
        server = lab.servers[self.server]
        pid, alone = server.pid, rng.random() < 0.5
        if alone and pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(server.kill)
        return {"pid": pid, "alone": alone}

    async def heal(self, lab: Lab) -> None:
        """Start it again."""
        await lab.servers[self.server].start()


class Pause(Fault):
    """SIGSTOP: connections stay open and nobody answers (A.1 rows 4, 17, 26)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kind = f"pause_{name}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Stop a process; of PostgreSQL all of them or the first alone, so that only new clients hang."""
        process = self.name if self.name in lab.servers else rng.choice(lab.processes(self.name))
        pid = lab.pid(process)
        alone = rng.random() < 0.5
        lab.struck[self.kind] = pid
        stopped = 0
        if alone and pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped = 1
        else:
            stopped = send(pid, signal.SIGSTOP)
        return {"process": process, "pid": pid, "stopped": stopped, "of": len(family(pid))}

    async def heal(self, lab: Lab) -> None:
        """Let it go on."""
        send(lab.struck.pop(self.kind), signal.SIGCONT)


async def again(lab: Lab, name: str, pid: int | None) -> None:
    """Wait until the supervisor runs a process under this name that is not `pid`. Raises TimeoutError."""
    async with asyncio.timeout(_AGAIN_S):
        while (now := lab.pid(name)) is None or now == pid:
            await asyncio.sleep(_POLL_S)
