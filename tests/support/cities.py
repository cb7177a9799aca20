"""Small districts with rules, posts, units and dates drawn at random, for properties of the directory."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from contracts.directory import Post
from services.router.directory.files import Tables
from tests.support import small
from tests.support.small import EAST, GARDEN, HAPPY_EAST, MILL, MONDAY, STREET, WEST, post, rule

AREAS = [STREET, EAST, WEST, GARDEN, HAPPY_EAST, MILL]
LEADS = ["SZ", "SQ-1", "DW-1", "@grid", "@property", "@community", "@subdistrict", "@owner"]
DAYS = st.none() | st.integers(0, 9).map(lambda n: MONDAY.date() + timedelta(days=n))


@st.composite
def cities(draw: st.DrawFn) -> Tables:
    """The small district with rules, posts, units and dates changed at random."""
    tables = small.tables()
    keys = draw(
        st.sets(
            st.tuples(
                st.sampled_from(["*", "LJ", "LJ-DF", "WY", "SZ", "SZ-LD", "QT"]),
                st.none() | st.sampled_from(AREAS),
                st.none() | st.sampled_from(["closed", "open", "unit_dormitory"]),
            ),
            max_size=8,
        )
    )
    tables["catalogue"] = [
        rule(category, draw(st.sampled_from(LEADS)), area=area, compound_type=kind)
        for category, area, kind in sorted(keys, key=str)
    ]
    tables["posts"] = _posts(draw, tables)
    tables["areas"] = [
        area.model_copy(update={"valid_to": draw(DAYS)}) if area.code == HAPPY_EAST else area
        for area in tables["areas"]
    ]
    return tables


def _posts(draw: st.DrawFn, tables: Tables) -> list[Post]:
    return [
        post(
            f"{unit.code}-{n}",
            unit.code,
            draw(st.sampled_from(["leader", "specialist", "secretary"])),
            area=draw(st.none() | st.sampled_from(AREAS)),
            valid_to=draw(DAYS),
        )
        for unit in tables["units"]
        for n in range(draw(st.integers(0, 2)))
    ]
