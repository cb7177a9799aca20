"""Three suggestions for the triage desk: from the receipt, else from the directory; never who is barred."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.complaint import ComplaintReceived
from contracts.directory import Category, UnitKind
from services.router.decision.alternatives import Behind
from services.router.decision.decision import RoutingReason
from services.router.decision.labels import Labels
from services.router.decision.matching import decide
from services.router.decision.reasons import WORDS, words
from services.router.desk.suggesting import Matter, Suggestion, suggest, tie
from services.router.directory.directory import Directory
from tests.support import small

DIRECTORY = small.directory()
ZH, EN = Labels(DIRECTORY), Labels(DIRECTORY, english=True)


def matter(
    complaint: ComplaintReceived, directory: Directory = DIRECTORY, **receipt: Any
) -> Matter:
    """What the desk has in its hands after the router would not decide, without its own alternatives."""
    decision = decide(complaint, directory, small.MONDAY)
    kept = decision.receipt | {"alternatives": []} | receipt
    accused = {complaint.accused} if complaint.accused else set()
    return Matter(decision.unit, decision.category, decision.area, kept, accused, small.MONDAY)


def said(found: tuple[Suggestion, ...]) -> list[tuple[str, str | None]]:
    return [(one.unit, one.category) for one in found]


def test_an_unsure_category_offers_the_owner_of_each_guess_then_the_next_unit_up() -> None:
    found = suggest(matter(small.complaint("垃圾堆在电梯口", address="金桂苑3号楼")), DIRECTORY)
    assert said(found) == [("GT-1", "LJ-DF"), ("WY-1", "WY-DT"), ("SQ-1", "LJ-DF")]
    assert {one.area for one in found} == {small.GARDEN_3}
    assert [one.score for one in found] == [0.5, 0.5, 0.0]


def test_an_unsure_place_offers_the_owners_of_the_places_it_could_have_been() -> None:
    found = suggest(matter(small.complaint("幸福里垃圾没人清")), DIRECTORY)
    assert said(found)[:2] == [("GT-3", "LJ-DF"), ("GT-2", "LJ-DF")]
    assert [one.area for one in found[:2]] == [small.HAPPY_EAST, small.HAPPY_WEST]
    assert found[0].why(ZH) == "若在无影山街道东社区幸福里，由GT-3负责。"


def test_without_a_category_the_nearest_units_around_the_place_are_offered() -> None:
    found = suggest(matter(small.complaint("到底管不管", address="金桂苑")), DIRECTORY)
    assert said(found) == [("GT-1", None), ("SQ-1", None), ("JD", None)]


def test_where_nothing_is_known_the_units_above_the_desk_are_offered() -> None:
    assert said(suggest(matter(small.complaint("到底管不管")), DIRECTORY)) == [
        ("JD", None),
        ("QX", None),
    ]


def test_who_is_complained_about_is_never_offered_nor_the_unit_right_above() -> None:
    complaint = small.complaint("电梯困人没人管", address="金桂苑", accused="WY-1")
    found = suggest(matter(complaint), DIRECTORY)
    assert {"WY-1", "SQ-1"}.isdisjoint(one.unit for one in found)
    assert said(found) == [("JD", "WY-DT"), ("QX", "WY-DT")]


def test_the_receipts_own_alternatives_come_first_in_their_order() -> None:
    noted = [
        {"unit": "SZ", "category": "SZ-LD", "area": small.WEST, "score": 0.4, "why": "other_place"},
        {"unit": "GONE", "category": None, "area": None, "score": 0.9, "why": "as_found"},
        {"unit": "SQ-2", "category": "SZ-LD", "area": small.WEST, "score": 0.2, "why": "of_later"},
    ]
    found = suggest(
        matter(small.complaint("垃圾", address="金桂苑"), alternatives=noted), DIRECTORY
    )
    assert said(found) == [("SZ", "SZ-LD"), ("SQ-2", "SZ-LD"), ("GT-1", "LJ-DF")]
    assert [one.score for one in found[:2]] == [0.4, 0.2]
    assert found[0].why(EN) == "If it is in 天桥区无影山街道西社区, it is SZ's."
    assert found[1].why(ZH) == "SQ-2可以办理。"


def test_what_the_router_notes_itself_is_what_is_offered() -> None:
    complaint = small.complaint("垃圾堆在电梯口", address="金桂苑3号楼")
    noted = decide(complaint, DIRECTORY, small.MONDAY).receipt["alternatives"]
    found = suggest(matter(complaint, alternatives=noted), DIRECTORY)
    assert [(one["unit"], one["category"]) for one in noted] == said(found)[: len(noted)]


def test_every_reading_behind_a_suggestion_has_a_sentence_of_its_own() -> None:
    told = {
        Suggestion("SZ", None, None, behind, 0.0).why(ZH) for behind in (*Behind, "around", "-")
    }
    assert len(told) == len(Behind) + 2


def test_a_receipt_of_the_first_form_has_no_alternatives_and_is_served_all_the_same() -> None:
    first = matter(small.complaint("电梯困人", address="金桂苑", accused="DW-1"))
    receipt = {name: value for name, value in first.receipt.items() if name != "alternatives"}
    old = Matter(first.desk, first.category, first.area, receipt, (), small.MONDAY)
    assert said(suggest(old, DIRECTORY))[0] == ("WY-1", "WY-DT")


def test_every_routing_reason_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(RoutingReason)
    assert words("place_unknown", "zh") != words("place_unknown", "en")
    assert words("of_a_later_version", "zh") == "of_a_later_version"


_NAMES = ("金桂苑", "幸福里", "三棉宿舍", "济安路", "济安路5号", "老槐树", "三棉锅炉房", "3号楼")
_WORDS = ("垃圾没人清", "电梯困人", "路灯不亮", "帮忙", "没人管", "垃圾", "灯不亮")


@given(
    text=st.lists(st.sampled_from(_NAMES + _WORDS), min_size=1, max_size=6).map("，".join),
    accused=st.sampled_from([None, *(unit.code for unit in small.tables()["units"])]),
    category=st.sampled_from([None, *(row.code for row in small.tables()["categories"])]),
)
def test_whatever_was_said_at_most_three_that_differ_are_offered_and_none_that_is_barred(
    text: str, accused: str | None, category: str | None
) -> None:
    complaint = small.complaint(text, accused=accused, category=category)
    found = suggest(matter(complaint), DIRECTORY)
    assert len(found) <= 3
    assert len(set(said(found))) == len(found)
    for one in found:
        assert (
            tie(DIRECTORY, one.unit, {accused} if accused else (), one.area, small.MONDAY) is None
        )
        assert DIRECTORY.units[one.unit].kind is not UnitKind.DESK
        assert 0 <= one.score <= 1
        assert one.why(ZH).endswith("。")
        assert one.why(EN).endswith(".")


def test_more_than_three_guesses_are_cut_to_the_best() -> None:
    categories = [
        *small.tables()["categories"],
        Category(code="XX", name="甲", keywords=("烟:1",)),
        Category(code="YY", name="乙", keywords=("烟:2",)),
    ]
    directory = small.directory(
        categories=categories,
        catalogue=[*small.tables()["catalogue"], small.rule("XX", "SZ"), small.rule("YY", "SZ")],
    )
    found = suggest(
        matter(small.complaint("垃圾和烟，路灯", address="金桂苑"), directory), directory
    )
    assert len(found) == 3
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
