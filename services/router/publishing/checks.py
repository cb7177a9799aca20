"""What must hold before a directory is published: codes, trees, dates, rules, people, calendar, coverage, tests.

Everything that can be found is told at once. The coverage proof and the folder's own tests need a
directory that can be built, so they run when nothing else is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, Final

from services.router.directory.csv_rows import Progress
from services.router.directory.directory import Directory, build
from services.router.directory.faults import Fault, Faults
from services.router.directory.files import Scan, Tables
from services.router.publishing import coverage
from services.router.publishing.checking_areas import check_areas
from services.router.publishing.checking_codes import check_codes
from services.router.publishing.checking_days import check_days
from services.router.publishing.checking_people import check_people
from services.router.publishing.checking_places import check_places
from services.router.publishing.checking_rules import check_rules
from services.router.publishing.expecting import Tested, run
from services.router.publishing.inspection import Inspection
from services.router.publishing.proof import NO_OWNER, Gap, Proof

SHOWN_GAPS: Final = 20


@dataclass(slots=True)
class Findings:
    """What is wrong, what is odd, and what was proved."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    proof: Proof | None = None
    tested: Tested | None = None
    directory: Directory | None = None
    """What was proved, built; None where faults keep it from being built."""

    def view(self) -> dict[str, Any]:
        """For programs and screens."""
        proof = self.proof
        return {
            "fit": not self.faults,
            "faults": [fault.view() for fault in self.faults],
            "warnings": [fault.view() for fault in self.warnings],
            "coverage": None
            if proof is None
            else {"grids": proof.grids, "cells": proof.cells, "open_cells": proof.open_cells},
            "tests": self.tested.view() if self.tested else None,
        }


def check(tables: Tables, at: datetime) -> list[Fault]:
    """Every fault found; an empty list means fit to be published."""
    return examine(tables, at).faults


def examine(
    tables: Tables,
    at: datetime,
    scan: Scan | None = None,
    progress: Progress | None = None,
    *,
    proving: bool = True,
) -> Findings:
    """Faults and warnings; with `scan` also those of reading, whose rows are not taken for missing.

    Without `proving`, coverage and the folder's tests are left out.
    """
    seen = Inspection(tables, scan)
    checks = (
        check_codes(seen, at),
        check_areas(seen),
        check_places(seen),
        check_people(seen),
        check_rules(seen),
        check_days(seen, at),
    )
    faults, warnings = Faults(scan.faults if scan else ()), Faults()
    for fault in chain.from_iterable(_told(checks, progress)):
        (warnings if fault.warning else faults).add(fault)
    found = Findings(faults.listed(), warnings.listed())
    if proving and not found.faults:
        _prove(tables, seen, at, found, progress or _quietly)
    return found


def _told(
    checks: Sequence[Iterable[Fault]], progress: Progress | None
) -> Iterator[Iterable[Fault]]:
    for number, one in enumerate(checks, 1):
        yield one
        if progress:
            progress("check", number, len(checks))


def _quietly(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def _prove(
    tables: Tables, seen: Inspection, at: datetime, found: Findings, progress: Progress
) -> None:
    progress("prove", 0, 3)
    found.directory = directory = build(tables, version=0)
    progress("prove", 1, 3)
    found.proof = coverage.prove(directory, at)
    progress("prove", 2, 3)
    found.tested = run(tables, directory, at)
    progress("prove", 3, 3)
    found.faults = [*_gaps(found.proof, seen)[:SHOWN_GAPS], *found.tested.faults]


def _gaps(proof: Proof, seen: Inspection) -> list[Fault]:
    """One fault for what is missing in the same way in several communities."""
    alike: dict[tuple[str, str | None, int, tuple[str, ...]], list[Gap]] = defaultdict(list)
    for gap in proof.gaps:
        alike[gap.kind, gap.unit, gap.in_days, gap.categories].append(gap)
    return [_gap(gaps, seen) for gaps in alike.values()]


def _gap(gaps: list[Gap], seen: Inspection) -> Fault:
    first, grids = gaps[0], sum(gap.grids for gap in gaps)
    categories = f"{first.categories[0]} 等 {len(first.categories)} 类"
    if len(first.categories) == 1:
        categories = first.categories[0]
    remedy = f"{categories}，{len(gaps)} 个社区 {grids} 个网格：{first.remedy()}"
    if first.kind == NO_OWNER:
        field_ = f"{first.categories[0]} x {first.examples[0]}"
        return Fault("catalogue.csv", 0, field_, remedy, "no-owner")
    posts = seen.table("posts")
    own = [n for n, unit in enumerate(posts.column("unit")) if unit == first.unit]
    line = posts.place(own[-1])[1] if own else 0
    return Fault("posts.csv", line, str(first.unit), remedy, "unreachable")
