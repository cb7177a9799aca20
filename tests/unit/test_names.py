"""Names of one version: readings once each and by area, however many there are and in whatever order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.router.place.names import Candidate, Names, inside

CODES = st.sampled_from(
    [d + s + c for d in ("370102", "370105") for s in ("", "001", "002") for c in ("", "001")]
)
READINGS = st.lists(
    st.builds(
        Candidate,
        area=CODES,
        name=st.just("幸福里"),
        kind=st.just("compound"),
        numbers=st.sampled_from([None, "1-9"]),
        owner=st.sampled_from([None, "DL-01"]),
        weak=st.sampled_from([False]),
    ),
    max_size=12,
)


@given(READINGS)
def test_each_reading_is_kept_once_and_they_lie_by_area(readings: list[Candidate]) -> None:
    names = Names()
    for one in readings:
        names.add(one)
    kept = names.options("幸福里")
    assert [one.area for one in kept] == sorted(one.area for one in kept)
    assert len(kept) == len(set(kept))
    assert set(kept) == set(readings)
    assert ("幸福里" in names.numbered) == any(one.numbers for one in readings)


@given(READINGS, CODES)
def test_readings_inside_an_area_are_those_whose_code_begins_so(
    readings: list[Candidate], anchor: str
) -> None:
    by_area = sorted(readings, key=lambda one: one.area)
    assert list(inside(by_area, anchor)) == [o for o in by_area if o.area.startswith(anchor)]
