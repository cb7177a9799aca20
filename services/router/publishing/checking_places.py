"""Named places: where they are, in the right order of longitude and latitude, and near the others."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Final

from services.router.directory.faults import Fault
from services.router.publishing.inspection import Inspection, Table

LON: Final = (73.0, 136.0)
LAT: Final = (3.0, 54.0)
"""Degrees within which China lies."""
FAR_DEG: Final = 1.5
"""Farther than this (some 150 km) from the middle of all places is worth a look."""


def check_places(seen: Inspection) -> Iterator[Fault]:
    """Every fault of places.csv beyond its codes."""
    table = seen.table("places")
    lons, lats = table.column("lon"), table.column("lat")
    good: list[int] = []
    for number, (lon, lat) in enumerate(zip(lons, lats, strict=True)):
        if lon is None and lat is None:
            continue
        found = _wrong(lon, lat)
        if found is None:
            good.append(number)
        else:
            yield table.fault(number, found[0], found[1], "point")
    yield from _far(table, good)
    for number, numbers in enumerate(table.column("numbers")):
        if numbers and not _upwards(numbers):
            remedy = f"“{numbers}” 门牌从大到小，请对调 / door numbers run backwards; swap them"
            yield table.fault(number, "numbers", remedy, "numbers")


def _wrong(lon: float | None, lat: float | None) -> tuple[str, str] | None:
    if lon is None or lat is None:
        lacking = "lon" if lon is None else "lat"
        return lacking, "经度和纬度要一起写 / lon and lat go together"
    if LON[0] <= lon <= LON[1] and LAT[0] <= lat <= LAT[1]:
        return None
    if LON[0] <= lat <= LON[1] and LAT[0] <= lon <= LAT[1]:
        return "lon", f"经纬度写反了：应为 {lat}, {lon} / lon and lat are swapped"
    field = "lat" if LON[0] <= lon <= LON[1] else "lon"
    return (
        field,
        "不在中国境内，请核对 (经度 73–136，纬度 3–54) / is not in China: lon 73-136, lat 3-54",
    )


def _far(table: Table, numbers: list[int]) -> Iterator[Fault]:
    if not numbers:
        return
    lons, lats = table.column("lon"), table.column("lat")
    lon, lat = median(lons[n] for n in numbers), median(lats[n] for n in numbers)
    for n in numbers:
        if max(abs(lons[n] - lon), abs(lats[n] - lat)) > FAR_DEG:
            remedy = "离其他地点 150 公里以上，请核对 / is over 150 km from the others; look again"
            yield table.warning(n, "lon", remedy, "far-away")


def _upwards(numbers: str) -> bool:
    low, _, high = numbers.rpartition(":")[2].partition("-")
    return int(low) <= int(high)
