"""Points on the map: one datum for all, and how far apart two are. Pure.

GCJ-02 shifts a position by some hundred metres with a fixed pattern. It is undone by asking where that
pattern puts a guess and moving the guess by what is missing; two rounds leave less than a metre.
CGCS2000 is taken for WGS-84: they differ by centimetres.
"""

from __future__ import annotations

from math import cos, hypot, pi, radians, sin, sqrt
from typing import Final

from contracts.complaint import Datum, Point

METRES_A_DEGREE: Final = 111_320.0
_A: Final = 6_378_245.0
"""Semi-major axis of the Krasovsky ellipsoid, metres."""
_E2: Final = 0.006_693_421_622_965_943
"""Its first eccentricity, squared."""
_ROUNDS: Final = 2


def wgs84(point: Point | None) -> tuple[float, float] | None:
    """Longitude and latitude in degrees WGS-84, whatever the datum of the point."""
    if point is None:
        return None
    if point.datum is not Datum.GCJ02:
        return point.lon, point.lat
    lon, lat = point.lon, point.lat
    for _ in range(_ROUNDS):
        east, north = _shift(lon, lat)
        lon, lat = point.lon - east, point.lat - north
    return lon, lat


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance on the flat, good within a city."""
    east = (one[0] - other[0]) * cos(radians((one[1] + other[1]) / 2))
    return METRES_A_DEGREE * hypot(east, one[1] - other[1])


def _shift(lon: float, lat: float) -> tuple[float, float]:
    """Degrees by which GCJ-02 moves a WGS-84 position east and north."""
    x, y = lon - 105.0, lat - 35.0
    ripple = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (ripple + 20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (ripple + 20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    at = radians(lat)
    flat = 1 - _E2 * sin(at) ** 2
    north_radius = _A * (1 - _E2) / (flat * sqrt(flat))
    east_radius = _A / sqrt(flat) * cos(at)
    return east / east_radius * 180 / pi, north / north_radius * 180 / pi
