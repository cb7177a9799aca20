"""What the desk asks for when it makes a unit responsible: a suggestion by number, or a unit by name. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.command import CommandData
from kit.errors import DomainError, Kind
from kit.validation import known_code, unknown_code, wrong_field
from services.router.decision.labels import Labels
from services.router.desk.suggesting import Suggestion
from services.router.directory.codes import known_area
from services.router.directory.directory import Directory
from services.router.directory.hours import moment
from services.router.ticket.standing import Standing


@dataclass(frozen=True, slots=True)
class Choice:
    """Unit, category and area a person wants, and why."""

    unit: str
    category: str | None
    area: str | None
    reason: str | None
    number: int | None = None
    """Of the suggestion that was taken; None when the person named the unit."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the desk may choose from, as it stands now."""

    suggestions: Sequence[Suggestion]
    labels: Labels
    """For the reason that is kept: Chinese."""
    seen: bool
    """The version was given which the person saw; a number alone means nothing without it."""


def none_offered(directory: Directory) -> Offer:
    """Where a unit must be named."""
    return Offer((), Labels(directory), seen=True)


def choose(data: CommandData, offer: Offer, before: Standing) -> Choice:
    """What the desk asks for by `choice` or by `unit`. Raises DomainError 409, 422."""
    if data.choice is not None:
        return _numbered(data, data.choice, offer)
    if data.unit is None:
        raise wrong_field(
            "data.unit",
            zh="请给出目录中的单位代码，或用 choice 选择一条建议",
            en="name a unit of the directory, or choose a suggestion by `choice`",
        )
    category, area = data.category or before.category, data.area or before.area
    return Choice(data.unit, category, area, reason_of(data))


def _numbered(data: CommandData, number: int, offer: Offer) -> Choice:
    if not offer.seen:
        raise wrong_field(
            "version",
            zh="按序号选择时请带上所见的版本号",
            en="give the version whose suggestions you saw",
        )
    now = offer.suggestions
    taken = now[number - 1] if number <= len(now) else None
    if taken is None or any(
        getattr(data, name) not in {None, getattr(taken, name)}
        for name in ("unit", "category", "area")
    ):
        raise DomainError(
            "stale-suggestions",
            Kind.CONFLICT,
            field="data.choice",
            zh=f"第 {number} 条建议与所见不同或已不存在，请刷新后再选。",
            en=f"Suggestion {number} is not what you saw, or is gone; reload and choose again.",
            extra={"suggestions_now": [codes_of(s.unit, s.category, s.area) for s in now]},
        )
    why = data.reason or f"采纳建议 {number}：{taken.why(offer.labels)}"
    return Choice(taken.unit, taken.category, taken.area, why, number)


def check_codes(data: CommandData, directory: Directory, at: datetime) -> None:
    """Refuse codes that the directory does not have, and name the nearest. Raises DomainError 422."""
    known_code("data.unit", data.unit, directory.units)
    known_code("data.category", data.category, directory.categories)
    known_area("data.area", data.area, directory)
    if data.area is not None and not directory.areas.valid(data.area, moment(at).day):
        raise unknown_code("data.area", directory.chains[data.area][1:2])


def reason_of(data: CommandData) -> str:
    """Why; a decision over the router or over a caller's ticket says it. Raises DomainError 422."""
    if not data.reason or not data.reason.strip():
        raise wrong_field("data.reason", zh="请写明理由", en="say why")
    return data.reason


def codes_of(unit: str | None, category: str | None, area: str | None) -> dict[str, str | None]:
    """As they are kept and shown."""
    return {"unit": unit, "category": category, "area": area}
