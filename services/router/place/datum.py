"""Reference frames of coordinates: everything inside the router is WGS 84, degrees.

GCJ-02 is the offset frame of Chinese map providers: up to some 700 m from WGS 84. Its forward formula
became public in 2010 through reimplementation and has been the same in every map library since; it has
no closed inverse, so the way back is found by iteration to under a millimetre. CGCS2000 (EPSG:4490), the
national frame, differs from WGS 84 by centimetres, which no grid border knows: it is taken as it is.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from contracts.complaint import Datum

_AXIS_M: Final = 6378245.0
"""Semi-major axis of the Krasovsky 1940 ellipsoid, which the offset is defined on, metres."""
_ECCENTRICITY_2: Final = 0.00669342162296594323
_STEPS: Final = 6
"""Fixed-point steps; the offset changes so slowly that each gains three digits or more."""
CHINA: Final = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north: outside of it the frames are the same."""
_EAST: Final = 180.0
_NORTH: Final = 90.0

Floats = Any
"""A number or an array of numbers."""


def on_earth(lon: float, lat: float) -> bool:
    """Whether they are degrees of anything: formulas and trees of outlines fail on other numbers."""
    return abs(lon) <= _EAST and abs(lat) <= _NORTH


def to_wgs84(lon: Floats, lat: Floats, datum: Datum | str) -> tuple[Floats, Floats]:
    """Degrees east and north in WGS 84 of a point given in `datum`; arrays go in and out alike."""
    if datum != Datum.GCJ02:
        return lon, lat
    at_lon, at_lat = lon, lat
    for _ in range(_STEPS):
        east, north = to_gcj02(at_lon, at_lat)
        at_lon, at_lat = at_lon - (east - lon), at_lat - (north - lat)
    return at_lon, at_lat


def to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees east and north in GCJ-02 of a WGS 84 point."""
    west, south, east, north = CHINA
    inside = (lon > west) & (lon < east) & (lat > south) & (lat < north)
    d_lon, d_lat = _offset(lon, lat)
    return lon + inside * d_lon, lat + inside * d_lat


def _offset(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Offset in degrees; the metric polynomial is scaled by the ellipsoid's radii at the latitude."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    waves = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (waves + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (waves + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * 2.0 / 3.0
    phi = np.radians(lat)
    bulge = 1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    d_lat = np.degrees(north * bulge * np.sqrt(bulge) / (_AXIS_M * (1.0 - _ECCENTRICITY_2)))
    d_lon = np.degrees(east * np.sqrt(bulge) / (_AXIS_M * np.cos(phi)))
    return d_lon, d_lat
