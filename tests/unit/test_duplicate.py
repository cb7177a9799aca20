"""What is likely the same matter: a person decides, so nothing is shown without a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.complaint import Datum, Kind
from kit.ids import new_id
from services.intake.duplicate import EXCERPT, Asked, Question, Stored, judge, likely
from services.intake.likeness import grams, plain
from services.intake.whereabouts import NOWHERE, Where

NOW: Final = datetime(2026, 11, 23, 2, tzinfo=UTC)
HERE: Final = Where(frozenset({"here"}), frozenset({("here", 3)}))
NEXT_DOOR: Final = Where(frozenset({"here"}), frozenset({("here", 5)}))
THERE: Final = Where(frozenset({"there"}))
LIFT: Final = "电梯又停了，老人下不来楼，打电话没人管"
LETTER: Final = (
    "我们小区的电梯自从去年十月起就一直时好时坏，物业每次都说在等配件，业主们交着电梯费却天天爬楼，"
    * 2
)
WHERE: Final = st.sampled_from([HERE, NEXT_DOOR, THERE, NOWHERE])
WORDS: Final = st.sampled_from([LIFT, LETTER, "电梯坏了", "超市卖过期牛奶", ""])


def asked(text: str = LIFT, where: Where = HERE, **more: Any) -> Asked:
    fields = {"category": None, "kind": None, "now": NOW, "window": timedelta(days=30)}
    return Asked(grams(plain(text)), where, **{**fields, **more})


def stored(text: str = LIFT, where: Where = HERE, **more: Any) -> Stored:
    fields: dict[str, Any] = {
        "complaint_id": new_id(), "number": "261121480271", "received_at": NOW - timedelta(days=1),
        "kind": Kind.COMPLAINT, "same_caller": False, "title": None, "text": text, "address": None,
        "grid_code": None, "category": None, "status": None,
    }  # fmt: skip
    return Stored(words=grams(plain(text)), where=where, **{**fields, **more})


def reasons(question: Asked, candidate: Stored) -> tuple[str, ...] | None:
    found = judge(question, candidate)
    return found.reasons if found else None


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (stored(), ("same_place", "similar_text")),
        (stored("电梯坏了三天没人修"), ("same_place",)),
        (stored("楼道灯不亮"), None),
        (stored(where=NOWHERE), ("similar_text",)),
        (stored("电梯坏了三天没人修", NOWHERE), None),
        (stored(where=NEXT_DOOR), ("similar_text",)),
        (stored("电梯坏了三天没人修", NEXT_DOOR), None),
        (stored(where=THERE), None),
        (stored("楼道灯不亮", THERE, same_caller=True), ("same_caller",)),
    ],
)
def test_place_and_words_together_make_a_matter(
    candidate: Stored, expected: tuple[str, ...] | None
) -> None:
    assert reasons(asked(), candidate) == expected


def test_a_copied_letter_is_offered_from_anywhere_but_never_as_the_same_place() -> None:
    assert reasons(asked(LETTER), stored(LETTER, THERE)) == ("similar_text",)
    retold = LETTER[:24] + "换了一家维保公司也没有用，顶楼的孕妇最辛苦"
    assert reasons(asked(LETTER), stored(retold, NOWHERE)) == ("similar_text",)
    assert reasons(asked(LETTER), stored(retold, THERE)) is None


def test_the_same_category_counts_at_the_same_place_in_other_words() -> None:
    lift = asked("轿厢卡在三层", category="WY-DT")
    assert reasons(lift, stored("楼里老人下不来", category="WY-DT")) == (
        "same_place",
        "same_category",
    )
    assert reasons(lift, stored("楼里老人下不来", category="WY-GS")) is None
    assert reasons(lift, stored("楼里老人下不来", THERE, category="WY-DT")) is None


def test_while_only_the_place_is_known_everything_recent_there_is_shown() -> None:
    assert reasons(asked(""), stored("楼道灯不亮")) == ("same_place",)
    assert reasons(asked(""), stored("楼道灯不亮", THERE)) is None
    assert reasons(asked("", NOWHERE), stored()) is None


@pytest.mark.parametrize(
    ("kind", "other", "comparable"),
    [
        (None, Kind.PRAISE, True),
        (Kind.COMPLAINT, Kind.REPORT, True),
        (Kind.HELP, Kind.COMPLAINT, True),
        (Kind.COMPLAINT, Kind.PRAISE, False),
        (Kind.ENQUIRY, Kind.COMPLAINT, False),
        (Kind.PRAISE, Kind.PRAISE, True),
    ],
)
def test_praise_is_no_duplicate_of_a_complaint(
    kind: Kind | None, other: Kind, *, comparable: bool
) -> None:
    assert (judge(asked(kind=kind), stored(kind=other)) is not None) is comparable


def test_best_first_then_newest_and_no_more_than_asked() -> None:
    old = stored(received_at=NOW - timedelta(days=20))
    weak = stored("电梯坏了三天没人修")
    best = stored()
    found = likely(asked(), [old, weak, best], 2)
    assert [one.stored for one in found] == [best, old]


@given(WORDS, WHERE, WORDS, WHERE, st.sampled_from([False, True]))
def test_every_item_has_a_reason_and_a_score_between_0_and_1(
    text: str,
    where: Where,
    other: str,
    there: Where,
    same_caller: bool,  # noqa: FBT001 - hypothesis fills positions
) -> None:
    found = judge(asked(text, where), stored(other, there, same_caller=same_caller))
    assert found is None or (found.reasons and 0 <= found.score <= 1)
    assert found is not None or not same_caller


def test_only_a_beginning_of_the_text_is_shown_and_nothing_unknown() -> None:
    item = likely(asked(LETTER), [stored(LETTER)], 1)[0].show()
    assert len(item["excerpt"]) == min(EXCERPT, len(LETTER))
    assert not {"status", "title", "address"} & set(item)


def test_a_point_may_be_given_as_in_an_address_or_as_in_a_filing() -> None:
    one = Question.model_validate({"point": "117.0,36.65", "datum": "gcj02"})
    other = Question.model_validate({"point": {"lon": 117.0, "lat": 36.65, "datum": "gcj02"}})
    assert one.position() == other.position()
    assert one.position().datum is Datum.GCJ02  # type: ignore[union-attr]  # it was given


@pytest.mark.parametrize(
    "body",
    [
        {"point": "117.0"},
        {"point": "east,north"},
        {"point": "nan,36.6"},
        {"datum": "gcj02"},
        {"days": 0},
        {"days": 366},
        {"limit": 21},
        {"limit": 0},
        {"phone": "none"},
        {"text": "x" * 10_001},
        {"q": "电梯"},
    ],
)
def test_a_wrong_question_names_the_field(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Question.model_validate(body)
    assert refused.value.errors()[0]["loc"][0] == next(iter(body))
