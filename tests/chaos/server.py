"""Servers that the lab itself starts, kills, pauses and starts again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil

from chuishao.leftovers import is_alive, wait_gone
from chuishao.process import Child, ProcessSpec

MARK: Final = "CHUISHAO_LAB"
"""Environment variable by which the lab finds its processes again after it was killed itself."""
_POLL_S: Final = 0.05
_GONE_S: Final = 10.0


class NotStartedError(AssertionError):
    """A process of the lab did not come up; the message ends with the last lines of its log."""


class Server:
    """One process of the lab. Whatever ends it, only the lab starts it again."""

    def __init__(self, spec: ProcessSpec, folder: Path) -> None:
        self.spec = replace(spec, prepare=None, env={**spec.env, MARK: str(folder)})
        self._prepare = spec.prepare
        self._child: Child | None = None
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        child = self._child
        return child.pid if child is not None and child.exit_code is None else None

    async def start(self) -> None:
        """Start it unless it runs, and wait until it is ready. Raises NotStartedError."""
        async with self._starting:
            if self.pid is None:
                await self._start()

    async def _start(self) -> None:
        if self._prepare is not None:
            await asyncio.to_thread(self._prepare)
        child = self._child = Child(self.spec)
        deadline = asyncio.get_running_loop().time() + self.spec.ready_seconds
        while not await self.spec.ready():
            code = child.exit_code
            if code is not None or asyncio.get_running_loop().time() > deadline:
                raise NotStartedError(f"{self.spec.name} ({code}): {child.log_tail()}")
            await asyncio.sleep(_POLL_S)

    def signal(self, number: signal.Signals) -> int:
        """Send a signal to it and everything below it; return how many got it."""
        return send(self.pid, number)

    def kill(self) -> None:
        """Kill it and everything below it with -9, and wait until all are gone."""
        child = self._child
        if child is None:
            return
        _kill(family(self.pid))
        child.kill_group()
        child.end()

    def stop(self) -> int | None:
        """Stop it as its owner would; return its exit code. A paused one goes on first."""
        if self._child is None:
            return None
        self.signal(signal.SIGCONT)
        return self._child.end()


def family(pid: int | None) -> list[psutil.Process]:
    """A process and all below it; empty when it is gone."""
    try:
        process = psutil.Process(pid) if pid is not None else None
        return [process, *process.children(recursive=True)] if process else []
    except psutil.Error:
        return []


def send(pid: int | None, number: signal.Signals) -> int:
    """Send a signal to a process and everything below it; return how many got it."""
    sent = 0
    for process in family(pid):
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)
            sent += 1
    return sent


def end_leftovers(folder: Path) -> list[str]:
    """Kill with -9 what a killed run of the lab in `folder` left running; return the names."""
    left = list(_of(folder.resolve()))
    _kill(left)
    return [process.info["name"] for process in left]


def _kill(processes: list[psutil.Process]) -> None:
    """Kill with -9, wait, and take away the shared memory that only its owner would have removed."""
    shared = {path for process in processes for path in _shared_memory(process)}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    wait_gone(processes, _GONE_S)
    for path in shared:
        path.unlink(missing_ok=True)


def _shared_memory(process: psutil.Process) -> set[Path]:
    """Files of PostgreSQL's shared memory that a process has mapped."""
    try:
        lines = Path(f"/proc/{process.pid}/maps").read_text("utf-8").splitlines()
    except OSError:
        return set()
    return {Path(line.split()[-1]) for line in lines if "/dev/shm/PostgreSQL." in line}


def _of(folder: Path) -> Iterator[psutil.Process]:
    """Processes that carry the mark; PostgreSQL wipes its environment but sits in its data directory."""
    mark = f"{MARK}={folder}".encode()
    for process in psutil.process_iter(["name"]):
        if process.pid == os.getpid() or not is_alive(process):
            continue
        try:
            marked = mark in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
            inside = process.info["name"] == "postgres" and folder in Path(process.cwd()).parents
        except (OSError, psutil.Error):
            continue
        if marked or inside:
            yield process
