"""The sample complaints that ship with the product, and the owner each is expected to get."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chuishao.directory import SAMPLE

FILES: Final = ("complaints.csv", "complaints_hard.csv")
"""The two parts, scored apart: the second was written before anything was tuned."""

_COPIED: Final = (
    "channel",
    "kind",
    "title",
    "text",
    "address",
    "grid_code",
    "category",
    "urgency",
    "accused",
)
_TRUE: Final = frozenset({"yes", "true", "1"})


@dataclass(frozen=True, slots=True)
class Sample:
    """One complaint as it is posted, with the grid and unit that should get it."""

    id: str
    body: dict[str, object]
    grid: str
    unit: str

    @property
    def key(self) -> str:
        """The Idempotency-Key that makes posting it twice harmless."""
        return f"sample-{self.id}"

    def matches(self, grid: object, unit: object) -> bool:
        """Say whether a ticket went to the expected place."""
        return (grid or "") == self.grid and (unit or "") == self.unit


def read_samples(file: str, folder: Path = SAMPLE) -> list[Sample]:
    """Read one of `FILES`; a sample folder without it holds no samples of that part."""
    path = folder / file
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [_sample(row) for row in csv.DictReader(lines)]


def _sample(row: dict[str, str]) -> Sample:
    body: dict[str, object] = {name: row[name] for name in _COPIED if row.get(name)}
    body["external_id"] = row["id"]
    requester = {"name": row.get("requester_name"), "phone": row.get("requester_phone")}
    if any(requester.values()):
        body["requester"] = {name: value for name, value in requester.items() if value}
    if row.get("confidential", "").strip().lower() in _TRUE:
        body["confidential"] = True
    return Sample(row["id"], body, row.get("expect_grid", ""), row.get("expect_unit", ""))
