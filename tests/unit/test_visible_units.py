"""Whose tickets a person is listed: the directory's posts say so, today; a role alone opens no unit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from contracts.directory import Post
from kit.auth import PEOPLE, Principal
from services.router.directory.directory import Directory
from services.router.queries import SEES_ALL, visible_units
from tests.support import small
from tests.support.small import MONDAY, post


def district(*posts: Post) -> Directory:
    return small.directory(posts=[*small.tables()["posts"], *posts])


def seen(directory: Directory | None, *roles: str, person: str = "P7") -> set[str]:
    units = visible_units(Principal(person, frozenset(roles)), directory, MONDAY)
    assert units is not None
    return set(units)


def test_d7_21_a_move_is_a_new_version_and_the_same_token() -> None:
    """D.7 #21."""
    before = district(post("A", "SZ", "member", person="P7"))
    after = district(post("A", "SZ", "member"), post("B", "GT-1", "member", person="P7"))
    assert seen(before, "unit") == {"SZ"}
    assert seen(after, "unit") == {"GT-1"}
    assert seen(district(), "unit") == set()
    assert seen(None, "unit") == set()


def test_a_secretary_sees_below_the_office_that_the_directory_gives_and_below_no_other() -> None:
    below = {"SQ-1", "GT-1", "GT-3", "WY-1"}
    office = post("A", "SQ-1", "secretary", person="P7")
    assert seen(district(office), "secretary") == below
    assert seen(district(office), "unit") == {"SQ-1"}
    moved = district(post("A", "JD", "member", person="P7"))
    assert seen(moved, "secretary") == {"JD"}
    both = district(office, post("B", "JD", "member", person="P7"))
    assert seen(both, "secretary") == below | {"JD"}


def test_a_post_that_ended_gives_nothing_from_its_last_day_on() -> None:
    today: date = MONDAY.date()
    for ends, units in ((today + timedelta(days=1), {"SZ"}), (today, set())):
        held = post("A", "SZ", "member", person="P7", valid_to=ends)
        assert seen(district(held), "unit") == units


@pytest.mark.parametrize("role", sorted(PEOPLE - set(SEES_ALL)))
def test_without_a_post_a_role_opens_no_unit(role: str) -> None:
    assert seen(district(), role, person="P-NOBODY") == set()
