"""What the coverage proof found: how much is covered, each gap with its remedy, posts about to fall vacant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from services.router.directory.directory import Directory

NO_OWNER: Final = "no_owner"
UNREACHABLE: Final = "unreachable"
KEPT: Final = 500
"""Gaps and vacancies that are kept with a stored proof; the numbers count all."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Categories that nobody answers for in grids of one community, from a day on."""

    kind: str
    """`no_owner`: no rule names anybody; `unreachable`: no post of the owner answers."""
    categories: tuple[str, ...]
    unit: str | None
    day: date
    """The first of the eight days on which it is so."""
    in_days: int
    """The same, counted from today."""
    community: str
    grids: int = 0
    examples: tuple[str, ...] = ()
    """Codes of up to three of the grids."""

    @property
    def cells(self) -> int:
        """Grids times categories."""
        return self.grids * len(self.categories)

    def remedy(self) -> str:
        """What to do, Chinese and English."""
        if self.kind == NO_OWNER:
            return (
                "没有一行规则指到单位，请在 catalogue.csv 补一行（可用 * 兜底）/ no rule names a unit "
                "here; add a row to catalogue.csv"
            )
        return (
            f"{self.unit} 自 {self.day}（{self.in_days} 天后）起无岗位可接，请在 posts.csv 补人或写代理 / no "
            f"post of {self.unit} answers from {self.day} on; fill one in posts.csv or name a deputy"
        )

    def view(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kind": self.kind,
            "categories": list(self.categories),
            "unit": self.unit,
            "day": self.day.isoformat(),
            "in_days": self.in_days,
            "community": self.community,
            "grids": self.grids,
            "cells": self.cells,
            "examples": list(self.examples),
            "remedy": self.remedy(),
        }


@dataclass(frozen=True, slots=True)
class Top:
    """A first-level category and how many leaves it has."""

    code: str
    name: str
    leaves: int


@dataclass(frozen=True, slots=True)
class Community:
    """The smallest grids of one community, and what is missing there."""

    code: str
    name: str
    parent: str | None
    grids: int
    missing: Mapping[str, int] = field(default_factory=dict)
    """First-level category to grids x leaves without a reachable owner."""


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A post that is vacant, or will be within the days proved."""

    post: str
    unit: str
    role: str
    day: date
    deputy: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """One directory version, proved for eight days."""

    version: int
    at: datetime
    categories: int
    tops: tuple[Top, ...]
    communities: tuple[Community, ...]
    gaps: tuple[Gap, ...]
    vacancies: tuple[Vacancy, ...]

    @property
    def grids(self) -> int:
        """Smallest grids in force."""
        return sum(one.grids for one in self.communities)

    @property
    def cells(self) -> int:
        """Grids times leaf categories."""
        return self.grids * self.categories

    @property
    def open_cells(self) -> int:
        """How many of them nobody answers for."""
        return sum(gap.cells for gap in self.gaps)

    @property
    def whole(self) -> bool:
        """True when nothing is missing."""
        return not self.gaps

    def view(self) -> dict[str, Any]:
        """As JSON: what `coverage --json` and `GET /v1/directory/coverage` answer."""
        return {
            "version": self.version,
            "at": self.at.isoformat(),
            "whole": self.whole,
            "grids": self.grids,
            "categories": self.categories,
            "cells": self.cells,
            "open_cells": self.open_cells,
            "gap_count": len(self.gaps),
            "gaps": [gap.view() for gap in self.gaps[:KEPT]],
            "vacancies": [_vacancy(one) for one in self.vacancies[:KEPT]],
            "groups": [{"code": t.code, "name": t.name, "leaves": t.leaves} for t in self.tops],
            "communities": [_community(one) for one in self.communities],
        }


def vacancies(directory: Directory, first: date, last: date) -> tuple[Vacancy, ...]:
    """Posts whose holder has left, or leaves until `last`."""
    found = [
        Vacancy(post.post, post.unit, post.role, post.valid_to, post.deputy)
        for posts in directory.posts_of.values()
        for post in posts
        if post.valid_to is not None and post.valid_to <= last
    ]
    return tuple(sorted(found, key=lambda one: (one.day < first, one.day, one.post)))


def _community(one: Community) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "parent": one.parent,
        "grids": one.grids,
        "missing": dict(one.missing),
    }


def _vacancy(one: Vacancy) -> dict[str, Any]:
    return {
        "post": one.post,
        "unit": one.unit,
        "role": one.role,
        "day": one.day.isoformat(),
        "deputy": one.deputy,
    }
