"""Reads areas.geojson: the outlines of areas, each in the datum it was drawn in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import shapely
from pydantic import ValidationError

from contracts.directory import Outline
from services.router.place.datum import on_earth
from services.router.place.outlines import outline_of

CODES: Final = ("code", "adcode")
_QUOTED: Final = re.compile(rb'"([0-9]{6,15})"')


@dataclass(frozen=True, slots=True)
class BadOutline:
    """A feature that cannot be used: which line it begins on, what is wrong, and the remedy."""

    line: int
    field: str
    remedy: str


def read(file: Path) -> Iterator[Outline | BadOutline]:
    """Every feature of a FeatureCollection: properties `code` and, where it is not WGS 84, `datum`.

    A `datum` of the whole collection holds for features without their own.
    """
    raw = file.read_bytes()
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        yield BadOutline(error.lineno, "-", f"不是 JSON，请重新导出 / no JSON: {error.msg}")
        return
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        yield BadOutline(1, "features", "应是 GeoJSON FeatureCollection / is no FeatureCollection")
        return
    lines = lines_of(raw)
    for number, feature in enumerate(features, 1):
        yield _outline(feature, document.get("datum"), number, lines)


def _outline(
    feature: Any, datum: Any, number: int, lines: Mapping[str, int]
) -> Outline | BadOutline:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return BadOutline(
            0, f"features[{number}]", "缺少 properties，请补上 code / properties.code is missing"
        )
    code = next((str(properties[name]) for name in CODES if name in properties), "")
    line = lines.get(code, 0)
    row = {"code": code, "geometry": feature.get("geometry")}
    if own := properties.get("datum") or datum:
        row["datum"] = own
    try:
        outline = Outline.model_validate(row)
        shape = outline_of(outline)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        remedy = "应有 code（区划代码）、datum（wgs84、gcj02、cgcs2000）和 geometry / code, datum or geometry is wrong"
        return BadOutline(line, f"features[{number}].{field}", remedy)
    except (ValueError, TypeError, shapely.errors.GEOSException):
        return BadOutline(line, code, "应是 Polygon 或 MultiPolygon / is no polygon")
    west, south, east, north = shape.bounds
    if not (on_earth(west, south) and on_earth(east, north)):
        remedy = (
            "坐标应为经纬度（度），请换算 / coordinates are not degrees of longitude and latitude"
        )
        return BadOutline(line, code, remedy)
    if not shapely.is_valid(shape):
        why = shapely.is_valid_reason(shape)
        return BadOutline(line, code, f"图形自交或无效，请修复 / mend the shape: {why}")
    return outline


def lines_of(raw: bytes) -> dict[str, int]:
    """Area code to the line on which it first stands in quotes; one pass over the file."""
    found: dict[str, int] = {}
    line, seen = 1, 0
    for match in _QUOTED.finditer(raw):
        line += raw.count(b"\n", seen, match.start())
        seen = match.start()
        found.setdefault(match[1].decode(), line)
    return found
