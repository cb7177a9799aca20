"""The catalogue by category and by area: where near misses are looked for. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from contracts.directory import CatalogueEntry

RuleKey = tuple[str, str | None, str | None]
"""(category, area, compound type)."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Keys of all rules of one version, sorted, so that their order in the file never matters."""

    of_category: Mapping[str, tuple[RuleKey, ...]]
    of_area: Mapping[str, tuple[RuleKey, ...]]
    """Rules that name an area."""

    @classmethod
    def of(cls, catalogue: Iterable[CatalogueEntry]) -> Self:
        """Index the rows."""
        of_category: dict[str, list[RuleKey]] = defaultdict(list)
        of_area: dict[str, list[RuleKey]] = defaultdict(list)
        for row in catalogue:
            key = (row.category, row.area, row.compound_type)
            of_category[row.category].append(key)
            if row.area is not None:
                of_area[row.area].append(key)
        return cls(_sorted(of_category), _sorted(of_area))


def _sorted(found: Mapping[str, list[RuleKey]]) -> dict[str, tuple[RuleKey, ...]]:
    return {
        name: tuple(sorted(keys, key=lambda key: tuple(part or "" for part in key)))
        for name, keys in found.items()
    }
