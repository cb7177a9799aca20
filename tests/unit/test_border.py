"""Near a border a person looks only where it makes a difference."""

from __future__ import annotations

import pytest

from services.router.decision.decision import RoutingReason
from services.router.decision.matching import decide
from tests.support import small
from tests.support.small import EAST, HAPPY_WEST, MONDAY, STREET, complaint, rule


def reason(text: str, address: str, **parts: object) -> RoutingReason:
    directory = small.directory(**parts) if parts else small.directory()
    return decide(complaint(text, address=address), directory, MONDAY).reason


@pytest.mark.parametrize(
    ("text", "address", "expected"),
    [
        ("路灯不亮", "老槐树对面", RoutingReason.RULE),
        ("路灯不亮", "幸福里", RoutingReason.NEAR_BORDER),
        ("路灯不亮", "西社区金桂苑", RoutingReason.PLACE_UNSURE),
        ("路灯不亮", "东社区金桂苑", RoutingReason.RULE),
        ("垃圾没人清", "老槐树对面", RoutingReason.NEAR_BORDER),
    ],
)
def test_only_another_owner_makes_an_open_place_a_doubt(
    text: str, address: str, expected: RoutingReason
) -> None:
    assert reason(text, address) is expected


def test_where_one_department_answers_for_both_sides_the_border_is_no_doubt() -> None:
    everywhere = [rule("*", "DESK"), rule("SZ", "SZ"), rule("LJ", "@grid")]
    assert reason("路灯不亮", "幸福里", catalogue=everywhere) is RoutingReason.RULE
    one_more = [*everywhere, rule("SZ", "SQ-1", area=EAST)]
    assert reason("路灯不亮", "幸福里", catalogue=one_more) is RoutingReason.NEAR_BORDER


def test_the_desk_is_told_both_places_to_ask_about() -> None:
    decision = decide(complaint("路灯不亮", address="幸福里"), small.directory(), MONDAY)
    assert decision.area == STREET
    offered = {(one["unit"], one["area"]) for one in decision.receipt["alternatives"]}
    assert {("SZ", STREET), ("SQ-2", HAPPY_WEST)} <= offered
