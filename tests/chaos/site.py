"""What the runner asks of an installation under test and of a fault; the lab is one, a test's double another."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Protocol


class Site(Protocol):
    """A running installation whose servers and services can be hurt."""

    info: dict[str, Any]
    """run.json: addresses, tokens, keys of units, process ids."""

    @property
    def folder(self) -> Path:
        """Where it keeps its data, logs and secrets."""
        ...

    async def start(self) -> Any:
        """Bring it up; returns when it is ready."""
        ...

    async def stop(self) -> Any:
        """End it and leave nothing behind."""
        ...

    def reread(self) -> None:
        """Read run.json again: process ids and tokens change."""
        ...

    def token(self, role: str) -> dict[str, str]:
        """The header that signs somebody in."""
        ...


class Fault(Protocol):
    """One way to hurt it."""

    @property
    def kind(self) -> str:
        """Its name in reports."""
        ...

    @property
    def momentary(self) -> bool:
        """All its harm is done by the strike."""
        ...

    def needs(self) -> str | None:
        """Why it cannot be done on this machine; None where it can."""
        ...

    async def strike(self, lab: Any, rng: random.Random) -> dict[str, Any]:
        """Bring it into force; returns what was done, for the report."""
        ...

    async def heal(self, lab: Any) -> None:
        """Take the cause away; returns when everything is started again."""
        ...
