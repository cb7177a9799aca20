"""The sample district's directory as services receive it: parts of rows, read straight from its files."""

from __future__ import annotations

import csv
import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.notifier.directory import Directory

SAMPLE: Final = Path(__file__).parents[2] / "chuishao" / "sample" / "directory"
_LISTS: Final = {
    "units": {"area", "aliases"},
    "posts": {"away"},
    "categories": {"keywords"},
}
_NONE: Final[set[str]] = set()


def parts(folder: Path = SAMPLE) -> dict[str, Any]:
    """The parts the notifier and the console ask for, as lists of plain rows."""
    return {
        "units": [_unit(row) for row in _rows(folder / "units.csv", _LISTS["units"])],
        "posts": _rows(folder / "posts.csv", _LISTS["posts"]),
        "duty": [_turn(row) for row in _rows(folder / "duty.csv", _NONE)],
        "limits": _limits(folder / "limits.toml"),
        "ladder": _ladder(folder / "ladder.toml"),
        "reception": _reception(folder / "reception.toml"),
        "contacts": _rows(folder / "contacts.csv", _NONE),
        "notices": _notices(folder / "notices.toml"),
        "areas": _rows(folder / "areas.csv", {"aliases"}),
        "outlines": _outlines(folder / "areas.geojson"),
        "categories": _rows(folder / "categories.csv", _LISTS["categories"]),
        "calendar": [
            row
            for path in sorted((folder / "calendar").glob("*.csv"))
            for row in _rows(path, {"shifts"}, separator=";")
        ],
    }


@cache
def directory() -> Directory:
    """The sample district as version 1."""
    return Directory.of(1, parts())


def _outlines(path: Path) -> list[dict[str, Any]]:
    features = json.loads(path.read_text("utf-8"))["features"]
    return [{"code": f["properties"]["code"], "geometry": f["geometry"]} for f in features]


def _rows(path: Path, lists: set[str], *, separator: str = "|") -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {
                key: value.split(separator) if key in lists else value
                for key, value in row.items()
                if value
            }
            for row in csv.DictReader(file)
        ]


def _unit(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"nats": row.get("nats") == "yes"}


def _turn(row: dict[str, Any]) -> dict[str, Any]:
    return {"start": row.pop("from", "00:00"), "end": row.pop("to", "24:00")} | row


def _limits(path: Path) -> list[dict[str, Any]]:
    found = []
    for name, profile in tomllib.loads(path.read_text(encoding="utf-8"))["profiles"].items():
        title, source = profile.pop("title"), profile.pop("source", "")
        whistle = {"whistle": profile.pop("whistle")} if "whistle" in profile else {}
        row = {"name": name, "title": title, "source": source, "limits": profile}
        found.append(row | whistle)
    return found


def _notices(path: Path) -> list[dict[str, Any]]:
    rules = tomllib.loads(path.read_text(encoding="utf-8"))["rules"]
    return [{"name": name} | rule for name, rule in rules.items()]


def _ladder(path: Path) -> list[dict[str, Any]]:
    rules = tomllib.loads(path.read_text(encoding="utf-8"))["urgency"]
    return [{"urgency": urgency} | rule for urgency, rule in rules.items()]


def _reception(path: Path) -> list[dict[str, Any]]:
    rules = tomllib.loads(path.read_text(encoding="utf-8"))["office"] if path.exists() else {}
    return [{"office": office} | rule for office, rule in rules.items()]
