"""Who works where, by the city's directory, and who may see what a resident gave. Pure.

The same rule as the router's for tickets (services/router/ticket/seeing.py), over a service's own copies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

LEADING: Final = frozenset({"leader", "deputy", "duty_lead", "secretary"})
"""Roles of posts whose holders supervise what lies below their unit (domain.md D2, D5)."""
OFFICES: Final = frozenset({"community", "subdistrict", "district"})
"""Kinds of units answerable for all that happens in their area, whoever handles it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A unit in the tree."""

    parent: str | None
    deputy: str | None
    serves: tuple[str, ...]
    """Areas for which it is answerable whoever handles a matter there."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post somebody holds."""

    unit: str
    leading: bool
    until: date | None
    """First day on which it is held no more."""


@dataclass(frozen=True, slots=True)
class Matter:
    """A ticket as far as its resident's files are concerned."""

    accused: Collection[str]
    """Parties complained about, in it or in one that is worked on with it."""
    unit: str
    helpers: Sequence[str]
    """Who assists, and who works on the ticket it was merged into."""
    area: str | None


@dataclass(frozen=True, slots=True)
class Seat:
    """What one person stands for on a day."""

    units: frozenset[str]
    below: frozenset[str]
    """The own ones and all below those led."""
    areas: frozenset[str]
    """Answered for, whoever handles a matter there."""
    kin: frozenset[str]
    """Parties complaints about which the person must not learn of."""
    led: frozenset[str] = frozenset()
    """Those led and all below them."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Posts by person, and the tree of units."""

    posts: Mapping[str, tuple[Post, ...]]
    units: Mapping[str, Place]

    @classmethod
    def of(cls, posts: Iterable[Mapping[str, Any]], units: Iterable[Mapping[str, Any]]) -> Staff:
        """From the rows of the parts; names and phones of staff are not kept."""
        held: dict[str, list[Post]] = {}
        for row in posts:
            end = row.get("valid_to")
            until = date.fromisoformat(end) if end else None
            post = Post(row["unit"], row.get("role") in LEADING, until)
            held.setdefault(row["person"], []).append(post)
        return cls(
            {person: tuple(found) for person, found in held.items()},
            {
                row["code"]: Place(
                    row.get("parent"),
                    row.get("deputy"),
                    tuple(row.get("area", ())) if row["kind"] in OFFICES else (),
                )
                for row in units
            },
        )

    def seat(self, person: str, day: date) -> Seat:
        """What somebody stands for on a day, for the row policies: the same rule as `may_see`."""
        held = self._held(person, day)
        own = frozenset(post.unit for post in held)
        leads = {post.unit for post in held if post.leading}
        led = leads | self._downwards(leads)
        return Seat(
            own,
            own | led,
            frozenset(a for unit in leads & self.units.keys() for a in self.units[unit].serves),
            own | {c for c, u in self.units.items() if not own.isdisjoint({u.parent, u.deputy})},
            frozenset(led),
        )

    def may_see(self, person: str, day: date, matter: Matter) -> bool:
        """Holder, helper, or a leader above; nobody tied to the party complained about (回避, E23).

        Whoever holds a post with that party, right above it, or with its deputy, may not, whatever else
        he or she is.
        """
        held = self._held(person, day)
        own = {post.unit for post in held}
        if any(self.tied(person, day, party) for party in matter.accused):
            return False
        if not own.isdisjoint({matter.unit, *matter.helpers}):
            return True
        leads = {post.unit for post in held if post.leading}
        return not leads.isdisjoint(self._above(matter.unit)) or any(
            (matter.area or "").startswith(area)
            for unit in leads & self.units.keys()
            for area in self.units[unit].serves
        )

    def tied(self, person: str, day: date, accused: str | None) -> bool:
        """Whether somebody holds a post with the party complained about, right above it, or with its deputy."""
        own = {post.unit for post in self._held(person, day)}
        return not own.isdisjoint(self._tied(accused))

    def _held(self, person: str, day: date) -> list[Post]:
        posts = self.posts.get(person, ())
        return [post for post in posts if post.until is None or day < post.until]

    def _downwards(self, leads: Collection[str]) -> frozenset[str]:
        """All units one of whose superiors is among these."""
        if not leads:
            return frozenset()
        return frozenset(c for c in self.units if any(up in leads for up in self._above(c)))

    def _tied(self, accused: str | None) -> set[str | None]:
        party = self.units.get(accused or "")
        return {accused, party.parent, party.deputy} - {None} if party else {accused} - {None}

    def _above(self, unit: str) -> Iterator[str]:
        """The superiors of a unit; ends on a circle."""
        seen = {unit}
        known = self.units.get(unit)
        while known is not None and known.parent and known.parent not in seen:
            seen.add(known.parent)
            yield known.parent
            known = self.units.get(known.parent)
