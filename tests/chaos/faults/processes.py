"""Processes that die or stand still: kill -9, and SIGSTOP until SIGCONT."""

from __future__ import annotations

import asyncio
import signal
from random import Random
from typing import TYPE_CHECKING, Any, Final

import psutil

from chuishao.leftovers import is_alive, wait_gone
from tests.chaos.faults.fault import Fault, FaultMissedError
from tests.chaos.server import family, send

if TYPE_CHECKING:
    from tests.chaos.lab import Lab

_AGAIN_S: Final = 60.0
_POLL_S: Final = 0.1
_GONE_S: Final = 5.0
_STILL_S: Final = 2.0


class KillService(Fault):
    """kill -9 of one process of a service; the product's supervisor starts it again (A.1 rows 1, 2, 36)."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.kind = f"kill_{service}"
        self.momentary = True

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Kill one of its processes."""
        name = rng.choice(lab.processes(self.service))
        process = running(lab, name)
        lab.struck[self.kind] = (name, process.pid)
        process.kill()
        if await asyncio.to_thread(wait_gone, [process], _GONE_S):
            raise FaultMissedError(f"{name} is still there")
        return {"process": name, "pid": process.pid}

    async def heal(self, lab: Lab) -> None:
        """Wait until the supervisor has started another one."""
        if self.kind in lab.struck:
            await again(lab, *lab.struck[self.kind])
            del lab.struck[self.kind]


class KillServer(Fault):
    """kill -9 of a server, down until it heals (A.1 rows 7, 15, 18, 27)."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.kind = f"kill_{server}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Kill it with all it started, or its first process alone."""
        process, alone = running(lab, self.server), rng.random() < 0.5
        if alone:
            process.kill()
        await asyncio.to_thread(lab.servers[self.server].kill)
        return {"pid": process.pid, "alone": alone}

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
        first = running(lab, process)
        alone = rng.random() < 0.5
        lab.struck[self.kind] = first.pid
        stopped = 1
        if alone:
            first.send_signal(signal.SIGSTOP)
        else:
            stopped = send(first.pid, signal.SIGSTOP)
        await _still(first)
        of = len(family(first.pid))
        return {"process": process, "pid": first.pid, "stopped": stopped, "of": of}

    async def heal(self, lab: Lab) -> None:
        """Let it go on."""
        send(lab.struck.pop(self.kind, None), signal.SIGCONT)


def running(lab: Lab, name: str) -> psutil.Process:
    """The process under this name. Raises FaultMissedError while there is none."""
    pid = lab.pid(name)
    try:
        process = psutil.Process(pid) if pid is not None else None
    except psutil.Error:
        process = None
    if process is None or not is_alive(process):
        raise FaultMissedError(f"{name} does not run")
    return process


async def _still(process: psutil.Process) -> None:
    """Wait until it stands still. Raises FaultMissedError when it never does."""
    try:
        async with asyncio.timeout(_STILL_S):
            while process.status() != psutil.STATUS_STOPPED:
                await asyncio.sleep(_POLL_S)
    except (TimeoutError, psutil.Error) as error:
        raise FaultMissedError(f"{process.pid} does not stand still") from error


async def again(lab: Lab, name: str, pid: int | None) -> None:
    """Wait until the supervisor runs a process under this name that is not `pid`. Raises TimeoutError."""
    async with asyncio.timeout(_AGAIN_S):
        while (now := lab.pid(name)) is None or now == pid:
            await asyncio.sleep(_POLL_S)
