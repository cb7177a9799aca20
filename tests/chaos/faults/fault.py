"""What a fault is: it is struck, is in force, and heals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.chaos.lab import Lab


class FaultMissedError(RuntimeError):
    """A strike met nothing: no process, no connection, no block. It proves nothing and counts for nothing."""


class Fault(ABC):
    """One kind of trouble. It keeps nothing itself: what has to heal is noted in the lab.

    Faults of different kinds may overlap; each heals what it did and nothing else.
    """

    kind: str
    momentary: bool = False
    """All its harm is done by the strike: from then on the product can recover, whenever it is healed."""

    @abstractmethod
    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Return once it is in force, with what a report needs to know.

        Raises FaultMissedError when there was nothing to strike; healing is right then, too.
        """

    @abstractmethod
    async def heal(self, lab: Lab) -> None:
        """Return once what was struck has been started again; whether it is ready is not waited for.

        May raise while another fault keeps the same server away; it can be called again then.
        """

    def needs(self) -> str | None:
        """Why it cannot be struck on this machine; None where it can."""
        return None
