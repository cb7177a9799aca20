"""What a killed run left behind: its processes are found again and ended, and only those.

`processes.json` in the data directory holds number, start time and command of each child. A
number alone proves nothing, because the system gives it to another program later.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from signal import Signals

import psutil

from chuishao.files import write_private

FILE_NAME = "processes.json"
# The start time is computed from the machine's boot time, which clock corrections move a little.
_SAME_TIME_S = 2.0
_POLL_S = 0.05
_KILL_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """One started child as the next run will look for it; `stop` holds (signal, seconds) steps."""

    name: str
    pid: int
    create_time: float
    command: tuple[str, ...]
    stop: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, name: str, pid: int, stop: Iterable[tuple[int, float]]) -> ProcessRecord | None:
        """Describe a running process; None if it has ended already."""
        try:
            process = psutil.Process(pid)
            return cls(name, pid, process.create_time(), tuple(process.cmdline()), tuple(stop))
        except psutil.Error:
            return None

    def find(self) -> psutil.Process | None:
        """Return the process if number, start time and command all still match."""
        try:
            process = psutil.Process(self.pid)
            same_time = abs(process.create_time() - self.create_time) <= _SAME_TIME_S
            same = same_time and tuple(process.cmdline()) == self.command
            return process if same and is_alive(process) else None
        except psutil.Error:
            return None


def remember(data_dir: Path, records: Sequence[ProcessRecord]) -> None:
    """Write the children of this run; an empty list says that it ended cleanly."""
    document = [asdict(record) for record in records]
    write_private(data_dir / FILE_NAME, json.dumps(document, ensure_ascii=False, indent=1))


def end_leftovers(data_dir: Path) -> list[str]:
    """End what an earlier run of this data directory left running; return the names.

    Only for the holder of the data directory's lock. Children end in reverse order of starting.
    """
    ended = []
    for record in reversed(_recorded(data_dir)):
        process = record.find()
        if process is None:
            continue
        ended.append(record.name)
        for number, seconds in (*record.stop, (int(Signals.SIGKILL), _KILL_WAIT_S)):
            with suppress(psutil.Error):
                process.send_signal(number)
            if not wait_gone([process], seconds):
                break
    return ended


def is_alive(process: psutil.Process) -> bool:
    """Say whether it runs; a dead one whose parent has not looked yet (a zombie) does not."""
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def wait_gone(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until all have ended, at most `seconds`; return those still alive."""
    deadline = time.monotonic() + seconds
    alive = [process for process in processes if is_alive(process)]
    while alive and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        alive = [process for process in alive if is_alive(process)]
    return alive


def _recorded(data_dir: Path) -> list[ProcessRecord]:
    """Read the file of the last run; a missing or torn one means: nothing known."""
    try:
        document = json.loads((data_dir / FILE_NAME).read_text("utf-8"))
        return [
            ProcessRecord(
                name=row["name"],
                pid=row["pid"],
                create_time=row["create_time"],
                command=tuple(row["command"]),
                stop=tuple((number, seconds) for number, seconds in row["stop"]),
            )
            for row in document
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return []
