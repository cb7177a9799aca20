"""CPU time and memory of everything the product runs, servers included."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds so far and resident bytes, by process name."""

    cpu_s: dict[str, float]
    rss: dict[str, int]

    def since(self, earlier: Usage) -> dict[str, float]:
        """CPU seconds spent since, by process name."""
        return {name: spent - earlier.cpu_s.get(name, 0.0) for name, spent in self.cpu_s.items()}


def usage(pids: Mapping[str, int]) -> Usage:
    """Measure processes with their children, exited children included."""
    cpu, rss = {}, {}
    for name, pid in pids.items():
        process = psutil.Process(pid)
        times = process.cpu_times()
        spent = times.user + times.system + times.children_user + times.children_system
        memory = process.memory_info().rss
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                own = child.cpu_times()
                spent += own.user + own.system
                memory += _private(child)
        cpu[name], rss[name] = spent, memory
    return Usage(cpu, rss)


def _private(process: psutil.Process) -> int:
    """Memory of a backend without the shared buffers it maps."""
    info = process.memory_info()
    return max(0, int(info.rss) - int(info.shared))
