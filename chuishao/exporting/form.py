"""How exported lines are written."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """The forms of a file."""

    CSV = "csv"
    NDJSON = "ndjson"
    XLSX = "xlsx"
