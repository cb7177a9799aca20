"""The sample district and its complaints as the router meets them, without servers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from chuishao.sample_complaints import Sample, read_samples
from contracts.complaint import ComplaintReceived
from services.intake.complaint import Filing
from services.intake.directory import Codes
from services.intake.filing import Draft, body_hash, masked
from services.router.decision.decision import Decision
from services.router.decision.matching import decide
from services.router.directory import files
from services.router.directory.directory import Directory, build
from services.router.directory.files import Tables
from services.router.publishing import pieces
from tests.support.small import MONDAY

FOLDER: Final = Path(__file__).parents[2] / "chuishao" / "sample" / "directory"


@cache
def tables() -> Tables:
    """Every part of the sample directory; not to be changed."""
    return files.read(FOLDER)


@cache
def directory() -> Directory:
    """The sample district as version 1."""
    return build(tables(), version=1)


@cache
def _codes() -> Codes:
    parts = pieces.split(tables())
    rows = {part: [r for body in parts[part].values() for r in pieces.rows(body)] for part in parts}
    return Codes.of(1, rows)


@dataclass(frozen=True, slots=True)
class Routed:
    """A sample complaint and where it went."""

    sample: Sample
    decision: Decision

    @property
    def right(self) -> bool:
        """True when it went to the expected grid and unit."""
        return self.sample.matches(self.decision.area, self.decision.unit)

    def __str__(self) -> str:
        d = self.decision
        went, wanted = f"{d.area}/{d.unit}", f"{self.sample.grid}/{self.sample.unit}"
        return f"{self.sample.id}: {went} ({d.reason.value}), expected {wanted}"


def received(sample: Sample) -> ComplaintReceived:
    """What intake would make of a sample: masked, with the accused as a code where it is a unit."""
    filing = Filing.model_validate(sample.body)
    codes = _codes()
    codes.check(filing.grid_code, filing.category)
    accused = codes.units.get(filing.accused) if filing.accused else None
    words = masked(Draft(filing, "P1", sample.key, body_hash(filing), accused, codes.names))
    return ComplaintReceived(
        complaint_id=str(UUID(int=1)), number="261116000000", channel=filing.channel,
        kind=filing.kind, title=words.title, text=words.text, address=words.address,
        point=filing.point, grid_code=filing.grid_code, category=filing.category,
        urgency=filing.urgency, accused=accused, confidential=filing.confidential,
        received_at=MONDAY,
    )  # fmt: skip


def routed(file: str) -> list[Routed]:
    """Every complaint of one part, decided by the production matcher."""
    return [Routed(s, decide(received(s), directory(), MONDAY)) for s in read_samples(file)]
