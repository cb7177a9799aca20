"""A person decides who gets a ticket: what may be asked, what follows, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.command import CommandData
from contracts.complaint import ComplaintReceived, Urgency
from contracts.ticket import TicketStatus
from kit.errors import DomainError
from services.router.decision.alternatives import Behind
from services.router.decision.labels import Labels
from services.router.decision.matching import decide
from services.router.desk import choosing, deciding
from services.router.desk.choice_text import told_in_words
from services.router.desk.choosing import Choice, Offer
from services.router.desk.deciding import Against
from services.router.desk.suggesting import Suggestion
from services.router.ticket.standing import Standing
from tests.support import small

DIRECTORY = small.directory()
OLD, NEW = UUID(int=1), UUID(int=2)
LAMP = small.complaint("灯不亮了没人管", address="西社区")
OFFERED = (
    Suggestion("SZ", "SZ-LD", small.WEST, Behind.OTHER_PLACE, 0.6),
    Suggestion("SQ-2", "SZ-LD", small.WEST, Behind.UNIT_ABOVE, 0.2),
)


def before(complaint: ComplaintReceived = LAMP) -> Standing:
    decision = decide(complaint, DIRECTORY, small.MONDAY)
    return Standing(
        TicketStatus.TRIAGE, decision.unit, None, (), decision.category, decision.area,
        decision.profile, 1, OLD, None, None, decision.urgency.value, 1,
    )  # fmt: skip


def against(*accused: str, complaint: ComplaintReceived = LAMP) -> Against:
    guess = decide(complaint, DIRECTORY, small.MONDAY).receipt
    return Against(DIRECTORY, frozenset(accused), guess, Urgency.NORMAL, "P-1", small.MONDAY, NEW)


def asked(**data: Any) -> CommandData:
    return CommandData.model_validate(data)


def choose(*, seen: bool = True, **data: Any) -> Choice:
    return choosing.choose(asked(**data), Offer(OFFERED, Labels(DIRECTORY), seen), before())


def refused(**data: Any) -> tuple[int, str | None]:
    with pytest.raises(DomainError) as error:
        choose(**data)
    return int(error.value.kind), error.value.field


def test_a_number_takes_the_suggestion_with_its_own_sentence_as_reason() -> None:
    taken = choose(choice=2)
    assert (taken.unit, taken.category, taken.area, taken.number) == (
        "SQ-2", "SZ-LD", small.WEST, 2,
    )  # fmt: skip
    assert taken.reason == "采纳建议 2：SQ-2是上一级单位，可先接下协调。"
    assert choose(choice=1, reason="电话问清").reason == "电话问清"


def test_a_number_means_nothing_without_the_version_that_was_seen() -> None:
    assert refused(choice=1, seen=False) == (422, "version")


@pytest.mark.parametrize(
    "data",
    [{"choice": 3}, {"choice": 1, "unit": "SQ-2"}, {"choice": 1, "category": "LJ-DF"},
     {"choice": 1, "area": small.EAST}],
)  # fmt: skip
def test_a_suggestion_that_is_not_what_was_seen_is_stale(data: dict[str, Any]) -> None:
    with pytest.raises(DomainError, match="stale-suggestions") as error:
        choose(**data)
    assert error.value.kind == 409
    assert [now["unit"] for now in error.value.extra["suggestions_now"]] == ["SZ", "SQ-2"]


def test_what_was_seen_may_be_sent_along() -> None:
    assert choose(choice=1, unit="SZ", category="SZ-LD", area=small.WEST).number == 1


def test_a_named_unit_needs_a_reason_and_keeps_what_is_not_named() -> None:
    assert refused() == (422, "data.unit")
    assert refused(unit="SZ") == (422, "data.reason")
    assert refused(unit="SZ", reason="  ") == (422, "data.reason")
    named = choose(unit="SZ", reason="归口")
    assert (named.category, named.area) == (before().category, before().area)


def test_assists_profile_and_post_follow_from_the_catalogue_for_what_was_chosen() -> None:
    decided = deciding.dispatch(
        Choice("WY-1", "WY-DT", small.GARDEN, "问清", None), before(), against()
    )
    after = decided.after
    assert (after.status, after.unit, after.post) == (TicketStatus.DISPATCHED, "WY-1", "WY-1-L")
    assert (after.category, after.area, after.assists) == ("WY-DT", small.GARDEN, ("SQ-1",))
    assert (after.profile, after.rule_version, after.receipt_id) == ("standard", 1, NEW)
    assert after.dispatched_at == small.MONDAY


def test_a_unit_that_helps_by_the_catalogue_does_not_help_itself() -> None:
    choice = Choice("SQ-1", "WY-DT", small.GARDEN, "问清", None)
    assert deciding.dispatch(choice, before(), against()).after.assists == ()


def test_who_is_complained_about_neither_gets_it_nor_helps() -> None:
    with pytest.raises(DomainError) as error:
        deciding.dispatch(Choice("WY-1", "WY-DT", small.GARDEN, "-"), before(), against("WY-1"))
    assert error.value.field == "data.unit"
    with pytest.raises(DomainError):
        deciding.dispatch(Choice("SQ-1", "WY-DT", small.GARDEN, "-"), before(), against("WY-1"))
    helping = deciding.dispatch(
        Choice("GT-1", "LJ-DF", small.GARDEN, "-"), before(), against("SQ-1")
    )
    assert helping.after.assists == ()


def test_guessed_and_chosen_are_kept_side_by_side_with_the_receipt_decided_over() -> None:
    decided = deciding.dispatch(Choice("SZ", "SZ-LD", small.WEST, "-", 1), before(), against())
    guess = decide(LAMP, DIRECTORY, small.MONDAY)
    assert decided.detail == {
        "guessed": {"unit": "SQ-2", "category": "SZ-LD", "area": guess.area},
        "chosen": {"unit": "SZ", "category": "SZ-LD", "area": small.WEST},
        "choice": 1,
    }
    receipt = decided.receipt
    assert (receipt["by"], receipt["over"], receipt["outcome"]) == ("P-1", str(OLD), "dispatch")
    assert set(guess.receipt) - {"inputs", "conflicts"} <= set(receipt)
    for part in ("place", "category", "duty"):
        assert set(guess.receipt[part] or ()) <= set(receipt[part])
    assert (receipt["guessed"], receipt["chosen"]) == (
        decided.detail["guessed"], decided.detail["chosen"],
    )  # fmt: skip


def test_a_move_keeps_category_place_and_helpers_and_drops_the_new_lead_from_them() -> None:
    held = deciding.dispatch(Choice("GT-1", "LJ-DF", small.GARDEN, "-"), before(), against()).after
    assert held.assists == ("SQ-1",)
    moved = deciding.reassign(asked(unit="SQ-1"), held, against()).after
    assert (moved.unit, moved.category, moved.area, moved.assists) == (
        "SQ-1", "LJ-DF", small.GARDEN, (),
    )  # fmt: skip
    with pytest.raises(DomainError) as error:
        deciding.reassign(asked(), held, against())
    assert error.value.field == "data.unit"


@pytest.mark.parametrize(
    ("data", "nearest"),
    [({"unit": "GT-4"}, "GT-3"), ({"category": "LJ-DD"}, "LJ-DF"), ({"area": "370105001018"}, small.EAST)],
)  # fmt: skip
def test_an_unknown_code_is_refused_with_the_nearest_ones(
    data: dict[str, str], nearest: str
) -> None:
    with pytest.raises(DomainError) as error:
        choosing.check_codes(asked(**data), DIRECTORY, small.MONDAY)
    assert error.value.kind == 422
    assert error.value.field == f"data.{next(iter(data))}"
    assert nearest in error.value.extra["nearest"], error.value.extra


def test_an_area_that_is_in_force_no_longer_is_unknown() -> None:
    gone = [
        area.model_copy(update={"valid_to": small.MONDAY.date()})
        if area.code == small.MILL
        else area
        for area in small.tables()["areas"]
    ]
    directory = small.directory(areas=gone)
    with pytest.raises(DomainError) as error:
        choosing.check_codes(asked(area=small.MILL), directory, small.MONDAY)
    assert error.value.extra["nearest"] == [small.WEST]
    choosing.check_codes(asked(area=small.MILL), directory, small.MONDAY - timedelta(days=1))


def test_a_persons_receipt_is_told_in_plain_words_of_both_languages() -> None:
    decided = deciding.dispatch(Choice("SZ", "SZ-LD", small.WEST, "-", 1), before(), against())
    told = told_in_words(decided.receipt, DIRECTORY, english=False).splitlines()
    assert told == [
        "由人派单：P-1，2026-11-16 10:00。",
        "选定：SZ，市政·路灯，天桥区无影山街道西社区。",
        "采纳了第1条建议。",
        "在此之前的判断：SQ-2，市政·路灯，天桥区无影山街道西社区。",
        "版本：目录第1版。",
    ]
    english = told_in_words(decided.receipt, DIRECTORY, english=True)
    assert english.startswith("Dispatched by a person: P-1")
    routed = told_in_words(against().guess, DIRECTORY, english=True)
    assert "To: SQ-2." in routed


def test_an_owner_of_the_place_counts_only_near_the_place() -> None:
    boiler = small.complaint("锅炉房太吵", address="三棉锅炉房", category="WY-DT")
    near = against(complaint=boiler)
    here = deciding.dispatch(Choice("SQ-2", "WY-DT", small.MILL, "-"), before(boiler), near)
    assert here.receipt["duty"]["rule"]["compound_type"] == "unit_dormitory"
    there = deciding.dispatch(Choice("SQ-1", "WY-DT", small.GARDEN, "-"), before(boiler), near)
    assert there.receipt["duty"]["rule"] == {"category": "WY", "area": None, "compound_type": None}
