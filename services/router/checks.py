"""What must hold before a directory is published: references, ambiguity, cycles, and the coverage proof.

Coverage (domain.md F6): every smallest grid x leaf category has an owner with a post somebody holds,
today and on each of the next seven days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from services.router import duty
from services.router.answering import answering_post
from services.router.directory import ANY, Directory, build, holds
from services.router.files import Fault, Tables
from services.router.keywords import is_keyword

DAYS_AHEAD: Final = 7
CALENDAR_AHEAD_D: Final = 60
SHOWN_GAPS: Final = 20


def check(tables: Tables, at: datetime) -> list[Fault]:
    """Every fault found; an empty list means fit to be published."""
    faults = [*_unique(tables), *_references(tables), *_cycles(tables), *_equal_rules(tables)]
    faults += [*_desks(tables), *_leads(tables), *_keywords(tables)]
    faults += _calendar_years(tables, at)
    return faults or coverage(build(tables, version=0), at)


def coverage(directory: Directory, at: datetime) -> list[Fault]:
    """Grids x categories without an owner, and owners without a post somebody holds."""
    parents = {row.parent for row in directory.areas.values()}
    grids = [a.code for a in directory.areas.values() if a.code not in parents]
    inner = {row.parent for row in directory.categories.values()}
    leaves = [code for code in directory.categories if code not in inner]
    gaps: list[Fault] = []
    owners: set[str] = set()
    for leaf in leaves:
        for grid in grids:
            try:
                found = duty.find(directory, leaf, grid, None)
            except LookupError:
                gaps.append(
                    _gap("catalogue.csv", f"{leaf} x {grid}", "无人负责，请补一行 / has no owner")
                )
                continue
            owners.add(found.unit)
    for owner in sorted(owners):
        for day in range(DAYS_AHEAD + 1):
            if answering_post(directory, owner, None, at + timedelta(days=day)) is None and not any(
                holds(post, at + timedelta(days=day)) for post in directory.posts_of.get(owner, ())
            ):
                gaps.append(
                    _gap("posts.csv", owner, f"{day} 天后无人在岗 / nobody in post in {day} days")
                )
                break
    return gaps[:SHOWN_GAPS]


def _gap(file: str, field: str, remedy: str) -> Fault:
    return Fault(file, 0, field, remedy)


def _unique(tables: Tables) -> Iterable[Fault]:
    keys: dict[str, Callable[..., str]] = {
        "areas": lambda row: row.code,
        "units": lambda row: row.code,
        "posts": lambda row: row.post,
        "categories": lambda row: row.code,
        "readers": lambda row: row.code,
    }
    for part, key in keys.items():
        for code, times in Counter(key(row) for row in tables[part]).items():
            if times > 1:
                yield _gap(
                    f"{part}.csv", code, f"出现 {times} 次，只留一行 / appears {times} times"
                )


Reference = tuple[str, str, str | None, set[str]]
"""(file, field, code, codes it must be one of)."""


def _references(tables: Tables) -> Iterable[Fault]:
    areas = {row.code for row in tables["areas"]}
    units = {row.code for row in tables["units"]}
    posts = {row.post for row in tables["posts"]}
    wanted = (
        *_of_places(tables, areas, units),
        *_of_units(tables, areas, units),
        *_of_posts(tables, areas, units, posts),
        *_of_catalogue(tables, areas, units),
    )
    for file, field, code, known in wanted:
        if code is not None and code not in known:
            yield _gap(file, field, f"没有代码 {code} / no such code")


def _of_places(tables: Tables, areas: set[str], units: set[str]) -> Iterator[Reference]:
    for row in tables["areas"]:
        yield "areas.csv", f"{row.code}.parent", row.parent, areas
    for row in tables["outlines"]:
        yield "areas.geojson", f"{row.code}.code", row.code, areas
    for row in tables["places"]:
        yield "places.csv", f"{row.name}.grid", row.grid, areas
        yield "places.csv", f"{row.name}.owner", row.owner, units
    for row in tables["readers"]:
        yield "readers.csv", f"{row.code}.area", row.area, areas


def _of_units(tables: Tables, areas: set[str], units: set[str]) -> Iterator[Reference]:
    calendars = {row.calendar for row in tables["calendar"]}
    for row in tables["units"]:
        yield "units.csv", f"{row.code}.parent", row.parent, units
        yield "units.csv", f"{row.code}.deputy", row.deputy, units
        yield "units.csv", f"{row.code}.calendar", row.calendar, calendars
        for area in row.area:
            yield "units.csv", f"{row.code}.area", area, areas


def _of_posts(
    tables: Tables, areas: set[str], units: set[str], posts: set[str]
) -> Iterator[Reference]:
    for row in tables["posts"]:
        yield "posts.csv", f"{row.post}.unit", row.unit, units
        yield "posts.csv", f"{row.post}.area", row.area, areas
        yield "posts.csv", f"{row.post}.deputy", row.deputy, posts
    for row in tables["duty"]:
        yield "duty.csv", f"{row.date}.post", row.post, posts
        yield "duty.csv", f"{row.date}.unit", row.unit, units


def _of_catalogue(tables: Tables, areas: set[str], units: set[str]) -> Iterator[Reference]:
    categories = {row.code for row in tables["categories"]} | {ANY}
    profiles = {row.name for row in tables["limits"]}
    for row in tables["categories"]:
        yield "categories.csv", f"{row.code}.parent", row.parent, categories
    for row in tables["catalogue"]:
        name = row.category
        yield "catalogue.csv", f"{name}.category", row.category, categories
        yield "catalogue.csv", f"{name}.area", row.area, areas
        yield "catalogue.csv", f"{name}.profile", row.profile, profiles
        for unit in (row.lead, *row.assists):
            if not unit.startswith("@"):
                yield "catalogue.csv", f"{name}.lead", unit, units


def _cycles(tables: Tables) -> Iterable[Fault]:
    for part, key in (("areas", "code"), ("units", "code"), ("categories", "code")):
        parents = {getattr(row, key): row.parent for row in tables[part]}
        for code, parent in parents.items():
            seen = {code}
            at = parent
            while at is not None and at in parents:
                if at in seen:
                    yield _gap(
                        f"{part}.csv", code, "上级成环，请改 parent / its parents form a cycle"
                    )
                    break
                seen.add(at)
                at = parents[at]


def _equal_rules(tables: Tables) -> Iterable[Fault]:
    keys = Counter((row.category, row.area, row.compound_type) for row in tables["catalogue"])
    for key, times in keys.items():
        if times > 1:
            name = " / ".join(part or "-" for part in key)
            yield _gap("catalogue.csv", name, f"{times} 行同样具体，只留一行 / equal matches")


def _leads(tables: Tables) -> Iterable[Fault]:
    known = ", ".join(duty.BY_PLACE)
    for row in tables["catalogue"]:
        for unit in (row.lead, *row.assists):
            if unit.startswith("@") and unit not in duty.BY_PLACE:
                remedy = f"没有 {unit}，可用：{known} / is none of these words"
                yield _gap("catalogue.csv", f"{row.category}.lead", remedy)


def _keywords(tables: Tables) -> Iterable[Fault]:
    for row in tables["categories"]:
        for keyword in row.keywords:
            if not is_keyword(keyword):
                remedy = (
                    f"“{keyword}” 应写作 词 或 词:权重 (大于 0 的数) / not `word` or `word:weight`"
                )
                yield _gap("categories.csv", f"{row.code}.keywords", remedy)


def _desks(tables: Tables) -> Iterable[Fault]:
    if not any(row.kind.value == "desk" for row in tables["units"]):
        yield _gap("units.csv", "kind", "至少要有一个分拨台 (kind=desk) / a triage desk is needed")


def _calendar_years(tables: Tables, at: datetime) -> Iterable[Fault]:
    """The year of today must be loaded, and the next one 60 days before it begins (domain.md D3.6)."""
    needed = {at.year, (at + timedelta(days=CALENDAR_AHEAD_D)).year}
    weekly = {row.calendar for row in tables["calendar"] if row.kind == "holiday"}
    for calendar in sorted(weekly):
        loaded = {row.date[:4] for row in tables["calendar"] if row.calendar == calendar}
        for year in sorted(needed):
            if str(year) not in loaded:
                file = f"calendar/{year}.csv"
                yield _gap(
                    file, calendar, f"请补上 {year} 年的工作历 / load the calendar of {year}"
                )
