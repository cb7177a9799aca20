"""How long what came too early is left to the broker: counted in looks, bounded, and blind to every clock."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.topology import CONSUMERS, ConsumerSpec
from kit.patience import (
    ABSENT_S,
    CROWD,
    CROWDED_VERDICTS,
    FORGOTTEN_S,
    FULL,
    VERDICTS,
    Patience,
    delay_s,
)

AT_S = st.lists(st.floats(0, 100), min_size=VERDICTS, max_size=VERDICTS)


def until_given_up(patience: Patience, event_id: UUID) -> list[float]:
    """The delays it is given, looked at again as soon as each is over."""
    found: list[float] = []
    while (later := patience.early(event_id, sum(found))) is not None:
        found.append(later)
    return found


def test_it_waits_two_and_a_half_minutes_and_no_longer() -> None:
    delays = until_given_up(Patience(), uuid4())
    assert len(delays) == VERDICTS - 1
    assert 150 < sum(delays) < 160
    assert delays == sorted(delays)
    assert max(delays) < ABSENT_S / 2, "one that still waits is part of the crowd"


@given(AT_S)
def test_looks_are_counted_whenever_they_come(at_s: list[float]) -> None:
    patience, event_id = Patience(), uuid4()
    found = [patience.early(event_id, at) for at in at_s]
    assert [one is None for one in found] == [False] * (VERDICTS - 1) + [True]


def crowd(patience: Patience, size: int) -> list[UUID]:
    """So many that wait since the beginning."""
    ids = [uuid4() for _ in range(size)]
    assert all(patience.early(one, 0) for one in ids)
    return ids


def test_a_crowd_is_given_less_time_and_the_last_place_is_given_to_nobody() -> None:
    """Whatever comes, waits and comes again, a process leaves no more than FULL with the broker."""
    patience = Patience()
    crowd(patience, CROWD)
    assert len(until_given_up(patience, uuid4())) == CROWDED_VERDICTS - 1
    more = crowd(patience, FULL - CROWD)
    assert patience.early(uuid4(), 0) is None
    assert patience.early(more[0], 0) is not None, "its own place is free while it is judged"


@pytest.mark.parametrize("spec", CONSUMERS, ids=lambda spec: spec.name)
def test_seven_processes_together_leave_room_for_what_can_be_applied(spec: ConsumerSpec) -> None:
    """With all places taken the server hands out nothing newer, and nobody hears anything."""
    assert spec.max_ack_pending * 7 // 8 >= 7 * FULL


def test_who_was_taken_by_another_replica_is_no_part_of_the_crowd_and_what_was_applied_is_forgotten() -> (
    None
):
    patience = Patience()
    ids = crowd(patience, CROWD)
    again = uuid4()
    assert len(until_given_up(patience, again)) == CROWDED_VERDICTS - 1
    patience.early(uuid4(), ABSENT_S + 1)
    assert all(patience.knows(one) for one in ids), "its looks count when it comes here again"
    patience.early(again, ABSENT_S + 2)
    assert patience.knows(again)
    patience.over(again)
    assert not patience.knows(again)
    assert len(until_given_up(patience, again)) == VERDICTS - 1


def test_neither_an_hour_nor_a_flood_is_kept_in_memory() -> None:
    patience = Patience()
    old = crowd(patience, 2)
    patience.early(uuid4(), FORGOTTEN_S + 1)
    assert not any(patience.knows(one) for one in old)
    waves = [uuid4() for _ in range(4 * FULL)]
    for number, one in enumerate(waves):
        patience.early(one, FORGOTTEN_S + number * (2 * ABSENT_S / FULL))
    assert sum(patience.knows(one) for one in waves) <= 2 * FULL


@given(st.lists(st.integers(0, 6), max_size=150))
@example([replica for _ in range(40) for replica in [0] * 11 + [1] * 11])
def test_whichever_replicas_look_it_is_given_up_in_the_end(looked: list[int]) -> None:
    """Each keeps its own count: together they wait at most as many times as long as there are of them."""
    replicas, event_id, at_s = [Patience() for _ in range(7)], uuid4(), 0.0
    for looks, replica in enumerate(looked, 1):
        later = replicas[replica].early(event_id, at_s)
        if later is None:
            return
        at_s += later
        assert looks <= 7 * (VERDICTS - 1)
    assert at_s < 7 * 160


@given(st.integers(-5, 10_000))
def test_the_delay_doubles_up_to_a_minute(tries: int) -> None:
    assert 0.1 <= delay_s(tries) <= delay_s(tries + 1) <= 51.2
