"""Catalogue, categories and limits: one rule wins everywhere, and every word in them means something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from contracts.complaint import Urgency
from contracts.escalation import ReceptionLevel
from services.router.category.keywords import is_keyword
from services.router.decision import duty
from services.router.directory.faults import Fault
from services.router.publishing.inspection import Inspection

STANDARD: Final = "standard"
_OFFICES: Final = frozenset({"default", *ReceptionLevel})
"""Names in reception.toml that are no unit's."""


def check_rules(seen: Inspection) -> Iterator[Fault]:
    """Every fault of catalogue.csv, categories.csv, limits.toml and reception.toml beyond their codes."""
    yield from _equal(seen)
    yield from _leads(seen)
    yield from _keywords(seen)
    yield from _standard(seen)
    yield from _receptions(seen)


def _equal(seen: Inspection) -> Iterator[Fault]:
    table = seen.table("catalogue")
    rows = zip(table.keys, table.column("area"), table.column("compound_type"), strict=True)
    first: dict[tuple[Any, ...], int] = {}
    for number, key in enumerate(rows):
        before = first.setdefault(key, number)
        if before != number:
            zh, en = table.named(before)
            name = " x ".join(part or "-" for part in key)
            remedy = f"{name} 与{zh}同样具体，只留一行 / equal matches: {en}; keep one of the two"
            yield table.fault(number, "", remedy, "equal-rules")


def _leads(seen: Inspection) -> Iterator[Fault]:
    table = seen.table("catalogue")
    known = ", ".join(duty.BY_PLACE)
    rows = zip(table.column("lead"), table.column("assists"), strict=True)
    for number, (lead, assists) in enumerate(rows):
        for field, unit in (("lead", lead), *(("assists", unit) for unit in assists)):
            if unit.startswith("@") and unit not in duty.BY_PLACE:
                remedy = f"没有 {unit}，可用：{known} / is none of these words"
                yield table.fault(number, field, remedy, "unknown-word")


def _keywords(seen: Inspection) -> Iterator[Fault]:
    table = seen.table("categories")
    said: dict[str, dict[int, float]] = defaultdict(dict)
    for number, keywords in enumerate(table.column("keywords")):
        for keyword in keywords:
            if not is_keyword(keyword):
                remedy = (
                    f"“{keyword}” 应写作 词 或 词:权重 (大于 0 的数) / not `word` or `word:weight`"
                )
                yield table.fault(number, "keywords", remedy, "keyword")
                continue
            word, _, weight = keyword.partition(":")
            if number in said[word.lower()]:
                remedy = f"“{word}” 在本类写了两次 / `{word}` stands twice here"
                yield table.warning(number, "keywords", remedy, "keyword-twice")
            said[word.lower()][number] = float(weight or 1)
    for word, weights in said.items():
        yield from _contested(seen, word, weights)


def _contested(seen: Inspection, word: str, weights: dict[int, float]) -> Iterator[Fault]:
    """The heaviest weight of a word held by two categories decides between neither."""
    heaviest = [number for number, weight in weights.items() if weight == max(weights.values())]
    table = seen.table("categories")
    for number in heaviest[1:]:
        zh, en = table.named(heaviest[0])
        other = table.keys[heaviest[0]]
        remedy = (
            f"“{word}” 与{zh}的 {other} 权重相同，分不出高下 / `{word}` weighs as much in "
            f"{other}, {en}"
        )
        yield table.warning(number, "keywords", remedy, "keyword-contested")


def _standard(seen: Inspection) -> Iterator[Fault]:
    """The notifier falls back on the standard profile, so it must be there for every urgency."""
    table = seen.table("limits")
    if not seen.complete("limits"):
        return
    at = seen.index("limits").get(STANDARD)
    if at is None:
        remedy = f"缺少 [profiles.{STANDARD}]，请补上 / [profiles.{STANDARD}] is missing"
        yield Fault("limits.toml", 0, STANDARD, remedy, "no-standard")
        return
    for urgency in Urgency:
        if urgency not in table.column("limits")[at]:
            remedy = f"缺少 [profiles.{STANDARD}.{urgency}]，请补上 / is missing; add it"
            yield table.fault(at, urgency.value, remedy, "no-standard")


def _receptions(seen: Inspection) -> Iterator[Fault]:
    """A rule of reception.toml is for a unit, a level, or everybody else."""
    table, units = seen.table("reception"), seen.codes("units")
    for number, office in enumerate(table.keys):
        if office not in _OFFICES and office not in units:
            yield table.fault(number, "", units.remedy(office), "unknown-code")
