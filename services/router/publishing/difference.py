"""Two directories side by side: what came, went, moved and changed hands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

LISTED: Final = 500
"""Entries of a list that are shown; its count counts all."""
EXAMPLES: Final = 3
UNSAID: Final = "…"

Fields = Mapping[str, Any]


@dataclass(slots=True)
class OwnerChange:
    """Grids x categories that go from one unit to another."""

    old: str
    new: str
    grids: int = 0
    cells: int = 0
    categories: set[str] = field(default_factory=set)
    communities: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def view(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "from": self.old,
            "to": self.new,
            "grids": self.grids,
            "cells": self.cells,
            "categories": sorted(self.categories),
            "communities": dict(self.communities.most_common(EXAMPLES * 4)),
            "examples": self.examples,
        }


@dataclass(slots=True)
class Changes:
    """Rows of one kind that came, went or became different: (code, what changed)."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def between(cls, old: Mapping[str, Fields], new: Mapping[str, Fields]) -> Self:
        """Rows by code, side by side; a field that one of two rows lacks is None there."""
        changed = {}
        for code in sorted(old.keys() & new.keys()):
            was, becomes = old[code], new[code]
            different = {
                name: [was.get(name), becomes.get(name)]
                for name in {**becomes, **was}
                if was.get(name) != becomes.get(name)
            }
            if different:
                changed[code] = different
        return cls(sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys()), changed)

    def without(self, names: Collection[str]) -> Self:
        """The same without the words of these fields: only that they changed."""
        for fields in self.changed.values():
            fields.update({name: [UNSAID, UNSAID] for name in fields if name in names})
        return self

    @property
    def total(self) -> int:
        """How many rows differ."""
        return len(self.added) + len(self.removed) + len(self.changed)

    def view(self) -> dict[str, Any]:
        """As JSON; long lists cut, counts whole."""
        return {
            "added": self.added[:LISTED],
            "removed": self.removed[:LISTED],
            "changed": dict(list(self.changed.items())[:LISTED]),
            "counts": [len(self.added), len(self.removed), len(self.changed)],
        }


@dataclass(slots=True)
class Difference:
    """Two directories side by side."""

    owners: list[OwnerChange]
    areas: Changes
    moved: dict[str, tuple[str | None, str | None]]
    """Areas with another parent: (before, after); which buildings went where (domain.md B05)."""
    ended: dict[str, tuple[str, ...]]
    """Areas no longer in force, with what takes their place."""
    rules: Changes
    units: Changes
    posts: Changes
    categories: Changes
    sheets: Mapping[str, Changes] = field(default_factory=dict)
    """Part to what changed in it, of the tables no owner follows from (sheets.py)."""

    @property
    def gone(self) -> frozenset[str]:
        """Areas that open tickets may sit on and that will not be in force."""
        return frozenset(self.areas.removed) | self.ended.keys()

    def view(self) -> dict[str, Any]:
        """As JSON: the summary first."""
        return {
            "summary": {
                "cells_with_another_owner": sum(one.cells for one in self.owners),
                "owner_changes": len(self.owners),
                "areas": self.areas.total,
                "moved": len(self.moved),
                "ended": len(self.ended),
                "rules": self.rules.total,
                "units": self.units.total,
                "posts": self.posts.total,
                "categories": self.categories.total,
                **{part: changes.total for part, changes in self.sheets.items()},
            },
            "owners": [one.view() for one in self.owners[:LISTED]],
            "areas": self.areas.view(),
            "moved": dict(list(self.moved.items())[:LISTED]),
            "ended": dict(list(self.ended.items())[:LISTED]),
            "rules": self.rules.view(),
            "units": self.units.view(),
            "posts": self.posts.view(),
            "categories": self.categories.view(),
            **{part: changes.view() for part, changes in self.sheets.items()},
        }
