"""What makes a stream suspect, and what is missing from it: values in, values out (reliability.md row 22)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.reconcile.merging import Merge, event_id
from kit.reconcile.suspicion import Stand, moment, server_of, suspicions

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MONTH = timedelta(days=30)
KNOWN = Stand("S1", "2026-11-01", 10, NOW - timedelta(days=3), 500, 0)
IDS = st.lists(st.integers(0, 40), max_size=60)


@pytest.mark.parametrize(
    ("live", "acknowledged", "why"),
    [
        (KNOWN, 0, ()),
        (replace(KNOWN, last_seq=900), 900, ()),
        (replace(KNOWN, created="2026-11-22"), 0, ("recreated",)),
        (replace(KNOWN, server="S2"), 0, ("restarted",)),
        (replace(KNOWN, last_seq=499), 0, ("tail",)),
        (replace(KNOWN, last_seq=600), 601, ("tail",)),
        (replace(KNOWN, deleted=1), 0, ("gaps",)),
        (replace(KNOWN, first_seq=11), 0, ("head",)),
    ],
)
def test_each_thing_that_may_never_happen_is_named(
    live: Stand, acknowledged: int, why: tuple[str, ...]
) -> None:
    found = suspicions(KNOWN, live, acknowledged=acknowledged, max_age=MONTH, now=NOW)
    assert found == why


def test_messages_leave_by_age_without_suspicion_and_a_new_stream_is_looked_through() -> None:
    old = replace(KNOWN, first_at=NOW - timedelta(days=30, seconds=1))
    live = replace(old, first_seq=77, first_at=NOW - timedelta(days=2))
    assert suspicions(old, live, acknowledged=0, max_age=MONTH, now=NOW) == ()
    assert suspicions(None, live, acknowledged=0, max_age=MONTH, now=NOW) == ("first",)


def test_a_server_is_another_after_each_start_and_a_cluster_with_each_leader() -> None:
    info = {"cluster": {"leader": "n2"}}
    assert server_of({"server_id": "A"}, info) != server_of({"server_id": "B"}, info)
    assert server_of({"server_id": "A", "cluster": "c"}, info) == "c/n2"
    assert moment("2026-11-22T08:56:01.438474377Z") == datetime(2026, 11, 22, 8, 56, 1, tzinfo=UTC)


@given(kept=st.lists(st.integers(0, 40), unique=True), back=IDS, order=st.randoms())
def test_missing_is_what_was_kept_and_never_came_back_in_whatever_order_both_are_read(
    kept: list[int], back: list[int], order: object
) -> None:
    merge = Merge()
    steps = [("kept", one) for one in kept] + [("back", one) for one in back]
    getattr(order, "shuffle")(steps)  # noqa: B009 - hypothesis hands it out as an object
    for side, one in steps:
        (merge.kept if side == "kept" else merge.came_back)([str(one)])
    assert set(merge.missing) == {str(one) for one in set(kept) - set(back)}
    assert merge.missing_count() == len(merge.missing)


def test_an_event_offered_again_keeps_its_id() -> None:
    assert event_id("0190-abc~17") == event_id("0190-abc") == "0190-abc"
