"""Facts that belong to no single ticket: hot issues and published directory versions."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AwareDatetime

from contracts.base import EventData


class IssueEvent(EventData):
    """A hot issue was opened, joined by another ticket, or closed."""

    noun: ClassVar[str] = "issue"

    issue_id: str
    area: str
    ticket_id: str | None = None
    tickets: int
    at: AwareDatetime


class DirectoryPublished(EventData):
    """A new version of the city's directory is in force; services fetch the parts they need once."""

    noun: ClassVar[str] = "directory"

    version: int
    digest: str
    """SHA-256 over the parts in their canonical form, hexadecimal."""
    parts: dict[str, str]
    """Part name to its own SHA-256; a part that did not change need not be fetched."""
    effective_from: AwareDatetime
