"""When tickets are one hot issue: count, place, time and words; made-up matters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.directory import AreaLevel
from services.router.issues.issue_words import pairs
from services.router.issues.issues import (
    DEFAULTS,
    Issue,
    Sighting,
    Sorted,
    belongs,
    cooled,
    home,
    places,
    sort_out,
)

MONDAY = datetime(2026, 11, 16, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
GARDEN = {
    AreaLevel.COMPOUND: "370105001008001",
    AreaLevel.COMMUNITY: "370105001008",
    AreaLevel.SUBDISTRICT: "370105001",
}
LIFT = "电梯又停运了，老人下不了楼，维保说等配件。"
NOISE = (
    "楼上装修电钻从早响到晚。", "广场舞音箱对着窗户。", "地下室水泵嗡嗡一整夜。", "酒吧散场大声喧哗。",
    "邻居的狗半夜叫个没完。", "快递站凌晨卸货砰砰响。", "学校铃声周末也打。", "洗车行高压枪刺耳。",
)  # fmt: skip


def _ids() -> Iterator[UUID]:
    yield from (UUID(int=n) for n in range(1, 10_000))


IDS = _ids()


def ticket(text: str = LIFT, category: str | None = "WY-DT", **more: Any) -> Sighting:
    """A ticket from one compound; `compound` puts it into another one of the same community."""
    number = next(IDS)
    around = dict(GARDEN)
    if "compound" in more:
        around[AreaLevel.COMPOUND] = f"370105001008{more['compound']:03}"
    if "community" in more:
        around[AreaLevel.COMMUNITY] = f"370105001{more['community']:03}"
        around[AreaLevel.COMPOUND] = f"{around[AreaLevel.COMMUNITY]}001"
    return Sighting(
        number,
        category,
        more.get("places", around),
        more.get("critical", False),
        MONDAY + timedelta(hours=more.get("hours", 0)),
        pairs(None, text),
    )


def sort(*newcomers: Sighting, issues: tuple[Issue, ...] = ()) -> Sorted:
    return sort_out(newcomers, issues, (), now=MONDAY, new_id=lambda: next(IDS))


def opened(*newcomers: Sighting) -> list[tuple[AreaLevel, int]]:
    return [(issue.level, len(found)) for issue, found in sort(*newcomers).opened]


def test_five_of_a_kind_in_one_compound_open_an_issue_and_four_do_not() -> None:
    assert opened(*(ticket() for _ in range(4))) == []
    assert opened(*(ticket() for _ in range(5))) == [(AreaLevel.COMPOUND, 5)]


def test_the_sixth_joins() -> None:
    done = sort(*(ticket() for _ in range(6)))
    assert [(issue.tickets, tickets) for issue, _, tickets in done.joined] == [(6, 6)]
    assert len(done.opened) == 1


def test_in_one_compound_the_category_alone_makes_one_matter() -> None:
    assert opened(*(ticket(text, "ZS-SH") for text in NOISE[:5])) == [(AreaLevel.COMPOUND, 5)]


def test_words_join_what_was_categorised_otherwise_or_not_at_all() -> None:
    codes = ("WY-DT", None, "SJ-TZ", None, None)
    assert opened(*(ticket(category=code) for code in codes)) == [(AreaLevel.COMPOUND, 5)]
    unlike = [ticket(text, None) for text in NOISE[:5]]
    assert opened(*unlike) == []


def test_another_compound_is_another_matter_until_eight_say_the_same() -> None:
    def around(count: int, texts: tuple[str, ...]) -> list[Sighting]:
        return [ticket(texts[n % len(texts)], "GY-TD", compound=n % 8 + 1) for n in range(count)]

    assert opened(*around(7, (LIFT,))) == []
    assert opened(*around(8, (LIFT,))) == [(AreaLevel.COMMUNITY, 8)]
    assert opened(*around(8, NOISE)) == []


def test_a_subdistrict_takes_twenty() -> None:
    def around(count: int) -> list[Sighting]:
        return [ticket(category="GY-TD", community=n % 10 + 1) for n in range(count)]

    assert opened(*around(19)) == []
    assert opened(*around(20)) == [(AreaLevel.SUBDISTRICT, 20)]


def test_critical_matters_need_half_as_many_rounded_up() -> None:
    assert opened(ticket(critical=True), ticket()) == []
    assert opened(ticket(critical=True), ticket(), ticket()) == [(AreaLevel.COMPOUND, 3)]


def test_what_lies_more_than_a_day_apart_is_not_counted_together() -> None:
    assert opened(*(ticket(hours=6 * n) for n in range(5))) == [(AreaLevel.COMPOUND, 5)]
    assert opened(*(ticket(hours=7 * n) for n in range(5))) == []


def test_a_ticket_without_a_known_place_is_counted_nowhere() -> None:
    assert opened(*(ticket(places={}) for _ in range(30))) == []


def test_two_matters_of_one_compound_are_two_issues() -> None:
    lifts = [ticket() for _ in range(5)]
    rubbish = [ticket("垃圾桶满了没人清运，苍蝇乱飞。", "HW-LJ") for _ in range(5)]
    done = sort(*(one for two in zip(lifts, rubbish, strict=True) for one in two))
    assert {issue.category for issue, _ in done.opened} == {"WY-DT", "HW-LJ"}
    assert done.joined == []


def test_one_matter_of_one_place_is_never_two_open_issues() -> None:
    first = [ticket(category="GY-TD", compound=n + 1) for n in range(8)]
    unlike = [ticket("变压器冒火花，" * 3, "GY-TD", compound=n + 1) for n in range(8)]
    done = sort(*first, *unlike)
    assert [len(found) for _, found in done.opened] == [8]


def _open(level: AreaLevel, category: str | None, *texts: str) -> Issue:
    words = [pairs(None, text) for text in texts]
    return Issue(next(IDS), level, GARDEN[level], category, len(texts), 1.0, MONDAY, words)


def test_in_a_wider_place_a_newcomer_agrees_with_half_of_the_newest_members() -> None:
    wide = _open(AreaLevel.COMMUNITY, "ZS-SH", NOISE[0], NOISE[0], NOISE[1], NOISE[2])
    assert belongs(ticket(NOISE[0], "ZS-SH"), wide)
    assert not belongs(ticket(NOISE[3], "ZS-SH"), wide)
    assert not belongs(ticket(NOISE[0], "ZS-SG"), wide)
    assert not belongs(ticket(NOISE[0], "ZS-SH", community=9), wide)


def test_the_narrowest_issue_takes_a_ticket() -> None:
    wide = _open(AreaLevel.COMMUNITY, "WY-DT", LIFT)
    narrow = _open(AreaLevel.COMPOUND, "WY-DT", LIFT)
    assert home(ticket(), [wide, narrow]) is narrow
    assert home(ticket(compound=7), [wide, narrow]) is wide


def test_heat_halves_with_every_day_and_grows_with_every_ticket() -> None:
    issue = _open(AreaLevel.COMPOUND, "WY-DT", LIFT)
    issue.take(ticket(), MONDAY + timedelta(days=1))
    assert (issue.heat, issue.tickets) == (1.5, 2)
    assert cooled(8, timedelta(days=3)) == 1
    assert cooled(8, -timedelta(days=3)) == 8


def test_only_places_that_people_share_are_counted() -> None:
    chain = [("370105001008101", AreaLevel.BUILDING), ("370105", AreaLevel.DISTRICT)]
    assert places([*chain, *((code, level) for level, code in GARDEN.items())]) == GARDEN


@pytest.mark.parametrize("level", list(DEFAULTS.needed))
def test_wider_places_take_more(level: AreaLevel) -> None:
    levels = list(DEFAULTS.needed)
    needed = [DEFAULTS.needed[one] for one in levels]
    assert needed == sorted(needed)
    assert DEFAULTS.least(level) <= DEFAULTS.needed[level]


@given(
    st.lists(
        st.tuples(
            st.text(max_size=60),
            st.sampled_from(["A", "B", None]),
            st.integers(0, 60),
            st.integers(1, 3),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_every_ticket_ends_in_at_most_one_issue_and_no_issue_is_too_small(
    told: list[tuple[str, str | None, int, int, bool]],
) -> None:
    newcomers = [
        ticket(text, code, hours=hours, compound=compound, critical=critical)
        for text, code, hours, compound, critical in told
    ]
    done = sort(*newcomers)
    members = [one.ticket_id for _, found in done.opened for one in found]
    members += [one.ticket_id for _, one, _ in done.joined]
    assert len(members) == len(set(members))
    for issue, found in done.opened:
        critical = any(one.critical for one in found)
        assert len(found) >= DEFAULTS.count(issue.level, critical=critical)
        assert {one.places[issue.level] for one in found} == {issue.area}
    keys = [(issue.area, issue.category) for issue, _ in done.opened]
    assert len(keys) == len(set(keys))
