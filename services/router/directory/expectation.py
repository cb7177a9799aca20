"""A line of tests.csv: a complaint, and the unit a careful person would give it to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.base import AreaCode, Code
from contracts.complaint import Point
from contracts.limits import Row

LonLat = Annotated[
    str, StringConstraints(pattern=r"^-?[0-9]{1,3}(\.[0-9]+)?[, ]+-?[0-9]{1,2}(\.[0-9]+)?$")
]
"""`117.02 36.66`, or with a comma in quotes; WGS 84."""


class Expectation(Row):
    """What is filed, and where it has to go (domain.md A2 row 21)."""

    text: Annotated[str, Field(max_length=10_000)]
    title: Annotated[str, Field(max_length=200)] | None = None
    address: Annotated[str, Field(max_length=300)] | None = None
    point: LonLat | None = None
    grid_code: AreaCode | None = None
    category: Code | None = None
    accused: str | None = None
    """A unit's code, name or alias."""
    expected_unit: Code
    """A triage desk's code where nobody should decide alone."""
    expected_category: Code | None = None
    expected_area: AreaCode | None = None
    note: str | None = None

    def place(self) -> Point | None:
        """The point, where one is given."""
        if self.point is None:
            return None
        lon, lat = self.point.replace(",", " ").split()
        return Point(lon=float(lon), lat=float(lat))
