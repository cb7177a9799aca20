"""What a new directory would change: whose owner, which rules, units, posts and areas (product.md section 7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from contracts.directory import CatalogueEntry
from services.router.directory.directory import Directory
from services.router.directory.hours import moment
from services.router.directory.rulebook import RuleKey
from services.router.place.areas import Areas
from services.router.publishing.difference import EXAMPLES, Changes, Difference, OwnerChange
from services.router.publishing.grouping import Grouping, Spot

NOBODY: Final = "-"
PERSONAL: Final = frozenset({"name", "phone"})
"""Of a post told as changed, without the words: who holds it is told by the staff id."""
_LATE: Final = date.max - timedelta(days=1)


def differences(old: Directory, new: Directory, at: datetime) -> Difference:
    """Everything that is different, owners by group; `at` says which areas are in force."""
    areas, moved = _areas(old.areas, new.areas)
    return Difference(
        owners=_owners(old, new, at),
        areas=areas,
        moved=moved,
        ended=_ended(old.areas, new.areas, at),
        rules=Changes.between(
            {_key(k): _rule(row) for k, row in old.rules.items()},
            {_key(k): _rule(row) for k, row in new.rules.items()},
        ),
        units=Changes.between(_dumped(old.units), _dumped(new.units)),
        posts=Changes.between(_posts(old), _posts(new)).without(PERSONAL),
        categories=Changes.between(_dumped(old.categories), _dumped(new.categories)),
    )


def _owners(old: Directory, new: Directory, at: datetime) -> list[OwnerChange]:
    before, after = Grouping(old), Grouping(new)
    leads = _Leads(before, after)
    found: dict[tuple[str, str], OwnerChange] = {}
    for (one, other), grids in _groups(before, after, at).items():
        for was, becomes, categories in leads.differing(one, other, grids[0]):
            change = found.setdefault((was, becomes), OwnerChange(was, becomes))
            change.grids += len(grids)
            change.cells += len(grids) * len(categories)
            change.categories.update(categories)
            change.communities[other.community] += len(grids)
            change.examples += grids[: EXAMPLES - len(change.examples)]
    return sorted(found.values(), key=lambda one: (-one.cells, one.old, one.new))


def _groups(
    before: Grouping, after: Grouping, at: datetime
) -> Mapping[tuple[Spot, Spot], list[str]]:
    """Smallest grids that both have in force, by what can make a difference in either."""
    old, new, today = before.directory.areas, after.directory.areas, moment(at).day
    parents = {new.parent(code) for code in new}
    groups: dict[tuple[Spot, Spot], list[str]] = defaultdict(list)
    for code in new:
        if code not in parents and code in old and new.valid(code, today):
            groups[before.spot(code), after.spot(code)].append(code)
    return groups


class _Leads:
    """For two groups' signs, which categories have which two leads."""

    def __init__(self, before: Grouping, after: Grouping) -> None:
        self._before, self._after = before, after
        self._known: dict[Any, dict[tuple[str | None, str | None], list[str]]] = {}

    def differing(self, one: Spot, other: Spot, grid: str) -> Iterator[tuple[str, str, list[str]]]:
        """(old unit, new unit, categories) where they are not the same."""
        for (was, becomes), categories in self._pairs(one, other, grid).items():
            if was == becomes and (was is None or not was.startswith("@")):
                continue
            if was == becomes and one.units == other.units:
                continue
            old = self._before.owner(was, categories[0], grid) if was else NOBODY
            new = self._after.owner(becomes, categories[0], grid) if becomes else NOBODY
            if old != new:
                yield old, new, categories

    def _pairs(
        self, one: Spot, other: Spot, grid: str
    ) -> dict[tuple[str | None, str | None], list[str]]:
        key = (one.rules, other.rules)
        known = self._known.get(key)
        if known is None:
            known = defaultdict(list)
            was = _by_category(self._before.leads(one.rules, grid))
            for lead, categories in self._after.leads(other.rules, grid).items():
                for category in categories:
                    if category in was:
                        known[was[category], lead].append(category)
            self._known[key] = known
        return known


def _by_category(leads: Mapping[str | None, list[str]]) -> dict[str, str | None]:
    return {category: lead for lead, categories in leads.items() for category in categories}


def _areas(old: Areas, new: Areas) -> tuple[Changes, dict[str, tuple[str | None, str | None]]]:
    found, moved = Changes(), {}
    for code in new:
        if code not in old:
            found.added.append(code)
            continue
        if old.parent(code) != new.parent(code):
            moved[code] = (old.parent(code), new.parent(code))
        pairs = {
            "name": (old.name(code), new.name(code)),
            "compound_type": (old.kind(code), new.kind(code)),
        }
        different = {name: list(pair) for name, pair in pairs.items() if pair[0] != pair[1]}
        if different:
            found.changed[code] = different
    found.removed = [code for code in old if code not in new]
    return found, moved


def _ended(old: Areas, new: Areas, at: datetime) -> dict[str, tuple[str, ...]]:
    """In force today before, and not any more (or with an end that is known now)."""
    today = moment(at).day
    if new.all_valid(_LATE):
        return {}
    return {
        code: row.successors
        for code, row in new.items()
        if row.valid_to is not None and code in old and old.valid(code, today)
        and old[code].valid_to != row.valid_to
    }  # fmt: skip


def _key(key: RuleKey) -> str:
    return "/".join(part or "-" for part in key)


def _rule(row: CatalogueEntry) -> dict[str, Any]:
    return {"lead": row.lead, "assists": list(row.assists), "profile": row.profile}


def _dumped(rows: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {code: row.model_dump(mode="json") for code, row in rows.items()}


def _posts(directory: Directory) -> dict[str, dict[str, Any]]:
    return {
        post.post: post.model_dump(mode="json")
        for posts in directory.posts_of.values()
        for post in posts
    }
