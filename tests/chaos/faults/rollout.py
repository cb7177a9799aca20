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
from tests.chaos.faults.processes import again, running

if TYPE_CHECKING:
    from tests.chaos.lab import Lab

_PACKAGES: Final = ("chuishao", "contracts", "kit", "services")
NOT_RUN: Final = shutil.ignore_patterns("__pycache__", "node_modules")
"""What lies among the packages and no service runs: a third of a gigabyte, and no rollout waits for it."""
_EVENTS: Final = Path("contracts", "ticket.py")
FIELD: Final = "category"
"""Optional, sent with every ticket event of a matter whose category is known, and read by the notifier: for
its tables of heavy tickets and for its rates. Where it is missing, both keep what they knew.
"""
_FIELD: Final = f"    {FIELD}: str | None = None\n"
_NO_FIELD: Final = f"    {FIELD}: ClassVar[str | None] = None\n"
"""Before there was such a field: neither sent nor understood, and None for the code that came with it."""
_NEW_FIELD: Final = '    added_later: str | None = "what an older consumer does not know"\n'
VERSIONS: Final = {"older": _NO_FIELD, "newer": _FIELD + _NEW_FIELD}
_REPLICATED: Final = ("router", "notifier")


class Rollout(Fault):
    """One replica of router and notifier runs code with other events, beside one that runs ours."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.kind = f"rollout_{version}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Restart one replica of each, after the other, from a tree with another schema."""
        names = [rng.choice(lab.processes(service)) for service in _REPLICATED]
        for name in names:
            running(lab, name)
        tree = await asyncio.to_thread(self._tree, lab)
        before = lab.tree.resolve()
        lab.struck[self.kind] = (before, names)
        lab.point_at(tree)
        await _restart(lab, names)
        return {"version": self.version, "processes": names}

    async def heal(self, lab: Lab) -> None:
        """Roll it back the same way."""
        if self.kind in lab.struck:
            before, names = lab.struck[self.kind]
            lab.point_at(before)
            await _restart(lab, names)
            del lab.struck[self.kind]

    def _tree(self, lab: Lab) -> Path:
        """The code under test with one optional field of its events fewer, or one more."""
        tree: Path = lab.folder / "trees" / self.version
        if not tree.exists():
            source = lab.tree.resolve()
            new = tree.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            for package in _PACKAGES:
                shutil.copytree(source / package, new / package, ignore=NOT_RUN)
            text = (new / _EVENTS).read_text("utf-8")
            (new / _EVENTS).write_text(changed(text, self.version), "utf-8")
            new.rename(tree)
        return tree


def changed(text: str, version: str) -> str:
    """The definitions of ticket events as another version of them has it."""
    if text.count(_FIELD) != 1:
        raise AssertionError(f"{_EVENTS} has no such field any more: {_FIELD!r}")
    return text.replace(_FIELD, VERSIONS[version])


async def _restart(lab: Lab, names: list[str]) -> None:
    """End processes as a rollout does, each once the one before it has been started again."""
    for name in names:
        pid = lab.pid(name)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        await again(lab, name, pid)
