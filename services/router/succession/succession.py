"""Where an open ticket belongs when its area has ended, moved or lost its unit (domain.md B05). Pure.

The area follows first: one successor takes it; of several, the one that the words and the point still
name, else what all of them lie in; without successors what lies around the old area. Then the unit
follows by a new decision. Whoever a person made responsible stays so while there is such a unit, and so
does who has already done the work. Closed tickets are not asked: they keep the old code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from contracts.complaint import ComplaintReceived, Urgency
from contracts.ticket import TicketStatus
from services.router.decision import receipt as receipts
from services.router.decision.conflict import desk
from services.router.decision.decision import Decision
from services.router.decision.inputs import rebuild
from services.router.decision.matching import decide
from services.router.decision.placing import place_of
from services.router.desk.suggesting import tie
from services.router.directory.directory import Directory
from services.router.directory.hours import moment
from services.router.place.areas import Areas
from services.router.place.gazetteer import common

S = TicketStatus
ANEW: Final = frozenset({S.DISPATCHED, S.ACCEPTED, S.IN_PROGRESS, S.RETURNED, S.ARBITRATION})
"""States in which a new owner begins with signing for the ticket; in the others the state stays."""
DONE: Final = frozenset({S.HANDLED, S.CALLBACK})
"""The work is done: it stays with who did it, while there is such a unit."""
_DIGITS: Final = (12, 9, 6)
_NOTHING_GIVEN: Final = ("grid_code", "category", "urgency", "point")


@dataclass(frozen=True, slots=True)
class Case:
    """An open ticket and what it rests on."""

    row: Mapping[str, Any]
    receipt: Mapping[str, Any]
    """Of the decision so far, the router's or a person's."""
    given: Mapping[str, Any]
    """What the filer gave beside the words: `inputs` of the ticket's first receipt."""
    against: frozenset[str] = frozenset()
    """Parties complained about, in this matter or in one merged into it."""

    @property
    def by_person(self) -> bool:
        """A person chose who holds it, against what the catalogue says or where it says nothing."""
        if self.receipt.get("unit") != self.row["unit"]:
            return True
        chosen, guessed = self.receipt.get("chosen"), self.receipt.get("guessed")
        return chosen is not None and chosen != guessed

    def complaint(self, **known: Any) -> ComplaintReceived:
        """The complaint as the router received it, with what is known better by now."""
        own = {name: self.row[name] for name in ("channel", "kind", "accused")}
        given = self.given or own | dict.fromkeys(_NOTHING_GIVEN)
        return rebuild(self.row, given).model_copy(update=known)

    def asked(self, area: str | None) -> ComplaintReceived:
        """The same with the ticket's own category and urgency, and an area."""
        urgency = Urgency(self.row["urgency"])
        return self.complaint(grid_code=area, category=self.row["category"], urgency=urgency)


@dataclass(frozen=True, slots=True)
class Settled:
    """Where a ticket belongs from now on."""

    area: str | None
    unit: str
    status: TicketStatus
    decision: Decision | None
    """The new decision; None where who holds it does not depend on one."""


def decided_before(row: Mapping[str, Any], directory: Directory, *, renewed: bool) -> bool:
    """True for a ticket that an earlier version decided, while this one is new."""
    return renewed and bool(row["rule_version"] < directory.version)


def stays(row: Mapping[str, Any], directory: Directory, day: date, *, renewed: bool) -> bool:
    """True where nothing can have changed for a ticket, whatever its receipts say: `settle` is None.

    Nearly all of them: those of this very day were decided with what holds now.
    """
    area = row["area"]
    if decided_before(row, directory, renewed=renewed) or row["unit"] not in directory.units:
        return False
    return area is None or in_force(directory.areas, area, day)


def settle(
    case: Case, directory: Directory, at: datetime, *, renewed: bool = True
) -> Settled | None:
    """Where an open ticket belongs under a directory at a time; None where it may stay as it is.

    With `renewed`, the version is new: then a ticket also follows when the same rule names another unit,
    because another unit covers its place now.
    """
    row = case.row
    area, unit, status = row["area"], row["unit"], TicketStatus(row["status"])
    if area is not None and not in_force(directory.areas, area, moment(at).day):
        area = _successor(case, directory, at)
    gone = unit not in directory.units
    if area == row["area"] and not gone:
        return _covered_anew(case, directory, at) if renewed else None
    if status is S.TRIAGE:
        return Settled(area, _desk(case, directory, area, at), status, None)
    if (status in DONE or case.by_person) and not gone:
        return Settled(area, unit, status, None)
    decision = decide(case.asked(area), directory, at)
    to = decision.unit
    if tie(directory, to, case.against, area, at) is not None:
        to = _desk(case, directory, area, at)
    return Settled(area, to, _after(status) if to != unit else status, decision)


def in_force(areas: Areas, code: str, day: date) -> bool:
    """True for an area that is there on a day."""
    return code in areas and areas.valid(code, day)


def heirs(areas: Areas, code: str, day: date) -> tuple[str, ...]:
    """What takes an area's place on a day, through successors that have ended themselves; may be empty."""
    found: dict[str, None] = {}
    seen = {code}
    ahead = list(areas[code].successors) if code in areas else []
    while ahead:
        one = ahead.pop(0)
        if one in seen or one not in areas:
            continue
        seen.add(one)
        if areas.valid(one, day):
            found[one] = None
        else:
            ahead += areas[one].successors
    return tuple(found)


def around(areas: Areas, code: str, day: date) -> str | None:
    """The nearest area in force around one that has ended, by its parents or, unknown, by its code."""
    above = areas.chain(code)[1:] or tuple(code[:n] for n in _DIGITS if n < len(code))
    return next((one for one in above if in_force(areas, one, day)), None)


def _successor(case: Case, directory: Directory, at: datetime) -> str | None:
    areas, day = directory.areas, moment(at).day
    ended = case.row["area"]
    found = heirs(areas, ended, day)
    if len(found) == 1:
        return found[0]
    above = around(areas, ended, day)
    within = found or ((above,) if above else ())
    if not within:
        return None
    said = place_of(case.complaint(), directory, day).area
    if said is not None and not set(within).isdisjoint(areas.chain(said)):
        return said
    return common(areas, within)


def _covered_anew(case: Case, directory: Directory, at: datetime) -> Settled | None:
    """Another unit covers the place now; only where the catalogue names by place, and no person chose."""
    row, duty = case.row, case.receipt.get("duty") or {}
    by_place = str(duty.get("lead") or "").startswith("@")
    status = TicketStatus(row["status"])
    if not by_place or case.by_person or status not in ANEW:
        return None
    decision = decide(case.asked(row["area"]), directory, at)
    if decision.triage or decision.duty is None or decision.unit == row["unit"]:
        return None
    rule = receipts.rule(decision.duty.rule)
    same = rule == duty.get("rule") and decision.duty.lead == duty.get("lead")
    if not same or decision.unit != decision.duty.unit:
        return None
    if tie(directory, decision.unit, case.against, row["area"], at) is not None:
        return None
    return Settled(row["area"], decision.unit, _after(status), decision)


def _desk(case: Case, directory: Directory, area: str | None, at: datetime) -> str:
    """The desk, or what stands for it where the desk is tied to somebody complained about."""
    return desk(directory, area, case.against or {case.row["accused"]}, at)


def _after(status: TicketStatus) -> TicketStatus:
    return S.DISPATCHED if status in ANEW else status
