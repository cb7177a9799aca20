"""Which topics somebody may have. Pure; the rules for tickets are the router's (`kit/staff.py`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from kit.staff import Seat
from services.console.projection import topics

SEES_ALL: Final = frozenset({"dispatcher", "admin", "ruling", "auditor", "operator"})
"""Roles to which the router shows every ticket (services/router/queries.py): nothing is kept from them."""
EVERYWHERE: Final = frozenset({"dispatcher", "admin", "ruling", "auditor"})
"""Roles that follow the tickets of any area."""
WATCHERS: Final = EVERYWHERE | {"dashboard"}
"""Roles that follow the figures of any area."""
SEATED: Final = SEES_ALL | {"unit", "secretary"}
"""Roles whose holders may see the tickets of their posts; a dashboard's alone does not."""
ROLES_OF: Final = {
    topics.DESK: frozenset({"dispatcher", "admin", "ruling", "auditor"}),
    topics.CALLBACKS: frozenset({"operator", "admin", "auditor"}),
    topics.HALL: frozenset({"dashboard", "dispatcher", "secretary", "admin"}),
    topics.STATUS: frozenset({"admin"}),
}


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody's roles, and what the directory says they stand for today."""

    roles: frozenset[str]
    seat: Seat

    @property
    def kin(self) -> frozenset[str]:
        """Parties complaints about which are kept from this person."""
        return frozenset() if self.roles & SEES_ALL else self.seat.kin

    def may(self, topic: str) -> bool:
        """True for a topic this person may follow."""
        kind, _, code = topic.partition(".")
        if topic == topics.DIRECTORY:
            return True
        if topic in topics.WHOLE:
            return bool(self.roles & ROLES_OF[topic])
        if not topics.well_formed(topic):
            return False
        if kind in {"area", "wall"}:
            wide = EVERYWHERE if kind == "area" else WATCHERS
            return bool(self.roles & wide) or (self._seated and self._serves(code))
        units = self.seat.below if kind == "inbox" else self._tables
        return self._seated and code in units

    def topics(self) -> list[str]:
        """All of them; `area.*` and `wall.*` for who may follow any area, else the areas served."""
        found = {name for name in topics.WHOLE if self.may(name)}
        if self._seated:
            found |= topics.of("inbox", self.seat.below) | topics.of("queue", self._tables)
            found |= topics.of("area", self.seat.areas) | topics.of("wall", self.seat.areas)
        found |= {"area.*"} if self.roles & EVERYWHERE else set()
        found |= {"wall.*"} if self.roles & WATCHERS else set()
        return sorted(found)

    def refused(self, wanted: Collection[str]) -> list[str]:
        """Those of some topics that are not this person's."""
        return [topic for topic in wanted if not self.may(topic)]

    @property
    def _seated(self) -> bool:
        return bool(self.roles & SEATED)

    @property
    def _tables(self) -> frozenset[str]:
        """Offices whose reception queue may be read: those led and those below."""
        return self.seat.led if "secretary" in self.roles else frozenset()

    def _serves(self, area: str) -> bool:
        return any(area.startswith(own) for own in self.seat.areas)
