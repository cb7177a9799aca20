"""One `chuishao up` per data directory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DataDirectoryInUseError(RuntimeError):
    """Another `chuishao up` holds this data directory."""

    def __init__(self, data_dir: Path, holder: str) -> None:
        """Name the directory and the process that holds it."""
        who = holder or "?"
        super().__init__(
            f"数据目录 {data_dir} 正由另一个 chuishao up 使用（进程 {who}）。"
            "请先停止它，或用 --data-dir 另选目录。\n"
            f"Another `chuishao up` (process {who}) is using the data directory {data_dir}: "
            "stop it first, or choose another one with --data-dir."
        )


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Hold the directory's lock; the kernel lets go of it however we end.

    Raises DataDirectoryInUseError at once when another process holds it.
    """
    with (data_dir / "lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DataDirectoryInUseError(data_dir, lock.read().strip()) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
