"""What people may do to a table by hand: the bodies, and whose tables they are (domain.md D7). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.base import Code
from contracts.command import Plain, TicketName
from contracts.escalation import EntryRule, ReceptionLevel
from kit.errors import DomainError, Kind, not_found
from kit.validation import id_of, wrong_field
from services.notifier.reception import entry
from services.notifier.roster.roster import UPWARDS, Roster

Reason = Annotated[
    Plain, Field(max_length=500), StringConstraints(min_length=1, strip_whitespace=True)
]
ITEM: Final = ("接待事项", "reception item")
"""What the answer for an unknown id calls it."""


class Care(StrEnum):
    """Why somebody is looked after first (glossary: 困境儿童, 独居老人, 特殊困难群体)."""

    CHILD_IN_DIFFICULTY = "child_in_difficulty"
    LIVING_ALONE = "living_alone"
    SPECIAL_NEED = "special_need"


class Submission(BaseModel):
    """Body of `POST /v1/reception/queue`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ticket: TicketName
    org: Code | None = None
    reason: Reason


class TakingBack(BaseModel):
    """Body of `POST /v1/reception/queue/{item}/withdraw`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason


class CareFlag(BaseModel):
    """Body of `POST /v1/reception/queue/{item}/care`; without a kind the flag comes off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Care | None = None


def own_office(
    own: Mapping[str, tuple[str, ...]], area: str, roster: Roster
) -> tuple[ReceptionLevel, str]:
    """The lowest of one's offices that serves an area. Raises DomainError 404 where none does."""
    found = [
        (level, office)
        for office, areas in own.items()
        if area.startswith(areas) and areas and (level := roster.level(office)) is not None
    ]
    if not found:
        raise not_found("工单", "ticket")
    return min(found, key=lambda one: (UPWARDS.index(one[0]), one[1]))


def table_for(
    wanted: str | None, own: Mapping[str, tuple[str, ...]], area: str, roster: Roster
) -> tuple[ReceptionLevel, str]:
    """Whose table it goes to: one's own, or that of an office above it for this place.

    Raises DomainError 404 for a ticket of another area, 422 for an office that is not in its line.
    """
    level, office = own_office(own, area, roster)
    if wanted is None or wanted == office:
        return level, office
    line = {
        found: higher
        for higher in UPWARDS[UPWARDS.index(level) :]
        if (found := roster.office(higher, area, office))
    }
    if wanted not in line:
        raise wrong_field(
            "org",
            zh=f"只能报本级或上级接待队列：{'、'.join(line)}",
            en=f"must be your own office or one above it: {', '.join(line)}",
        )
    return line[wanted], wanted


def may_read(own: Mapping[str, tuple[str, ...]], office: str, roster: Roster) -> bool:
    """One's own table, or one of a lower office inside one's area."""
    if office in own:
        return True
    areas = tuple(area for served in own.values() for area in served)
    below = roster.areas(office)
    inside = bool(areas) and bool(below) and all(area.startswith(areas) for area in below)
    return inside and roster.level(office) is not None


def rules_of(entries: Sequence[Any]) -> list[dict[str, Any]]:
    """The rules of an item as shown: which, since when, by whom, and why where a person said so."""
    return [
        {
            "rule": row["rule"],
            "round": row["round"],
            "at": row["at"].isoformat(),
            "by": row["queued_by"],
            "reason": row["reason"],
            "withdrawn_at": row["withdrawn_at"].isoformat() if row["withdrawn_at"] else None,
            "withdrawn_reason": row["withdrawn_reason"],
        }
        for row in entries
    ]


def left(entries: Sequence[Any]) -> EntryRule | None:
    """The rule that counts once some were withdrawn; None: nothing keeps it on the table."""
    rules = [EntryRule(row["rule"]) for row in entries if row["withdrawn_at"] is None]
    return entry.heaviest(rules) if rules else None


def ticket_name(text: str) -> tuple[UUID | None, str | None]:
    """A ticket's id or its number. Raises DomainError 404."""
    if text.isascii() and text.isdigit():
        return None, text
    return id_of(text, "工单", "ticket"), None


def no_item() -> DomainError:
    """The answer for an item that does not exist or is another office's."""
    return not_found(*ITEM)


def not_yours() -> DomainError:
    """The answer to taking back what others, or the rules, put on a table."""
    return DomainError(
        "not-yours",
        Kind.FORBIDDEN,
        zh="只有把事项报入队列的人可以撤回；系统按规则列入的事项只能经接待办理。",
        en="Only who put it there by hand may take it back; what a rule put there is heard.",
    )


def ended() -> DomainError:
    """The answer for a ticket that is over, or an item that left its table."""
    return DomainError(
        "ended",
        Kind.CONFLICT,
        zh="该工单已办结或事项已离开队列，不能再这样操作。",
        en="The ticket has ended or the item has left the queue; this cannot be done any more.",
    )
