"""Units, posts and the rota: whom a route can reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from contracts.directory import UnitKind
from services.router.directory.faults import Fault
from services.router.directory.roster import GENERAL_ROLES
from services.router.publishing.inspection import Inspection

_ANSWERING: Final = ("specialist", *GENERAL_ROLES)
BY_PLACE: Final = frozenset(
    {UnitKind.GRID_TEAM, UnitKind.PROPERTY, UnitKind.COMMUNITY, UnitKind.SUBDISTRICT, UnitKind.DESK}
)
"""Kinds that are found by the place of a matter: one of a kind covers an area, or nobody knows which."""


def check_people(seen: Inspection) -> Iterator[Fault]:
    """Every fault of units.csv, posts.csv, duty.csv and contacts.csv beyond their codes."""
    yield from _desk(seen)
    yield from _covering(seen)
    yield from _own_deputy(seen)
    yield from _posts(seen)
    yield from _rota(seen)
    yield from _contacts(seen)


def _desk(seen: Inspection) -> Iterator[Fault]:
    if UnitKind.DESK not in seen.table("units").column("kind") and seen.complete("units"):
        remedy = "至少要有一个分拨台 (kind=desk) / a triage desk is needed"
        yield Fault("units.csv", 0, "kind", remedy, "no-desk")


def _covering(seen: Inspection) -> Iterator[Fault]:
    table = seen.table("units")
    first: dict[tuple[UnitKind, str], int] = {}
    for number, (kind, areas) in enumerate(
        zip(table.column("kind"), table.column("area"), strict=True)
    ):
        if kind not in BY_PLACE:
            continue
        if not areas:
            remedy = "没有写管辖区域，按地点派不到它 / covers no area, so no place leads to it"
            yield table.warning(number, "area", remedy, "covers-nothing")
        for area in areas:
            before = first.setdefault((kind, area), number)
            if table.keys[before] != table.keys[number]:
                zh, en = table.named(before)
                remedy = (
                    f"{area} 已由{zh}的 {table.keys[before]} 管，同类只能有一个 / {area} is covered "
                    f"by {table.keys[before]}, {en}; one of a kind"
                )
                yield table.fault(number, "area", remedy, "covered-twice")


def _own_deputy(seen: Inspection) -> Iterator[Fault]:
    for part in ("units", "posts"):
        table = seen.table(part)
        for number, deputy in enumerate(table.column("deputy")):
            if deputy is not None and deputy == table.keys[number]:
                remedy = "不能由自己代理，请换一个或留空 / cannot be its own deputy"
                yield table.fault(number, "deputy", remedy, "own-deputy")


def _posts(seen: Inspection) -> Iterator[Fault]:
    table, units = seen.table("posts"), seen.table("units")
    staffed = set(table.column("unit"))
    if seen.complete("posts"):
        for number, unit in enumerate(units.keys):
            if unit not in staffed:
                remedy = "没有岗位，派到这里没有人接；请在 posts.csv 补上 / has no post; add one"
                yield units.warning(number, "", remedy, "no-post")
    yield from _passed_over(seen)
    named: dict[str, int] = {}
    names = table.column("name")
    for number, person in enumerate(table.column("person")):
        before = named.setdefault(person, number)
        if names[before] != names[number]:
            zh, en = table.named(before)
            remedy = f"工号 {person} 在{zh}是另一个姓名 / {person} has another name in {en}"
            yield table.warning(number, "name", remedy, "two-names")


def _passed_over(seen: Inspection) -> Iterator[Fault]:
    """Posts and deputies that dispatching passes over (services/router/decision/answering.py)."""
    table, posts = seen.table("posts"), seen.index("posts")
    units, phones, roles = (table.column(name) for name in ("unit", "phone", "role"))
    for number, deputy in enumerate(table.column("deputy")):
        if not phones[number]:
            remedy = "没有电话，派单时会跳过 / has no telephone and is passed over at dispatch"
            yield table.warning(number, "phone", remedy, "no-phone")
        at = posts.get(deputy or "") if roles[number] in _ANSWERING else None
        if at is not None and units[at] != units[number]:
            remedy = (
                f"{deputy} 是 {units[at]} 的岗位，派单时不能代理 / {deputy} is a post of {units[at]} and "
                "cannot stand in at dispatch"
            )
            yield table.warning(number, "deputy", remedy, "deputy-elsewhere")


def _contacts(seen: Inspection) -> Iterator[Fault]:
    """The same way to the same post once, and one set of rules for notices."""
    table = seen.table("contacts")
    rows = zip(table.keys, table.column("channel"), table.column("address"), strict=True)
    first: dict[tuple[Any, ...], int] = {}
    for number, key in enumerate(rows):
        if first.setdefault(key, number) != number:
            zh, en = table.named(first[key])
            remedy = f"与{zh}相同，只留一行 / the same as {en}; keep one of the two"
            yield table.fault(number, "address", remedy, "contact-twice")
    rules = seen.table("notices")
    for number, name in enumerate(rules.keys):
        if name != "standard":
            remedy = "只能有 [rules.standard] / only [rules.standard] counts"
            yield rules.fault(number, "", remedy, "notice-rules")


def _rota(seen: Inspection) -> Iterator[Fault]:
    table = seen.table("duty")
    rows = list(zip(table.keys, table.column("unit"), table.column("post"),
                    table.column("start"), table.column("end"), strict=True))  # fmt: skip
    posts = seen.index("posts")
    unit_of, ends = seen.table("posts").column("unit"), seen.table("posts").column("valid_to")
    turns: dict[tuple[Any, str], list[tuple[str, str, int]]] = defaultdict(list)
    for number, (day, unit, post, start, end) in enumerate(rows):
        if start >= end:
            remedy = "应晚于起始时刻，跨零点的班分两行写 / must be after `from`; split at midnight"
            yield table.fault(number, "to", remedy, "turn")
            continue
        turns[day, unit].append((start, end, number))
        at = posts.get(post)
        if at is not None and unit_of[at] != unit and unit in seen.codes("units"):
            remedy = (
                f"岗位 {post} 属于 {unit_of[at]}，不属于 {unit} / {post} is a post of {unit_of[at]}"
            )
            yield table.fault(number, "post", remedy, "post-of-another-unit")
        elif at is not None and ends[at] and ends[at] <= day:
            remedy = f"岗位 {post} 到 {ends[at]} 为止，当天无人 / {post} is vacant from {ends[at]}"
            yield table.warning(number, "post", remedy, "vacant-turn")
    for own in turns.values():
        yield from _overlaps(seen, sorted(own), rows)


def _overlaps(seen: Inspection, turns: list[tuple[str, str, int]], rows: Any) -> Iterator[Fault]:
    table = seen.table("duty")
    for (_, end, one), (start, _, other) in pairwise(turns):
        if start < end:
            zh, en = table.named(one)
            remedy = f"与{zh}的班重叠 / overlaps the turn of {en}"
            told = table.fault if rows[one][2] == rows[other][2] else table.warning
            yield told(other, "from", remedy, "turns-overlap")
