"""A whole city's directory for measuring: every street and community, and generated grids below them.

Streets and communities are the real ones of two cities where the shared test data is at hand
(`../shared/data`, or CHUISHAO_SHARED_DATA), else made-up ones of the same shape. Compounds and buildings,
their names and their teams are always made up, in the proportions of the sample (42 and 260 to 5).
"""

from __future__ import annotations

import csv
import gzip
import os
import random
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from chuishao.directory import SAMPLE_DIRECTORY
from contracts.complaint import Channel, ComplaintReceived, Kind
from contracts.directory import PARTS, Area, AreaLevel, Category, Post, Unit, UnitKind
from services.router.directory import files
from services.router.directory.files import Tables

SHARED: Final = Path(
    os.environ.get("CHUISHAO_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")
)
DIVISIONS: Final = "divisions_jinan_weifang.csv.gz"
COMPOUNDS: Final = 8
"""Compounds of a community; the rest of its grids are buildings."""
COLUMNS: Final = {"start": "from", "end": "to"}
"""Columns of duty.csv whose names are no Python names."""
NOON: Final = datetime(2026, 11, 23, 4, tzinfo=UTC)
_FIRST: Final = (
    "阳光", "翠湖", "金色", "明珠", "锦绣", "碧水", "绿地", "中央", "东方", "丽景", "华润", "恒信",
    "祥和", "幸福", "文苑", "学府",
)  # fmt: skip
_SECOND: Final = ("花园", "小区", "家园", "名邸", "新村", "苑", "公寓", "城", "里", "雅居")
_PART: Final = ("", "", "一区", "二区", "东区", "西区", "南区", "北区")
_HERE: Final = (UnitKind.DEPARTMENT, UnitKind.ENTERPRISE)


