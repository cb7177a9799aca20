"""Contact health: what events say of a unit and its people, and when silence is too long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.publishing.contacts import (
    ACTED,
    ASKED,
    WHOLE,
    Heard,
    Kept,
    News,
    Patience,
    Waiting,
    contact,
    told,
)
from tests.support import small
from tests.support.small import MONDAY

PATIENCE = Patience(unsigned_days=3, silent_days=30)


def heard(event: str, days: float, actor: str | None = "P-SZ-L", unit: str = "SZ") -> Heard:
    return Heard(event, unit, actor, MONDAY + timedelta(days=days))


def after(days: float) -> object:
    return MONDAY + timedelta(days=days)


def test_signing_is_remembered_of_the_person_and_of_the_unit() -> None:
    found = told([heard("dispatched", 0, "system:router"), heard("accepted", 1)])
    assert found["SZ", WHOLE] == News(after(1), after(1), None)  # type: ignore[arg-type]
    assert found["SZ", "P-SZ-L"] == News(after(1), after(1), None)  # type: ignore[arg-type]


def test_any_step_of_a_person_is_a_sign_of_life_and_only_accepting_a_signature() -> None:
    found = told([heard("contacted", 2)])
    assert found["SZ", WHOLE].acted_at == after(2)
    assert found["SZ", WHOLE].signed_at is None


def test_what_the_system_or_the_desk_does_is_no_sign_of_life() -> None:
    found = told([heard("dispatched", 0, "P-DESK"), heard("accepted", 1, "system:router")])
    assert found["SZ", WHOLE] == News(None, None, after(0))  # type: ignore[arg-type]
    assert ("SZ", "system:router") not in found


def test_silence_counts_from_the_first_question_after_the_last_answer() -> None:
    found = told([
        heard("dispatched", 0), heard("accepted", 1), heard("dispatched", 2), heard("urged", 3),
    ])  # fmt: skip
    assert found["SZ", WHOLE].asked_at == after(2)


EVENTS = st.lists(
    st.builds(
        Heard,
        st.sampled_from([*sorted(ASKED | ACTED), "assisted"]),
        st.sampled_from(["SZ", "GT-1"]),
        st.sampled_from(["P1", "P2", "system:router", None]),
        st.integers(0, 99).map(lambda n: MONDAY + timedelta(hours=n)),
    ),
    max_size=12,
).map(lambda events: sorted(events, key=lambda one: one.at))


@given(events=EVENTS, cut=st.integers(0, 12))
def test_read_in_two_stretches_says_the_same_as_in_one(events: list[Heard], cut: int) -> None:
    whole = told(events)
    first, second = told(events[:cut]), told(events[cut:])
    joined: dict[tuple[str, str], News] = dict(first)
    for key, news in second.items():
        old = joined.get(key, News())
        asked = news.asked_at if news.acted_at else (old.asked_at or news.asked_at)
        joined[key] = News(news.signed_at or old.signed_at, news.acted_at or old.acted_at, asked)
    assert joined == whole


@pytest.mark.parametrize(
    ("kept", "waiting", "stale"),
    [
        (Kept(), Waiting(), False),
        (Kept(), Waiting(2, MONDAY - timedelta(days=2)), False),
        (Kept(), Waiting(2, MONDAY - timedelta(days=4)), True),
        (Kept(asked_at=MONDAY - timedelta(days=29)), Waiting(), False),
        (Kept(asked_at=MONDAY - timedelta(days=31)), Waiting(), True),
        (Kept(acted_at=MONDAY - timedelta(days=400)), Waiting(), False),
    ],
)
def test_a_unit_is_stale_when_it_does_not_sign_or_does_not_answer(
    kept: Kept, waiting: Waiting, *, stale: bool
) -> None:
    found = contact(small.directory(), "SZ", {WHOLE: kept}, waiting, (MONDAY, PATIENCE))
    assert found.stale is stale
    assert (found.view()["why"] is not None) is stale


def test_each_post_is_shown_with_what_its_holder_did_and_no_name() -> None:
    people = {WHOLE: Kept(), "P-SZ-L": Kept(signed_at=MONDAY, acted_at=MONDAY)}
    found = contact(small.directory(), "SZ", people, Waiting(), (MONDAY, PATIENCE))
    (post,) = found.view()["posts"]
    assert (post["post"], post["last_sign_for"]) == ("SZ-L", MONDAY.isoformat())
    assert "某人" not in str(found.view())
