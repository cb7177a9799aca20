"""What somebody may see, as the database's row policies read it (docs/adr/0036). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Who asks and what that person stands for today; told to every transaction of a request.

    Each service's rules say who gets what; its migration `…_row_security.sql` says the same in policies.
    """

    person: str
    everything: bool = False
    """A role for the whole city."""
    units: frozenset[str] = NOTHING
    """In which the person holds a post."""
    below: frozenset[str] = NOTHING
    """These, and those the person leads."""
    areas: frozenset[str] = NOTHING
    """In which all that happens is the person's to see."""
    kin: frozenset[str] = NOTHING
    """Parties complained about whose matters the person must not see (domain.md E23)."""
    told: frozenset[str] = NOTHING
    """Units for which the person may know of whistles."""
