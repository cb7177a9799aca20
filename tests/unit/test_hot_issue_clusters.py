"""Texts of one matter in one place are one cluster, and nothing else is; made-up texts."""

from __future__ import annotations

from random import Random
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.router.issues import issue_clusters
from services.router.issues.issue_clusters import Cluster, clusters
from services.router.issues.issue_heat import burst, heat
from services.router.issues.issue_names import names
from services.router.issues.issue_vectors import vectors
from tests.support.messages import message, town

HOT: Final = {("金桂苑", "lift"): 9, ("碧波湾", "smoke"): 7, ("金桂苑", "water"): 6}


FEW: Final = st.text(alphabet="金桂苑小区停水电梯坏路 ", max_size=12)
"""Texts that have much in common, so that likenesses are equal by chance."""


def _quiet(_: str, __: int, ___: int) -> None:
    return None


def _found(told: list[tuple[str, str, int]]) -> list[set[tuple[str, str, int]]]:
    said = [message(*one) for one in told]
    days = [float(which % 5) for _, _, which in told]
    return [{told[i] for i in one.members} for one in clusters(said, days, _quiet)]


def test_many_texts_of_one_matter_in_one_compound_are_one_cluster() -> None:
    found = _found(town(HOT))
    for (compound, matter), count in HOT.items():
        whole = {(compound, matter, which) for which in range(count)}
        assert whole in found, [sorted(one) for one in found if one & whole]


def test_neither_the_matter_alone_nor_the_compound_alone_joins() -> None:
    for one in _found(town(HOT)):
        assert len({compound for compound, _, _ in one}) == 1, one
        assert len({matter for _, matter, _ in one}) == 1, one


def test_the_order_of_the_file_changes_no_cluster() -> None:
    first, second = (_found(town(HOT, seed)) for seed in (1, 2))
    assert sorted(map(sorted, first)) == sorted(map(sorted, second))


def test_a_block_too_large_is_cut_where_texts_are_least_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lifts = [message("金桂苑", "lift", which) for which in range(9)]
    water = [message("金桂苑", "water", which) for which in range(9)]
    between = [(lift[0], lift[1] + other[1]) for lift, other in zip(lifts, water, strict=True)][:2]
    others = [message(compound, matter, which) for compound, matter, which in town({})]
    said = [*lifts, *water, *between, *others]
    days = [float(n % 5) for n in range(len(said))]
    when = np.array(days, np.float32)
    assert max(map(len, issue_clusters._blocks(vectors(said, _quiet), when, _quiet))) > 12
    monkeypatch.setattr(issue_clusters, "BLOCK", 12)
    together = [set(one.members) for one in clusters(said, days, _quiet)]
    assert any(set(range(9)) <= one for one in together), together
    assert any(set(range(9, 18)) <= one for one in together), together


def test_no_block_is_larger_than_may_be_compared_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = [message(*one) for one in town(HOT)] + [("停水", "全小区停水")] * 30
    texts = vectors(said, _quiet)
    when = np.zeros(len(said), np.float32)
    for most in (1_000, 8):
        monkeypatch.setattr(issue_clusters, "BLOCK", most)
        sizes = [len(block) for block in issue_clusters._blocks(texts, when, _quiet)]
        assert 2 <= min(sizes) <= max(sizes) <= most
        assert sum(sizes) >= 30


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=30) | FEW, st.text(max_size=200) | FEW), max_size=12),
    st.randoms(),
)
def test_no_texts_raise_and_their_order_does_not_matter(
    said: list[tuple[str, str]], chance: Random
) -> None:
    said = [*said, *said[:2]]  # some that are told twice
    days = [float(len(text) % 7) for _, text in said]

    def grouped(order: list[int]) -> list[list[tuple[str, str]]]:
        found = clusters([said[i] for i in order], [days[i] for i in order], _quiet)
        return sorted(sorted(said[order[m]] for m in one.members) for one in found)

    order = list(range(len(said)))
    first = grouped(order)
    chance.shuffle(order)
    assert grouped(order) == first


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=80)), max_size=6))
def test_names_are_found_in_any_texts(said: list[tuple[str, str]]) -> None:
    assert len(names(said)) <= 3


def test_a_cluster_is_named_by_the_place_its_texts_share() -> None:
    said = [message("碧波湾", "smoke", which) for which in range(6)]
    assert any("碧波湾" in name for name in names(said))


def test_the_middle_of_a_cluster_is_one_of_its_members() -> None:
    said = [message("碧波湾", "smoke", which) for which in range(6)]
    (one,) = clusters(said, [0.0] * 6, _quiet)
    assert isinstance(one, Cluster)
    assert one.middle in one.members
    assert 0 < one.likeness <= 1


def test_members_are_told_in_the_order_of_time() -> None:
    said = [message("碧波湾", "smoke", which) for which in range(6)]
    (one,) = clusters(said, [3.0, 1.0, 5.0, 0.0, 4.0, 2.0], _quiet)
    assert one.members == (3, 1, 5, 0, 4, 2)


def test_one_text_and_no_text_are_no_cluster() -> None:
    assert clusters([], [], _quiet) == []
    assert clusters([("停水", "停水")], [0.0], _quiet) == []


def test_people_weigh_more_than_likes_and_a_month_more_than_years() -> None:
    assert heat(10, 0, 1, 1) > heat(5, 20, 1, 1)
    assert heat(10, 0, 1, 1) == 2 * heat(10, 0, 0, 1)
    assert heat(10, 0, 1, 0.2) == heat(10, 0, 1, 0.4) / 2
    assert burst([]) == 0
    assert burst([0, 1, 29, 400]) == 0.75
    assert burst([5.0] * 4) == 1
