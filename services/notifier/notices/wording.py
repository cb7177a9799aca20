"""What a notice says: number, category, place, and what to do by when. Pure.

Chinese first, short: about one matter it fits a short message with its signature. Nothing a resident said,
no name and no telephone number can get in: an Occasion holds none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.notices import Cause
from kit.city_time import CITY_TIME
from services.notifier.notices.occasion import Facts, Occasion
from services.notifier.notices.people import RANK

LONGEST: Final = 69
"""Characters of one short message in Chinese are 70, its signature included."""
MOST_ITEMS: Final = 50
"""A digest names so many for machines; a page of notices has them all."""
SIGNATURE: Final = "【吹哨】"
CAUSE_NAMES: Final[Mapping[Cause, str]] = {
    Cause.DISPATCHED: "新派单",
    Cause.ASSISTED: "协办单",
    Cause.REOPENED: "重办",
    Cause.URGED: "催办",
    Cause.SUPERVISED: "督办",
    Cause.NEAR_DUE: "将到期",
    Cause.BREACHED: "超期",
    Cause.RAISED: "升级",
    Cause.CALLED: "吹哨",
    Cause.NO_SHOW: "未报到",
    Cause.QUEUED: "进接待队列",
    Cause.SCHEDULED: "列入接待",
    Cause.DECIDED: "接待决定",
}
_CLOCKS: Final[Mapping[ClockKind, str]] = {
    ClockKind.DISPATCH: "派单",
    ClockKind.SIGN_FOR: "签收",
    ClockKind.CONTACT: "联系",
    ClockKind.RESULT: "办结",
    ClockKind.RETURN_ANSWER: "退单答复",
    ClockKind.RULING: "裁定",
    ClockKind.HOLD_REVIEW: "挂起复核",
    ClockKind.CHECK_IN: "报到",
    ClockKind.SIGN_OFF: "签发",
    ClockKind.RESOLVE: "哨件办结",
    ClockKind.RATING: "评哨",
    ClockKind.DECISION: "落实接待决定",
    ClockKind.CONFIRMATION: "确认接待结果",
}

_FRAMES: Final[Mapping[Cause, tuple[str, str]]] = {
    Cause.DISPATCHED: ("新工单", "，请{by}签收"),
    Cause.ASSISTED: ("请协办", "，请与主办单位联系"),
    Cause.REOPENED: ("居民未认可，重办", "，请{by}办结"),
    Cause.URGED: ("催办", "，请尽快办理"),
    Cause.SUPERVISED: ("督办", "，请尽快办理并反馈"),
    Cause.NEAR_DUE: ("{clock}将到期", "，请于{by}办理"),
    Cause.BREACHED: ("{clock}已超期", "，应于{by}，请立即办理"),
    Cause.RAISED: ("升级{level}级", "，{unit}未{clock}，请督促"),
    Cause.CALLED: ("吹哨", "，请{by}报到"),
    Cause.NO_SHOW: ("吹哨未报到", "，{unit}"),
    Cause.QUEUED: ("进入接待队列", "，{unit}"),
    Cause.SCHEDULED: ("列入接待日", "，请备材料"),
    Cause.DECIDED: ("接待日决定交办", "，请{by}落实"),
}
"""What happened, and what to do; number, category and place stand between them."""


@dataclass(frozen=True, slots=True)
class Names:
    """What codes are called."""

    place: Callable[[str], str]
    unit: Callable[[str], str]
    category: Callable[[str | None], str]


@dataclass(frozen=True, slots=True)
class Told:
    """One matter of a message."""

    occasion: Occasion
    facts: Facts

    @property
    def urgency(self) -> Urgency:
        """Its own, else that of the ticket."""
        return self.occasion.urgency or self.facts.urgency

    @property
    def due_at(self) -> datetime | None:
        """As things stand now."""
        return self.facts.due_at or self.occasion.due_at


def subject(matters: Sequence[Told]) -> str:
    """One line."""
    if len(matters) == 1:
        one = matters[0].occasion
        return f"{CAUSE_NAMES[one.cause]} {one.number}".strip()
    return f"待办提醒 {len(matters)} 件"


def body(matters: Sequence[Told], names: Names, tail: str = "") -> str:
    """At most LONGEST characters, however many matters it is about; `tail` ends one about a single matter."""
    if len(matters) == 1:
        return _fitted(matters[0], names, LONGEST - len(tail)) + tail
    counts = Counter(CAUSE_NAMES[told.occasion.cause] for told in matters)
    listed = "、".join(f"{name}{count}" for name, count in counts.most_common())
    first = most_urgent_first(matters)[0]
    rest = "，".join(text for text in (first.occasion.number, _by(first.due_at)) if text)
    text = f"{SIGNATURE}待办{len(matters)}件：{listed}。最急 {rest}"
    return text if len(text) <= LONGEST else f"{SIGNATURE}待办{len(matters)}件。最急 {rest}"


def most_urgent_first(matters: Sequence[Told]) -> list[Told]:
    """By urgency, then level, then what is due first."""
    return sorted(
        matters,
        key=lambda told: (
            -RANK[told.urgency],
            -(told.occasion.level or 0),
            told.due_at.timestamp() if told.due_at else float("inf"),
            told.occasion.occasion_id,
        ),
    )


def data(matters: Sequence[Told]) -> dict[str, Any]:
    """For machines: how many, and the most urgent ones first."""
    first = most_urgent_first(matters)[:MOST_ITEMS]
    return {"count": len(matters), "items": [_item(told) for told in first]}


def _item(told: Told) -> dict[str, Any]:
    one = told.occasion
    found = {
        "cause": one.cause.value,
        "occasion_id": str(one.occasion_id),
        "ticket_id": str(one.ticket_id) if one.ticket_id else None,
        "whistle_id": str(one.whistle_id) if one.whistle_id else None,
        "number": one.number or None,
        "round": one.round,
        "unit": one.unit,
        "area": one.area,
        "category": one.category,
        "urgency": told.urgency.value,
        "level": one.level,
        "clock": one.clock.value if one.clock else None,
        "due_at": told.due_at.isoformat() if told.due_at else None,
        "path": f"/tickets/{one.ticket_id}" if one.ticket_id else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _fitted(told: Told, names: Names, room: int) -> str:
    """Names give way until it fits: first the unit's, then the place's, then the category's."""
    one = told.occasion
    parts = {
        "unit": names.unit(one.unit),
        "place": names.place(one.area),
        "category": names.category(one.category),
    }
    for name in parts:
        over = len(_single(told, parts)) - room
        if over > 0:
            parts[name] = parts[name][: max(0, len(parts[name]) - over)]
    return _single(told, parts)[:room]


def _single(told: Told, parts: Mapping[str, str]) -> str:
    one = told.occasion
    head, tail = _FRAMES[one.cause]
    filled = {
        "clock": _CLOCKS.get(one.clock or ClockKind.RESULT, "办结"),
        "by": _by(told.due_at),
        "level": one.level,
        "unit": parts["unit"],
    }
    middle = " ".join(text for text in (one.number, parts["category"], parts["place"]) if text)
    return f"{SIGNATURE}{head.format(**filled)} {middle}{tail.format(**filled)}"


def _by(at: datetime | None) -> str:
    if at is None:
        return ""
    local = at.astimezone(CITY_TIME)
    return f"{local.month}月{local.day}日{local:%H:%M}前"
