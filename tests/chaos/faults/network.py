"""The network between a service and a server: away, half open, breaking off, slow (A.1 rows 4, 16, 26)."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.chaos.faults.fault import Fault, FaultMissedError
from tests.chaos.proxy import Trouble

if TYPE_CHECKING:
    from tests.chaos.lab import Lab

_GROUPS: Final = ("intake", "router", "notifier", "console")
_LONGEST_PIECE: Final = 4_000
_DELAYS_S: Final = (0.05, 0.4)
_BITES_WITHIN_S: Final = 20.0
"""So long a link may be silent before a trouble of it counts as none."""


class Partition(Fault):
    """One service and one server do not reach each other; nothing is refused, nothing is closed."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.kind = f"partition_{server}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Hold back what a service says to the server and hears of it."""
        group = await _somebody(lab, self.server, rng)
        return await _begin(lab, self.server, self.kind, Trouble(group, "both"))

    async def heal(self, lab: Lab) -> None:
        """The link is back, and what was held back arrives."""
        await lab.orders.end(self.server, self.kind)


class DeafPartition(Fault):
    """A service is heard by the server and hears nothing of it: what it asked for happens all the same."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.kind = f"deaf_{server}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Hold back the answers alone."""
        group = await _somebody(lab, self.server, rng)
        return await _begin(lab, self.server, self.kind, Trouble(group, "answers"))

    async def heal(self, lab: Lab) -> None:
        """The answers arrive."""
        await lab.orders.end(self.server, self.kind)


class HalfOpen(Fault):
    """The server's ends of a service's connections are gone, and nobody told the service."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.kind = f"half_open_{server}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Take the far ends away; new connections work."""
        group = await _somebody(lab, self.server, rng)
        met = await lab.orders.half_open(self.server, group)
        if not met:
            raise FaultMissedError(f"{group} has no connection to {self.server} any more")
        return {"group": group, "connections": met}

    async def heal(self, lab: Lab) -> None:
        """What is still half open is reset, as the next packet of a real one would be."""
        await lab.orders.reset(self.server)


class CutOff(Fault):
    """Connections break off in the middle of a message, again and again, so that a commit may be unknown."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.kind = f"cut_off_{server}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Let every connection of a service live for so many bytes."""
        group, direction = await _somebody(lab, self.server, rng), rng.choice(("asked", "answers"))
        after = rng.randrange(1, _LONGEST_PIECE)
        trouble = Trouble(group, cut_after=after, cut=direction)
        told = await _begin(lab, self.server, self.kind, trouble)
        return told | {"direction": direction, "after_bytes": after}

    async def heal(self, lab: Lab) -> None:
        """Connections hold again."""
        await lab.orders.end(self.server, self.kind)


class Slow(Fault):
    """Every piece takes its time on the way."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.kind = f"slow_{server}"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Delay both directions of all connections of a service."""
        group, delay_s = await _somebody(lab, self.server, rng), rng.uniform(*_DELAYS_S)
        told = await _begin(lab, self.server, self.kind, Trouble(group, delay_s=delay_s))
        return told | {"delay_s": round(delay_s, 3)}

    async def heal(self, lab: Lab) -> None:
        """The link is quick again."""
        await lab.orders.end(self.server, self.kind)


async def _somebody(lab: Lab, server: str, rng: Random) -> str:
    """A service that is connected to the server now. Raises FaultMissedError when none is."""
    here = await lab.orders.groups(server)
    found = [group for group in _GROUPS if here.get(group)]
    if not found:
        raise FaultMissedError(f"nobody is connected to {server}")
    return rng.choice(found)


async def _begin(lab: Lab, server: str, kind: str, trouble: Trouble) -> dict[str, Any]:
    """Put a group's connections in trouble and wait until that has met something they say."""
    met = await lab.orders.begin(server, kind, trouble)
    bitten = await lab.orders.bitten(server, kind, within_s=_BITES_WITHIN_S)
    if not bitten:
        raise FaultMissedError(f"{trouble.group} said nothing to {server} and heard nothing of it")
    return {"group": trouble.group, "connections": met, "bitten": bitten}
