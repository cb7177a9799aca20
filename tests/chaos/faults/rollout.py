"""A rolling restart of the replicas with an older, then a newer schema of events (A.1 row 38, B.8)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.chaos.faults.fault import Fault
from tests.chaos.faults.processes import again

if TYPE_CHECKING:
    from tests.chaos.lab import Lab

_PACKAGES: Final = ("chuishao", "contracts", "kit", "services")
_EVENTS: Final = Path("contracts", "ticket.py")
_FIELD: Final = "    coordinator: str | None = None\n"
"""Optional, sent with every ticket event that has one, and read by no consumer."""
_NEW_FIELD: Final = '    added_later: str | None = "what an older consumer does not know"\n'
VERSIONS: Final = {"older": "", "newer": _FIELD + _NEW_FIELD}
_REPLICATED: Final = ("router", "notifier")


class Rollout(Fault):
    """One replica of router and notifier runs code with other events, beside one that runs ours."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.kind = f"rollout_{version}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Restart one replica of each, after the other, from a tree with another schema."""
        tree = await asyncio.to_thread(self._tree, lab)
        before = lab.tree.resolve()
        names = [rng.choice(lab.processes(service)) for service in _REPLICATED]
        lab.struck[self.kind] = (before, names)
        lab.point_at(tree)
        await _restart(lab, names)
        return {"version": self.version, "processes": names}

    async def heal(self, lab: Lab) -> None:
        """Roll it back the same way."""
        before, names = lab.struck.pop(self.kind)
        lab.point_at(before)
        await _restart(lab, names)

    def _tree(self, lab: Lab) -> Path:
        """The code under test with one optional field of its events removed, or one more."""
        tree: Path = lab.folder / "trees" / self.version
        if not tree.exists():
            source = lab.tree.resolve()
            new = tree.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            for package in _PACKAGES:
                shutil.copytree(
                    source / package, new / package, ignore=shutil.ignore_patterns("__pycache__")
                )
            text = (new / _EVENTS).read_text("utf-8")
            if text.count(_FIELD) != 1:
                raise AssertionError(f"{_EVENTS} has no such field any more: {_FIELD!r}")
            (new / _EVENTS).write_text(text.replace(_FIELD, VERSIONS[self.version]), "utf-8")
            new.rename(tree)
        return tree


async def _restart(lab: Lab, names: list[str]) -> None:
    """End processes as a rollout does, each once the one before it has been started again."""
    for name in names:
        pid = lab.pid(name)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        await again(lab, name, pid)
