"""Facts that belong to no single ticket: hot issues, and what becomes of the city's directory."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.base import EventData


class IssueEvent(EventData):
    """A hot issue was opened, joined by another ticket, or closed.

    Every member is named once: the first by `opened`, each other one by `joined`.
    """

    noun: ClassVar[str] = "issue"

    issue_id: str
    area: str
    ticket_id: str | None = None
    """The ticket that joined; of `opened` the one that came first; none of `closed`."""
    tickets: int
    """How many belong to it after this event."""
    at: AwareDatetime
    level: str | None = None
    """What the tickets have in common: `compound`, `community` or `subdistrict`."""
    category: str | None = None
    reason: str | None = None
    """Why it was closed: `quiet` when no ticket joined for a while, `person` when somebody closed it."""


class DirectoryPublished(EventData):
    """A new version of the city's directory is in force; services fetch the parts they need once."""

    noun: ClassVar[str] = "directory"

    version: int
    digest: str
    """SHA-256 over the parts in their canonical form, hexadecimal."""
    parts: dict[str, str]
    """Part name to its own SHA-256; a part that did not change need not be fetched."""
    effective_from: AwareDatetime


class CoverageGap(BaseModel):
    """Categories that nobody answers for in some grids; codes only."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    categories: tuple[str, ...]
    """Up to ten codes."""
    unit: str | None = None
    """The owner whose posts do not answer; None where no rule names anybody."""
    community: str
    area: str
    """One of the grids."""
    grids: int
    day: date
    """The first day on which it is so."""


class DirectoryCoverage(EventData):
    """The nightly proof: `uncovered` when somebody would not be answered for, `covered` when all are again."""

    noun: ClassVar[str] = "directory"

    version: int
    grids: int
    """Smallest grids in force."""
    categories: int
    """Categories without any below them."""
    open_cells: int
    """Grids times categories without an owner with a reachable post, today or within seven days."""
    gaps: tuple[CoverageGap, ...] = ()
    """The first twenty, largest first."""
    at: AwareDatetime
