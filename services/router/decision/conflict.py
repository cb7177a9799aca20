"""回避: who must not get a matter, because it is about them (domain.md C30, E23). Pure.

Never the party complained about, the unit right above it, the unit that stands in for it, nor a unit for
which somebody answers who also holds a post with that party. The rule counts for leads, for assists, for
the desk, and when a person dispatches by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts.directory import UnitKind
from services.router.decision.answering import answering_post
from services.router.directory.directory import Directory, holds


class Conflict(StrEnum):
    """What ties a unit to the party complained about."""

    ACCUSED = "accused"
    ABOVE = "above"
    DEPUTY = "deputy"
    LINKED = "linked"
    """Whoever would answer for the unit also holds a post with the accused."""


TIES: Final[Mapping[Conflict, tuple[str, str]]] = {
    Conflict.ACCUSED: ("就是被反映的单位", "is the party complained about"),
    Conflict.ABOVE: ("是被反映单位的直接上级", "is right above the party complained about"),
    Conflict.DEPUTY: ("是被反映单位的代理单位", "stands in for the party complained about"),
    Conflict.LINKED: (
        "的应答人在被反映的单位任职",
        "is answered for by somebody of the party complained about",
    ),
}
"""What to say of such a unit, behind its name, Chinese and English."""


def conflicts(
    directory: Directory, unit: str, accused: str | None, area: str | None, at: datetime
) -> Conflict | None:
    """Why a matter in an area must not go to a unit at this time; None when it may."""
    if accused is None or accused not in directory.units:
        return None
    return _by_office(directory, unit, accused) or next(
        _by_person(directory, unit, accused, area, at), None
    )


def desk(
    directory: Directory, area: str | None, accused: Collection[str | None], at: datetime
) -> str:
    """The triage desk for an area, or the nearest unit above it that the matter is not about.

    `accused` are all parties complained about, also in matters merged into this one.

    Total: where all of them are tied to the accused another desk takes it, and in a city where even
    those are, the highest unit that is not the accused itself.
    """
    line = list(_upwards(directory, directory.desk(area)))
    desks = sorted(code for code, unit in directory.units.items() if unit.kind is UnitKind.DESK)
    free = (
        unit
        for unit in (*line, *desks)
        if not any(conflicts(directory, unit, one, area, at) for one in accused)
    )
    return next(free, next((unit for unit in reversed(line) if unit not in accused), line[0]))


def free_above(
    directory: Directory, unit: str, accused: str | None, area: str | None, at: datetime
) -> str | None:
    """The nearest unit above that may have the matter; None when there is none."""
    above = _upwards(directory, directory.units[unit].parent)
    return next((u for u in above if not conflicts(directory, u, accused, area, at)), None)


def _by_office(directory: Directory, unit: str, accused: str) -> Conflict | None:
    party = directory.units[accused]
    if unit == accused:
        return Conflict.ACCUSED
    if unit == party.parent:
        return Conflict.ABOVE
    return Conflict.DEPUTY if unit == party.deputy else None


def _by_person(
    directory: Directory, unit: str, accused: str, area: str | None, at: datetime
) -> Iterator[Conflict]:
    """By who would answer, both for a matter that waits for the morning and for one that does not."""
    for pressing in (False, True):
        answer = answering_post(directory, unit, area, at, pressing=pressing)
        if answer is None:
            continue
        if answer.unit != unit and (stands_in := _by_office(directory, answer.unit, accused)):
            yield stands_in
        posts = directory.posts_by_person.get(answer.person, ())
        if any(post.unit == accused and holds(post, at) for post in posts):
            yield Conflict.LINKED


def _upwards(directory: Directory, unit: str | None) -> Iterator[str]:
    """A unit and those above it; ends on a circle."""
    seen: set[str] = set()
    while unit is not None and unit in directory.units and unit not in seen:
        seen.add(unit)
        yield unit
        unit = directory.units[unit].parent
