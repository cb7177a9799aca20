"""Whom else it might have gone to: one-key choices for the triage desk (domain.md D2, E16). Pure.

Up to three units, each with the reading behind it: what the router found but would not decide alone,
owners of the next best categories, owners at the other places the words may mean, the next unit up.
Nobody who must not have the matter is ever offered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from contracts.directory import UnitKind
from services.router.decision.conflict import conflicts, free_above
from services.router.decision.duty import duties

if TYPE_CHECKING:
    from services.router.decision.decision import Decision

OFFERED: Final = 3
DIGITS: Final = 3


class Behind(StrEnum):
    """Which reading leads to an alternative."""

    AS_FOUND = "as_found"
    """What the catalogue says for the best reading, had there been no doubt."""
    OTHER_CATEGORY = "other_category"
    OTHER_PLACE = "other_place"
    UNIT_ABOVE = "unit_above"


@dataclass(frozen=True, slots=True)
class Alternative:
    """A unit that might have it."""

    unit: str
    category: str | None
    area: str | None
    why: Behind
    score: float
    """Share of this reading among those of its kind, 0 to 1; 0 for a unit above."""


def alternatives(decision: Decision) -> tuple[Alternative, ...]:
    """The best three, each unit once, never the one decided on."""
    found: dict[str, Alternative] = {}
    for one in _offers(decision):
        if one.unit != decision.unit and one.unit not in found and _may(decision, one.unit):
            found[one.unit] = one
        if len(found) == OFFERED:
            break
    return tuple(found.values())


def _offers(decision: Decision) -> Iterator[Alternative]:
    duty = decision.duty
    tied = duty is not None and _tied(decision, duty.unit)
    if tied:
        yield from _above(decision)
    if duty is not None:
        score = round(decision.category_guess.score, DIGITS)
        yield Alternative(duty.unit, decision.category, decision.area, Behind.AS_FOUND, score)
    yield from _other_places(decision)
    yield from _other_categories(decision)
    if not tied:
        yield from _above(decision)


def _other_places(decision: Decision) -> Iterator[Alternative]:
    readings = decision.place.runners_up
    for area in readings:
        yield from _owner(
            decision, decision.category, area, (Behind.OTHER_PLACE, 1 / len(readings))
        )


def _other_categories(decision: Decision) -> Iterator[Alternative]:
    best = decision.category_guess.best
    total = sum(weight for _, weight in best)
    for code, weight in best:
        if code != decision.category and total > 0:
            share = (Behind.OTHER_CATEGORY, weight / total)
            yield from _owner(decision, code, decision.area, share)


def _owner(
    decision: Decision, category: str | None, area: str | None, read: tuple[Behind, float]
) -> Iterator[Alternative]:
    """The owner by another reading, unless that reading would end at the desk again."""
    if category is None or area is None:
        return
    said = duties(decision.directory, category, area, decision.place.owner)
    if said.options and not said.options[0].place_unsure:
        behind, score = read
        yield Alternative(said.options[0].unit, category, area, behind, round(score, DIGITS))


def _above(decision: Decision) -> Iterator[Alternative]:
    """The next unit up that may have it: above the unit obliged, else the community of the place."""
    directory, area = decision.directory, decision.area
    below = decision.duty.unit if decision.duty else None
    if below is None or directory.units[below].kind is UnitKind.DESK:
        kinds = (UnitKind.COMMUNITY, UnitKind.SUBDISTRICT, UnitKind.DISTRICT)
        covering = (directory.unit_covering(kind, area) for kind in kinds)
        unit = next((one for one in covering if one and _may(decision, one)), None)
    else:
        unit = free_above(directory, below, decision.complaint.accused, area, decision.at)
    if unit is not None:
        yield Alternative(unit, decision.category, area, Behind.UNIT_ABOVE, 0.0)


def _may(decision: Decision, unit: str) -> bool:
    """A unit that can be sent the matter: no desk, and not tied to the accused."""
    kind = decision.directory.units[unit].kind
    return kind is not UnitKind.DESK and not _tied(decision, unit)


def _tied(decision: Decision, unit: str) -> bool:
    accused, area = decision.complaint.accused, decision.area
    return conflicts(decision.directory, unit, accused, area, decision.at) is not None
