"""One child process: what to start, how it is ready, how it ends.

A child sits in its own session, so a Ctrl-C at the terminal reaches only us and we decide the
order of stopping. On Linux the kernel ends it when we die without a word (kill -9): the child
asks for that itself, after it has changed its user, because changing the user clears the wish.
The wish hangs on the *thread* that forked, so children are started from the main thread only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from signal import Signals

from chuishao.embedded.system_user import SystemUser
from chuishao.files import make_private_dir

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_ORPHANED_EXIT = 125
_POLL_S = 0.02
_LOG_LIMIT_BYTES = 20 * 1024 * 1024
_TAIL_BYTES = 4096

ReadyCheck = Callable[[], Awaitable[bool]]


class Restart(StrEnum):
    """When a child that ended by itself is started again."""

    ALWAYS = "always"
    ON_FAILURE = "on_failure"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class StopStep:
    """Send one signal and give the child `seconds` to end; SIGKILL follows the last step."""

    signal: Signals
    seconds: float


async def _at_once() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """Everything needed to start one child again and again.

    `prepare` runs before every start and may block for as long as a recovery needs.
    `orphaned` is the signal the kernel sends when the supervisor dies.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    user: SystemUser | None = None
    ready: ReadyCheck = _at_once
    ready_seconds: float = 30.0
    alive: ReadyCheck | None = None
    """Asked every few seconds once it is ready: a child that says no for `silent_seconds` is ended."""
    silent_seconds: float = 20.0
    stop: tuple[StopStep, ...] = (StopStep(Signals.SIGTERM, 15.0),)
    orphaned: Signals = Signals.SIGKILL
    restart: Restart = Restart.ON_FAILURE
    prepare: Callable[[], None] | None = None


class Child:
    """A started process. Its methods never wait except `end`, which is for tests and scripts."""

    def __init__(self, spec: ProcessSpec) -> None:
        """Prepare and start the child; raises OSError if the program cannot be executed."""
        self.spec = spec
        if spec.prepare is not None:
            spec.prepare()
        make_private_dir(spec.log.parent)
        _rotate(spec.log)
        self._log_begins = spec.log.stat().st_size if spec.log.exists() else 0
        self._popen = _spawn(spec)
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int:
        """Process id, also the id of the child's process group."""
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; a negative number is the signal that ended it."""
        return self._popen.poll()

    def send(self, number: Signals) -> None:
        """Signal the child itself; one that is gone already is no error."""
        if self.exit_code is None:
            with suppress(ProcessLookupError):
                self._popen.send_signal(number)

    def kill_group(self) -> None:
        """SIGKILL the child and whatever it left in its process group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def end(self) -> int:
        """Stop the child by its steps, waiting; return its exit code."""
        for step in self.spec.stop:
            self.send(step.signal)
            deadline = time.monotonic() + step.seconds
            while self.exit_code is None and time.monotonic() < deadline:
                time.sleep(_POLL_S)
        self.kill_group()
        return self._popen.wait()

    def log_tail(self) -> str:
        """Return the last lines this child wrote to its log, for an error message."""
        with suppress(OSError), self.spec.log.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(self._log_begins, log.tell() - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace").strip()
        return ""


def _spawn(spec: ProcessSpec) -> subprocess.Popen[bytes]:
    user = spec.user
    with spec.log.open("ab") as log:
        return subprocess.Popen(
            spec.argv,
            env=dict(spec.env),
            cwd=spec.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            preexec_fn=tie_to_parent(os.getpid(), spec.orphaned),  # noqa: PLW1509 - one thread
        )


def _rotate(log: Path) -> None:
    """Keep one older log once the current one is big; a running child keeps its own file."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(log.suffix + ".1"))


def tie_to_parent(parent: int, orphaned: Signals) -> Callable[[], None]:
    """What a child does first: ask the kernel to send it this signal when its parent thread dies."""

    def tie() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(orphaned), 0, 0, 0)
        if os.getppid() != parent:  # it died before the wish was heard
            os._exit(_ORPHANED_EXIT)

    return tie
