"""How long what came too early is left to the broker: counted in looks, bounded, and blind to every clock."""

from __future__ import annotations

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from contracts.topology import CONSUMERS
from kit.patience import CROWD, CROWDED_VERDICTS, FORGOTTEN_S, VERDICTS, Patience, delay_s

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
    assert max(delays) < FORGOTTEN_S / 2, "one that still waits must not be forgotten"


@given(AT_S)
def test_looks_are_counted_whenever_they_come(at_s: list[float]) -> None:
    patience, event_id = Patience(), uuid4()
    found = [patience.early(event_id, at) for at in at_s]
    assert [one is None for one in found] == [False] * (VERDICTS - 1) + [True]


def test_a_crowd_is_given_less_time_and_leaves_room_for_others() -> None:
    patience = Patience()
    assert all(patience.early(uuid4(), 0) for _ in range(CROWD))
    assert len(until_given_up(patience, uuid4())) == CROWDED_VERDICTS - 1
    assert min(spec.max_ack_pending for spec in CONSUMERS) > 2 * CROWD


def test_what_was_applied_or_taken_by_another_replica_is_no_part_of_the_crowd() -> None:
    patience = Patience()
    ids = [uuid4() for _ in range(CROWD)]
    for one in ids:
        patience.early(one, 0)
    patience.early(uuid4(), FORGOTTEN_S + 1)
    assert not any(patience.knows(one) for one in ids)
    again = uuid4()
    patience.early(again, FORGOTTEN_S + 2)
    assert patience.knows(again)
    patience.over(again)
    assert not patience.knows(again)
    assert len(until_given_up(patience, again)) == VERDICTS - 1


@given(st.integers(-5, 10_000))
def test_the_delay_doubles_up_to_a_minute(tries: int) -> None:
    assert 0.1 <= delay_s(tries) <= delay_s(tries + 1) <= 51.2
