"""Reads areas.geojson: the outlines of areas, each in the datum it was drawn in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import shapely
from pydantic import ValidationError

from contracts.directory import Outline
from services.router.outlines import outline_of

CODES: Final = ("code", "adcode")


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
    for number, feature in enumerate(features, 1):
        yield _outline(feature, document.get("datum"), number, raw)


def _outline(feature: Any, datum: Any, number: int, raw: bytes) -> Outline | BadOutline:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return BadOutline(
            0, f"features[{number}]", "缺少 properties，请补上 code / properties.code is missing"
        )
    code = next((str(properties[name]) for name in CODES if name in properties), "")
    line = _line(raw, code)
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
    except (ValueError, shapely.errors.GEOSException):
        return BadOutline(line, code, "应是 Polygon 或 MultiPolygon / is no polygon")
    if not shapely.is_valid(shape):
        why = shapely.is_valid_reason(shape)
        return BadOutline(line, code, f"图形自交或无效，请修复 / mend the shape: {why}")
    return outline


def _line(raw: bytes, code: str) -> int:
    """The line on which a code first stands in quotes; 0 where it does not."""
    at = raw.find(f'"{code}"'.encode()) if code else -1
    return raw.count(b"\n", 0, at) + 1 if at >= 0 else 0
