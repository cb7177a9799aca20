"""A person decides who gets a ticket: over which guess of the router, and what follows from it. Pure.

What the router had guessed and what the person chose are kept side by side, in the history and in a
receipt of its own: corrections are what catalogue and categories are mended by (domain.md D2, E16).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from contracts.command import CommandData
from contracts.complaint import Urgency
from contracts.ticket import TicketStatus
from kit.validation import wrong_field
from services.router.decision import receipt
from services.router.decision.answering import PRESSING, Answer, answering_post
from services.router.decision.conflict import TIES
from services.router.decision.duty import Duty, find
from services.router.desk.choosing import Choice, codes_of
from services.router.desk.suggesting import tie
from services.router.directory.directory import Directory
from services.router.ticket.standing import Standing

STANDARD: Final = "standard"
BY_PERSON: Final = "person"
REASON: Final = "desk"
"""Reason of a person's receipt, where the router's has a RoutingReason."""


@dataclass(frozen=True, slots=True)
class Against:
    """What a choice is held against."""

    directory: Directory
    accused: frozenset[str]
    """Parties complained about, in this matter or in one merged into it."""
    guess: Mapping[str, Any]
    """The receipt of the decision so far."""
    urgency: Urgency
    person: str
    at: datetime
    receipt_id: UUID
    """Of the new receipt."""


@dataclass(frozen=True, slots=True)
class Decided:
    """How the ticket stands after a person's decision, and what is kept of it."""

    after: Standing
    reason: str | None
    receipt: dict[str, Any]
    detail: dict[str, Any]
    """For history and audit: the codes guessed and the codes chosen."""


def dispatch(choice: Choice, before: Standing, against: Against) -> Decided:
    """Assists and limit profile by the catalogue's rule for the chosen category and area. Raises 422."""
    found = _duty(choice, against)
    assists = _helpers(found.assists if found else (), choice, against)
    after = replace(
        before,
        assists=assists,
        category=choice.category,
        area=choice.area,
        profile=found.profile if found else STANDARD,
    )
    return _decided(choice, after, found, before, against)


def reassign(data: CommandData, before: Standing, against: Against) -> Decided:
    """Another lead for the same matter; who assists goes on assisting. Raises DomainError 422."""
    if data.unit is None:
        raise wrong_field(
            "data.unit", zh="请给出目录中的单位代码", en="name a unit of the directory"
        )
    if data.unit == before.unit:
        raise wrong_field(
            "data.unit", zh="该单位正在承办，请另选", en="has it already; choose another"
        )
    choice = Choice(data.unit, before.category, before.area, data.reason)
    after = replace(before, assists=_helpers(before.assists, choice, against))
    return _decided(choice, after, _duty(choice, against), before, against)


def _decided(
    choice: Choice, after: Standing, found: Duty | None, before: Standing, against: Against
) -> Decided:
    directory, unit = against.directory, choice.unit
    if tied := tie(directory, unit, against.accused, choice.area, against.at):
        zh, en = TIES[tied]
        raise wrong_field(
            "data.unit",
            zh=f"须回避：该单位{zh}，请改派其他单位",
            en=f"may not go there: it {en}; choose another unit",
        )
    pressing = against.urgency in PRESSING
    answer = answering_post(directory, unit, choice.area, against.at, pressing=pressing)
    answer = answer if answer and answer.unit == unit else None
    after = replace(
        after,
        status=TicketStatus.DISPATCHED,
        unit=unit,
        post=answer.post if answer else None,
        rule_version=directory.version,
        receipt_id=against.receipt_id,
        dispatched_at=against.at,
        coordinator=before.coordinator or unit,
    )
    chosen = codes_of(after.unit, after.category, after.area)
    detail: dict[str, Any] = {"guessed": _guessed(against.guess), "chosen": chosen}
    if choice.number is not None:
        detail["choice"] = choice.number
    kept = _receipt(after, answer, found, against) | {"over": str(before.receipt_id)}
    return Decided(after, choice.reason, detail | kept, detail)


def _receipt(
    after: Standing, answer: Answer | None, found: Duty | None, against: Against
) -> dict[str, Any]:
    """A person's receipt: the shape of the router's own, without readings; who decided, and when."""
    place, category = against.guess["place"], against.guess["category"]
    unread = {"score": 1.0, "by": BY_PERSON, "names": [], "runners_up": [], "near_border": False}
    return {
        "by": against.person,
        "outcome": "dispatch",
        "reason": REASON,
        "unit": after.unit,
        "assists": list(after.assists),
        "coordinator": after.coordinator,
        "urgency": against.urgency.value,
        "post": receipt.post(answer),
        "place": {**place, **unread, "area": after.area, "contradicted": []},
        "category": {
            **category, "code": after.category, "sure": True, "score": 1.0, "by": BY_PERSON,
            "words": [], "best": [],
        },
        "duty": {
            "unit": after.unit,
            "assists": list(after.assists),
            "lead": found.lead if found else None,
            "rule": receipt.rule(found.rule) if found else None,
            "source": found.source if found else None,
            "profile": after.profile,
            "near_misses": [],
        },
        "alternatives": [],
        "decided_at": against.at.astimezone(UTC).isoformat(),
        "versions": {"directory": after.rule_version, "model": None, "form": receipt.FORM},
    }  # fmt: skip


def _duty(choice: Choice, against: Against) -> Duty | None:
    """What the catalogue says of the chosen category and area; the unit may be another."""
    if choice.category is None:
        return None
    place = against.guess["place"]
    chains = against.directory.chains
    known, chosen = place["area"] or "", choice.area or ""
    near = not known or known in chains.get(chosen, ()) or chosen in chains.get(known, ())
    owner = place.get("owner") if near else None
    try:
        return find(against.directory, choice.category, choice.area, owner)
    except LookupError:
        return None


def _helpers(assists: Sequence[str], choice: Choice, against: Against) -> tuple[str, ...]:
    """Each once, without the lead and without anybody who must not have the matter."""
    return tuple(
        code
        for code in dict.fromkeys(assists)
        if code != choice.unit
        and tie(against.directory, code, against.accused, choice.area, against.at) is None
    )


def _guessed(guess: Mapping[str, Any]) -> dict[str, str | None]:
    """What the decision so far would have had: its owner by the catalogue, its category, its area."""
    found = guess["duty"]
    return codes_of(
        found["unit"] if found else None, guess["category"]["code"], guess["place"]["area"]
    )
