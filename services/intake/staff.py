"""Who works where, by the city's directory, and what follows for residents' files. Pure.

A person stands for the units in which he or she holds a post today (as in the router), a secretary also
for the units below those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Staff:
    """Posts by person, and the tree of units."""

    posts: Mapping[str, tuple[tuple[str, date | None], ...]]
    """Person to (unit, first day on which the post is held no more)."""
    parents: Mapping[str, str | None]

    @classmethod
    def of(cls, posts: Iterable[Mapping[str, Any]], units: Iterable[Mapping[str, Any]]) -> Staff:
        """From the rows of the parts; names and phones of staff are not kept."""
        held: dict[str, list[tuple[str, date | None]]] = {}
        for row in posts:
            end = row.get("valid_to")
            until = date.fromisoformat(end) if end else None
            held.setdefault(row["person"], []).append((row["unit"], until))
        return cls(
            {person: tuple(found) for person, found in held.items()},
            {row["code"]: row.get("parent") for row in units},
        )

    def units_of(self, person: str, day: date) -> frozenset[str]:
        """Units in which a person holds a post on a day of the city."""
        held = self.posts.get(person, ())
        return frozenset(unit for unit, until in held if until is None or day < until)

    def is_over(self, unit: str, upper: frozenset[str]) -> bool:
        """True when a unit is one of `upper` or lies below one; ends on a circle."""
        seen: set[str] = set()
        at: str | None = unit
        while at is not None and at not in seen:
            if at in upper:
                return True
            seen.add(at)
            at = self.parents.get(at)
        return False

    def may_see(
        self, own: frozenset[str], holders: Iterable[str], accused: str | None, *, secretary: bool
    ) -> bool:
        """Whether somebody of the units `own` may see what a resident gave with a complaint.

        Who holds the ticket or helps with it now may, and a secretary above them; whoever holds a post
        with the party complained about may not, whatever else he or she is (回避, domain.md C30).
        """
        if accused is not None and accused in own:
            return False
        allowed = {unit for unit in holders if unit != accused}
        if secretary:
            return any(self.is_over(unit, own) for unit in allowed)
        return not own.isdisjoint(allowed)