def tables(grids: int, seed: int = 1) -> Tables:
    """Every part of a directory with about `grids` areas in all; the duties are the sample's."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    upper = list(_divisions())
    communities = [a for a in upper if a.level is AreaLevel.COMMUNITY]
    each = max(0, (grids - len(upper)) // max(1, len(communities)))
    areas = [*upper, *(a for c in communities for a in _below(c.code, each, chance))]
    sample = files.read(SAMPLE_DIRECTORY)
    units = [*_units(upper), *_departments(sample, upper)]
    known = {unit.code for unit in units}
    catalogue = [
        row.model_copy(update={"assists": tuple(a for a in row.assists if a.startswith("@"))})
        for row in sample["catalogue"]
        if row.area is None and (row.lead.startswith("@") or row.lead in known)
    ]
    return sample | {
        "areas": areas,
        "places": [],
        "outlines": [],
        "units": units,
        "posts": [_post(unit) for unit in units],
        "catalogue": catalogue,
        "duty": [],
        "readers": [],
        "contacts": [],
        "notices": [],
        "reception": [],
    }


def write(directory: Tables, folder: Path) -> None:
    """The directory as the plain files a city keeps; what is the sample's own is copied from it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("categories.csv", "limits.toml", "ladder.toml"):
        shutil.copy(SAMPLE_DIRECTORY / name, folder)
    shutil.copytree(SAMPLE_DIRECTORY / "calendar", folder / "calendar", dirs_exist_ok=True)
    for part in ("areas", "places", "units", "posts", "catalogue", "duty", "readers"):
        columns = [COLUMNS.get(name, name) for name in PARTS[part].model_fields]
        with (folder / f"{part}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(columns)
            rows.writerows(
                [_cell(value) for value in vars(row).values()] for row in directory[part]
            )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "|".join(value)
    return "" if value is None else str(value)


def complaints(directory: Tables, count: int, seed: int = 2) -> list[ComplaintReceived]:
    """Complaints from anywhere in a city: an address as people write it, a matter the keywords know."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    by_code: dict[str, Area] = {area.code: area for area in directory["areas"]}
    leaves = [a for a in directory["areas"] if a.level is AreaLevel.BUILDING] or directory["areas"]
    words = [row for row in directory["categories"] if row.keywords]
    return [_complaint(chance.choice(leaves), by_code, words, chance) for _ in range(count)]


def _complaint(
    leaf: Area, by_code: dict[str, Area], words: Sequence[Category], chance: random.Random
) -> ComplaintReceived:
    chain = [leaf]
    while chain[0].parent:
        chain.insert(0, by_code[chain[0].parent])
    said = [area.name for area in chain]
    if len(said) > 2 and chance.random() < 0.4:  # noqa: PLR2004 - four in ten leave the district out
        said.pop(0)
    matter = chance.choice(words).keywords
    text = "您好，我们这里" + "，".join(w.partition(":")[0] for w in chance.sample(matter, 1))
    filler = "，反映过几次了一直没有人来处理，住户意见很大，请尽快安排人到现场看一看，谢谢。"
    return ComplaintReceived(
        complaint_id="-", number="-", channel=Channel.HOTLINE, kind=Kind.COMPLAINT,
        received_at=NOON, text=text + filler, address="".join(said),
    )  # fmt: skip


def _divisions() -> Iterator[Area]:
    """Districts, subdistricts and communities, parents first."""
    file = SHARED / DIVISIONS
    if not file.exists():
        yield from _made_up()
        return
    levels = {"district": (6, 4), "street": (9, 6), "community": (12, 9)}
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["level"] not in levels:
                continue
            digits, above = levels[row["level"]]
            level = "subdistrict" if row["level"] == "street" else row["level"]
            parent = row["parent_code"][:above] if level != "district" else None
            yield Area(
                code=row["code"][:digits], parent=parent, level=AreaLevel(level), name=row["name"]
            )


def _made_up() -> Iterator[Area]:
    for d in range(1, 27):
        district = f"3799{d:02}"
        yield Area(code=district, level=AreaLevel.DISTRICT, name=f"样{d}区")
        for s in range(1, 12):
            street = f"{district}{s:03}"
            name = f"{_FIRST[s]}{d}街道"
            yield Area(code=street, parent=district, level=AreaLevel.SUBDISTRICT, name=name)
            for c in range(1, 46):
                name = f"{_FIRST[c % 16]}{c % 7}社区居委会"
                code = f"{street}{c:03}"
                yield Area(code=code, parent=street, level=AreaLevel.COMMUNITY, name=name)


def _below(community: str, count: int, chance: random.Random) -> Iterator[Area]:
    """Compounds with their buildings, `count` areas in all."""
    compounds = [f"{community}{n:03}" for n in range(1, min(COMPOUNDS, count) + 1)]
    for code in compounds:
        name = f"{chance.choice(_FIRST)}{chance.choice(_FIRST)}{chance.choice(_SECOND)}"
        name += chance.choice(_PART)
        yield Area(
            code=code, parent=community, level=AreaLevel.COMPOUND, name=name, compound_type="open"
        )
    for n in range(len(compounds), min(count, 998)):
        parent = compounds[n % len(compounds)]
        label = f"{n // len(compounds)}号楼"
        code = f"{community}{n + 1:03}"
        yield Area(code=code, parent=parent, level=AreaLevel.BUILDING, name=label)


def _units(upper: Sequence[Area]) -> Iterator[Unit]:
    """A body for every district, subdistrict and community, a desk a district, a team a community."""
    kinds = {
        AreaLevel.DISTRICT: UnitKind.DISTRICT,
        AreaLevel.SUBDISTRICT: UnitKind.SUBDISTRICT,
        AreaLevel.COMMUNITY: UnitKind.COMMUNITY,
    }
    for n, area in enumerate(upper):
        kind = kinds[area.level]
        yield Unit(
            code=f"U{area.code}",
            name=f"{area.name}单位",
            kind=kind,
            parent=f"U{area.parent}" if area.parent else None,
            area=(area.code,),
        )
        if kind is UnitKind.COMMUNITY:
            yield Unit(
                code=f"G{area.code}",
                name=f"{area.name}网格队",
                kind=UnitKind.GRID_TEAM,
                parent=f"U{area.code}",
                area=(area.code,),
            )
        if kind is UnitKind.DISTRICT:
            code = "DESK" if n == 0 else f"DESK-{area.code}"
            yield Unit(
                code=code, name=f"{area.name}分拨台", kind=UnitKind.DESK,
                parent=f"U{area.code}", area=(area.code,),
            )  # fmt: skip


def _departments(sample: Tables, upper: Sequence[Area]) -> Iterator[Unit]:
    districts = tuple(area.code for area in upper if area.level is AreaLevel.DISTRICT)
    for unit in sample["units"]:
        if unit.kind in _HERE:
            moved = {"parent": f"U{districts[0]}", "area": districts, "deputy": None}
            yield unit.model_copy(update=moved)


def _post(unit: Unit) -> Post:
    role = "dispatcher" if unit.kind is UnitKind.DESK else "leader"
    return Post(
        post=f"{unit.code}-L", unit=unit.code, role=role, person=f"P{unit.code}"[:32],
        name="某人", phone="13800000000", hours="always",
    )  # fmt: skip
