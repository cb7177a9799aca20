"""Routing reasons in words, for the people who read why a matter waits at the triage desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.router.decision.decision import RoutingReason

WORDS: Final[Mapping[RoutingReason, tuple[str, str]]] = {
    RoutingReason.RULE: ("按派单目录派出", "dispatched by the catalogue"),
    RoutingReason.PLACE_UNKNOWN: ("地点不明：没有认出任何地名", "no place was recognised"),
    RoutingReason.PLACE_UNSURE: (
        "地点不够细：定不下由谁负责",
        "the place is not known well enough to tell who is responsible",
    ),
    RoutingReason.NEAR_BORDER: (
        "地点在交界处：几种说法归不同的单位管",
        "near a border: the readings of the place have different owners",
    ),
    RoutingReason.CATEGORY_UNKNOWN: ("类别不明：没有认出任何类别", "no category was recognised"),
    RoutingReason.CATEGORY_UNSURE: (
        "类别不够确定：低于自动派单的把握",
        "the category is not sure enough to dispatch without a person",
    ),
    RoutingReason.NO_OWNER: (
        "派单目录中没有能联系上的责任单位",
        "the catalogue names nobody who can be reached",
    ),
    RoutingReason.BACKSTOP: (
        "派单目录中只有兜底规则适用",
        "only the catalogue's last resort applies",
    ),
    RoutingReason.CONFLICT_OF_INTEREST: (
        "利益冲突：按目录该办的单位须回避",
        "conflict of interest: the unit that would have it must not",
    ),
}
"""Chinese, English."""


def words(code: str, language: str) -> str:
    """A reason in the asked language, `zh` or `en`; a code of a later version stands for itself."""
    known = {reason.value: said for reason, said in WORDS.items()}.get(code)
    return code if known is None else known[language == "en"]
