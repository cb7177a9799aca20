"""The folder's own tests: each line of tests.csv is filed with the matcher, and must reach its unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.complaint import Channel, ComplaintReceived, Kind
from services.router.decision.decision import Decision
from services.router.decision.matching import decide
from services.router.decision.why import why
from services.router.directory.directory import Directory
from services.router.directory.expectation import Expectation
from services.router.directory.faults import Fault
from services.router.directory.files import TESTS, Folder, Tables


@dataclass(slots=True)
class Tested:
    """How the tests went; `digest` is the file's, so that a version can say what it passed."""

    passed: int = 0
    digest: str | None = None
    faults: list[Fault] = field(default_factory=list)

    def view(self) -> dict[str, Any]:
        """For audit and `--json`."""
        return {"passed": self.passed, "failed": len(self.faults), "digest": self.digest}


def run(tables: Tables, directory: Directory, at: datetime) -> Tested:
    """File every expectation of a folder; tables that came from no folder have none."""
    tested = Tested()
    if not isinstance(tables, Folder):
        return tested
    tested.digest = tables.tests_digest
    for number, wanted in enumerate(tables.tests):
        decision = decide(_complaint(wanted, directory, at), directory, at)
        wrong = _wrong(wanted, decision)
        if not wrong:
            tested.passed += 1
            continue
        _, line = tables.tests.place(number)
        field_, expected, came = wrong
        remedy = (
            f"应为 {expected}，实为 {came}；{why(decision)}；请改名录或改预期 / expected {expected}, "
            f"got {came}; mend the directory or the expectation"
        )
        tested.faults.append(Fault(TESTS, line, field_, remedy, "test-failed"))
    return tested


def recorded(tables: Tables) -> dict[str, Any]:
    """What a version's audit row says about the tests it passed; they all did, or it was refused."""
    if not isinstance(tables, Folder) or tables.tests_digest is None:
        return {}
    return {"tests": len(tables.tests), "tests_digest": tables.tests_digest}


def _wrong(wanted: Expectation, got: Decision) -> tuple[str, str, str] | None:
    """The first expectation that was not met: column, what was expected, what came."""
    pairs = (
        ("expected_unit", wanted.expected_unit, got.unit),
        ("expected_category", wanted.expected_category, got.category),
        ("expected_area", wanted.expected_area, got.area),
    )
    for column, expected, came in pairs:
        if expected is not None and expected != came:
            return column, expected, came or "-"
    return None


def _complaint(wanted: Expectation, directory: Directory, at: datetime) -> ComplaintReceived:
    return ComplaintReceived(
        complaint_id="-",
        number="-",
        channel=Channel.HOTLINE,
        kind=Kind.COMPLAINT,
        title=wanted.title,
        text=wanted.text,
        address=wanted.address,
        point=wanted.place(),
        grid_code=wanted.grid_code,
        category=wanted.category,
        accused=directory.unit_names.get(wanted.accused or ""),
        received_at=at,
    )
