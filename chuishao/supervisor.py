"""Starts children, restarts the ones that crash, stops all of them in reverse order.

Children started together form a stage; stages stop in reverse, the children of one stage at the
same time. Everything runs in one thread: the kernel ties a child's life to the thread that
started it (see process.py).
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from chuishao.leftovers import ProcessRecord, remember
from chuishao.process import Child, ProcessSpec, Restart
from chuishao.tasks import together

Say: TypeAlias = Callable[[str], None]

_POLL_S = 0.03
_EARLY_DEATHS_ALLOWED = 3
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.5, 30.0
_STEADY_S = 60.0
_HURRY_S = 1.0
_ASK_ALIVE_S = 2.0
_JITTER = 0.2
"""So that replicas that died together do not come back together (reliability.md row 34)."""
_DICE = random.SystemRandom()


class StartError(RuntimeError):
    """A child could not be brought up; the message ends with the last lines of its log."""

    def __init__(self, child: Child, why: str) -> None:
        """Say which child failed, why, and where to read more."""
        spec = child.spec
        super().__init__(
            f"{spec.name} 启动失败 / could not start: {why}\n--- {spec.log}\n{child.log_tail()}"
        )


def restart_delay(crashes: int) -> float:
    """Seconds to wait before the next start, after so many crashes in a row."""
    return min(_FIRST_DELAY_S * 2.0 ** (crashes - 1), _LONGEST_DELAY_S)


class Supervisor:
    """Holds the children of one `chuishao up`; used inside one running event loop."""

    def __init__(
        self,
        data_dir: Path,
        say: Say,
        changed: Callable[[], None] | None = None,
    ) -> None:
        """`say` receives one line per notable fact, `changed` is called after a restart."""
        self._data_dir = data_dir
        self._say = say
        self._changed = changed
        self._stages: list[list[str]] = []
        self._children: dict[str, Child] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self._asked = asyncio.Event()
        self._hurry = asyncio.Event()

    @property
    def pids(self) -> dict[str, int]:
        """Name and process id of each child that runs now."""
        return {n: child.pid for n, child in self._children.items() if child.exit_code is None}

    def listen_to_signals(self) -> None:
        """Treat Ctrl-C, SIGTERM and a closed terminal as the wish to stop; the second hurries."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.ask_to_stop)

    def ask_to_stop(self) -> None:
        """First call: stop in order. Second call: do not wait for anybody any more."""
        if self._asked.is_set():
            self._hurry.set()
        self._asked.set()

    async def asked_to_stop(self) -> None:
        """Return once somebody wants us to stop."""
        await self._asked.wait()

    async def start(self, *specs: ProcessSpec) -> None:
        """Start children together and wait until all are ready; they form one stage.

        Raises StartError as soon as one of them dies three times or is not ready in time; those
        already started stay and are ended by `stop`.
        """
        self._stages.append([spec.name for spec in specs])
        await together(*(self._bring_up(spec) for spec in specs))

    async def finish(self, spec: ProcessSpec) -> None:
        """Run a child that does one thing and ends; raises StartError if it fails."""
        self._stages.append([spec.name])
        child = self._launch(spec)
        while (code := child.exit_code) is None:
            await asyncio.sleep(_POLL_S)
        if code != 0:
            raise StartError(child, f"ended with {code}")

    async def stop(self) -> None:
        """End every child, last stage first, and leave nothing running."""
        self._stopping = True
        for watcher in self._watchers.values():
            watcher.cancel()
        await asyncio.gather(*self._watchers.values(), return_exceptions=True)
        while self._stages:
            stage = self._stages.pop()
            await asyncio.gather(*(self._end(name) for name in stage))
        remember(self._data_dir, [])

    async def _bring_up(self, spec: ProcessSpec) -> None:
        deadline = time.monotonic() + spec.ready_seconds
        deaths = 0
        child = self._launch(spec)
        while not await self._ready(child):
            if child.exit_code is not None:
                deaths += 1
                if deaths == _EARLY_DEATHS_ALLOWED:
                    raise StartError(child, f"ended with {child.exit_code} while starting")
                await asyncio.sleep(restart_delay(deaths))
                child = self._launch(spec)
            if time.monotonic() > deadline:
                raise StartError(child, f"not ready after {spec.ready_seconds:.0f} s")
            await asyncio.sleep(_POLL_S)
        self._watchers[spec.name] = asyncio.create_task(self._watch(spec), name=spec.name)

    async def _ready(self, child: Child) -> bool:
        return child.exit_code is None and await child.spec.ready() and child.exit_code is None

    def _launch(self, spec: ProcessSpec) -> Child:
        child = self._children[spec.name] = Child(spec)
        self._remember()
        return child

    def _remember(self) -> None:
        records = (
            ProcessRecord.of(name, child.pid, [(s.signal, s.seconds) for s in child.spec.stop])
            for name, child in self._children.items()
            if child.exit_code is None
        )
        remember(self._data_dir, [record for record in records if record is not None])

    async def _watch(self, spec: ProcessSpec) -> None:
        crashes = 0
        while True:
            child = self._children[spec.name]
            code = await self._ended(child)
            child.kill_group()
            if not _wants_restart(spec, code):
                self._say(f"{spec.name} 已退出（{code}） / ended with {code}")
                return
            crashes = 1 if time.monotonic() - child.started_at > _STEADY_S else crashes + 1
            delay = restart_delay(crashes) * _DICE.uniform(1 - _JITTER, 1 + _JITTER)
            self._say(
                f"{spec.name} 已退出（{code}），{delay:.1f} 秒后重启"
                f" / ended with {code}, starting again in {delay:.1f} s"
            )
            await asyncio.sleep(delay)
            await self._relaunch(spec)

    async def _ended(self, child: Child) -> int:
        """Wait until a child has ended; one that has not been alive for too long is ended."""
        spec = child.spec
        asked_at = alive_at = time.monotonic()
        while (code := child.exit_code) is None:
            await asyncio.sleep(_POLL_S)
            now = time.monotonic()
            if spec.alive is None or now - asked_at < _ASK_ALIVE_S:
                continue
            paused = now - asked_at > _ASK_ALIVE_S * 3  # we ourselves stood still, not the child
            asked_at = now
            if paused or await spec.alive():
                alive_at = time.monotonic()
            elif time.monotonic() - alive_at > spec.silent_seconds:
                self._say(
                    f"{spec.name} 无响应 {spec.silent_seconds:.0f} 秒，结束它"
                    f" / has not been healthy for {spec.silent_seconds:.0f} s, ending it"
                )
                child.kill_group()
                alive_at = time.monotonic()
            asked_at = time.monotonic()
        return code

    async def _relaunch(self, spec: ProcessSpec) -> None:
        """Start a crashed child again, however long it takes; wait until it is ready or dead."""
        while (child := self._try_launch(spec)) is None:
            await asyncio.sleep(_LONGEST_DELAY_S)
        if self._changed is not None:
            self._changed()
        while child.exit_code is None:
            if await child.spec.ready():
                self._say(f"{spec.name} 已恢复（进程 {child.pid}） / is ready again")
                return
            await asyncio.sleep(_POLL_S)

    def _try_launch(self, spec: ProcessSpec) -> Child | None:
        try:
            return self._launch(spec)
        except (OSError, RuntimeError) as error:
            self._say(f"{spec.name}: {error}")
            return None

    async def _end(self, name: str) -> None:
        child = self._children.pop(name, None)
        if child is None:
            return
        for step in child.spec.stop:
            child.send(step.signal)
            if await self._gone(child, step.seconds):
                break
        child.kill_group()
        await self._gone(child, _LONGEST_DELAY_S)

    async def _gone(self, child: Child, seconds: float) -> bool:
        """Wait for the end of a child; a second wish to stop cuts every wait to one second."""
        began = time.monotonic()
        while child.exit_code is None:
            limit = min(seconds, _HURRY_S) if self._hurry.is_set() else seconds
            if time.monotonic() - began >= limit:
                return False
            await asyncio.sleep(_POLL_S)
        return True


def _wants_restart(spec: ProcessSpec, code: int) -> bool:
    match spec.restart:
        case Restart.ALWAYS:
            return True
        case Restart.ON_FAILURE:
            return code != 0
        case Restart.NEVER:
            return False
