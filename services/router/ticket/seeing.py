"""Who acts, what of tickets they may see, and whether they stand above the holder. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contracts.directory import UnitKind
from kit.sight import NOTHING, Sight
from services.router.directory.directory import Directory, holds
from services.router.ticket.ticket import By

LEADING: Final = frozenset({"leader", "deputy", "duty_lead", "secretary"})
"""Roles of posts whose holders supervise what lies below their unit (domain.md D2, D5)."""
DESK_ROLES: Final = ("dispatcher", "admin")
"""Roles that act for the dispatch desk."""
OFFICES: Final = frozenset({UnitKind.COMMUNITY, UnitKind.SUBDISTRICT, UnitKind.DISTRICT})
"""Units answerable for all that happens in their area, whoever handles it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, the units that person stands for, and whether for the desk."""

    person: str
    units: frozenset[str]
    desk: bool = False
    ruling: bool = False
    leads: frozenset[str] = frozenset()
    """Of the units, those in which the person holds a leading post."""
    directory: Directory | None = None
    elsewhere: frozenset[str] = frozenset()
    """Other units in which the person holds a post: they tie, but do not entitle."""
    via: str | None = None
    """How the person was known, where that was not by a token or a key of the own unit: `reply`."""

    def sees(self, row: Mapping[str, Any], about: Collection[str] = NOTHING) -> bool:
        """Holder, assist, a leader above, desk or ruling officer; nobody tied to a party complained about.

        `about` are those named in tickets it is worked on with. What somebody may not see is not known to
        exist (product.md section 8; domain.md E23).
        """
        if self.desk or self.ruling:
            return True
        if self._tied(row["accused"]) or not self.kin.isdisjoint(about):
            return False
        return not self.units.isdisjoint({row["unit"], *row["assists"]}) or self._leads_over(row)

    def serves(self, area: str | None) -> bool:
        """True for a leader of the office in whose area a place lies: all that happens there is theirs to see."""
        return bool(area) and any((area or "").startswith(code) for code in self.areas)

    @property
    def areas(self) -> frozenset[str]:
        """Areas of the offices that this person leads."""
        units = self.directory.units if self.directory else {}
        offices = (units[lead] for lead in self.leads if lead in units)
        return frozenset(
            code for office in offices if office.kind in OFFICES for code in office.area
        )

    def sight(self, *, everything: bool = False, told: frozenset[str] = NOTHING) -> Sight:
        """The same as `sees`, for the row policies (migrations/0013); `told`: see `kit.sight`."""
        return Sight(
            person=self.person,
            everything=everything or self.desk or self.ruling,
            units=self.units,
            below=self.units | _downwards(self.directory, self.leads),
            areas=self.areas,
            kin=self.kin,
            told=told,
        )

    @property
    def kin(self) -> frozenset[str]:
        """Parties whose matters this person must not see: own units, those right below, those stood in for."""
        mine = self.units | self.elsewhere
        units = self.directory.units.values() if self.directory else ()
        return mine | {u.code for u in units if not mine.isdisjoint({u.parent, u.deputy})}

    def may(self, by: By, row: Mapping[str, Any]) -> bool:
        """True when one of the step's parties is this one."""
        return (
            (By.HOLDER in by and row["unit"] in self.units)
            or (By.DESK in by and self.desk)
            or (By.RULING in by and self.ruling)
            or (By.ABOVE in by and row["unit"] not in self.units and self._leads_over(row))
        )

    def how(self) -> dict[str, str]:
        """For history and audit: how the person was known."""
        return {"via": self.via} if self.via else {}

    def _leads_over(self, row: Mapping[str, Any]) -> bool:
        if not self.leads or self.directory is None:
            return False
        if not self.leads.isdisjoint(_upwards(self.directory, row["unit"])):
            return True
        return self.serves(row["area"])

    def _tied(self, accused: str | None) -> bool:
        party = self.directory.units.get(accused or "") if self.directory else None
        if party is None:
            return accused in self.units
        tied = {party.code, party.parent, party.deputy}
        return not (self.units | self.elsewhere).isdisjoint(tied)


def actor(
    person: str,
    directory: Directory | None,
    at: datetime,
    *,
    unit: str | None = None,
    roles: frozenset[str] = frozenset(),
) -> Actor:
    """The person as the directory knows them today; with `unit`, acting for that one alone.

    Whoever is tied to a party complained about by another post of theirs stays tied.
    """
    posts = directory.posts_by_person.get(person, ()) if directory else ()
    held = [post for post in posts if holds(post, at)]
    units = frozenset(post.unit for post in held)
    leads = frozenset(post.unit for post in held if post.role in LEADING)
    elsewhere: frozenset[str] = frozenset()
    if unit is not None:
        units, leads, elsewhere = units & {unit}, leads & {unit}, units - {unit}
    desk, ruling = not roles.isdisjoint(DESK_ROLES), "ruling" in roles
    return Actor(person, units, desk, ruling, leads, directory, elsewhere)


def _downwards(directory: Directory | None, leads: frozenset[str]) -> frozenset[str]:
    """All units of which one of `leads` is a superior."""
    if directory is None or not leads:
        return NOTHING
    children = directory.memo.get(("children",))
    if children is None:
        children = {}
        for unit in directory.units.values():
            children.setdefault(unit.parent, []).append(unit.code)
        directory.remember(("children",), children)
    found: set[str] = set()
    waiting = list(leads)
    while waiting:
        fresh = [code for code in children.get(waiting.pop(), ()) if code not in found]
        found.update(fresh)
        waiting += fresh
    return frozenset(found)


def _upwards(directory: Directory, unit: str) -> Iterator[str]:
    """A unit's superiors, nearest first; a circle ends where it began."""
    seen = {unit}
    known = directory.units.get(unit)
    while known is not None and known.parent and known.parent not in seen:
        seen.add(known.parent)
        yield known.parent
        known = directory.units.get(known.parent)
