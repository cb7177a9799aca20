"""Who brings much waits for oneself; nothing is lost and nothing comes twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kit.limits.turns import Turns

STEPS = st.lists(st.one_of(st.none(), st.sampled_from("abcd")), max_size=200)


@given(STEPS, st.integers(1, 5))
def test_all_that_was_kept_comes_once_in_its_names_order(
    steps: list[str | None], most: int
) -> None:
    turns: Turns[tuple[str, int]] = Turns(most)
    kept: list[tuple[str, int]] = []
    came: list[tuple[str, int]] = []
    for number, name in enumerate(steps):
        if name is None:
            came += [one for one in [turns.take()] if one is not None]
            continue
        waiting = sum(1 for one in kept if one[0] == name and one not in came)
        assert turns.add(name, (name, number)) == (waiting < most)
        kept += [(name, number)] if waiting < most else []
    while (one := turns.take()) is not None:
        came.append(one)
    assert sorted(came) == sorted(kept)
    for name in "abcd":
        assert [one for one in came if one[0] == name] == [one for one in kept if one[0] == name]


@given(st.integers(1, 50), st.integers(1, 5))
def test_d7_22_who_comes_last_is_served_after_one_of_each_other(many: int, names: int) -> None:
    turns: Turns[str] = Turns(many)
    for name in range(names):
        for _ in range(many):
            assert turns.add(f"noisy-{name}", "noisy")
    turns.add("quiet", "quiet")
    first = [turns.take() for _ in range(names + 1)]
    assert "quiet" in first
