"""Who may see a resident's files is who may see the ticket: intake's rule and the router's say the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from kit.staff import Matter, Staff
from services.intake.directory import PARTS
from services.router.directory.directory import build
from services.router.ticket.seeing import actor
from tests.support import small

TABLES: Final = small.tables() | {
    "units": [
        unit.model_copy(update={"deputy": "SQ-1"}) if unit.code == "SZ" else unit
        for unit in small.tables()["units"]
    ]
}
UNITS: Final = sorted(unit.code for unit in TABLES["units"])
AREAS: Final = sorted(area.code for area in TABLES["areas"])
ROLES: Final = ("leader", "member", "liaison", "specialist", "secretary", "deputy", "duty_lead")
TODAY: Final = small.MONDAY.date()

one_post: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "unit": st.sampled_from(UNITS),
        "role": st.sampled_from(ROLES),
        "valid_to": st.sampled_from([None, TODAY, TODAY + timedelta(days=1)]),
    }
)


@given(
    st.lists(one_post, max_size=3),
    st.sampled_from(UNITS),
    st.lists(st.sampled_from(UNITS), max_size=2),
    st.sampled_from([None, *AREAS]),
    st.sampled_from([None, *UNITS, "no-such-unit"]),
)
def test_intake_and_router_let_the_same_people_see(
    held: list[dict[str, Any]],
    unit: str,
    assists: list[str],
    area: str | None,
    accused: str | None,
) -> None:
    posts = [small.post(f"X-{n}", **one, person="P-X") for n, one in enumerate(held)]
    tables = TABLES | {"posts": posts}
    rows = {part: [row.model_dump(mode="json") for row in tables[part]] for part in PARTS}
    staff = Staff.of(rows["posts"], rows["units"])
    row = {"unit": unit, "assists": assists, "area": area, "accused": accused}
    router = actor("P-X", build(tables, 1), small.MONDAY).sees(row)
    parties = (accused,) if accused else ()
    seat = staff.seat("P-X", TODAY)
    policy = seat.kin.isdisjoint(parties) and (
        unit in seat.below
        or not seat.units.isdisjoint(assists)
        or any((area or "").startswith(own) for own in seat.areas)
    )
    assert policy is router, "what the row policies are told says the same"
    assert staff.may_see("P-X", TODAY, Matter(parties, unit, assists, area)) is router


def test_a_stranger_sees_nothing_and_a_circle_in_the_tree_ends() -> None:
    units = [
        {"code": "A", "kind": "department", "parent": "B"},
        {"code": "B", "kind": "department", "parent": "A"},
    ]
    staff = Staff.of([{"person": "P", "unit": "C", "role": "leader"}], units)
    assert not staff.may_see("P", date(2026, 3, 2), Matter((), "A", (), None))
    assert not staff.may_see("nobody", date(2026, 3, 2), Matter((), "A", (), None))
