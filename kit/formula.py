"""Cells that a spreadsheet would run: kept as text on the way out, given back as they were on the way in.

Source of the rule: product.md section 8 (a cell that starts with = + - @ is kept as text); reliability.md
D.5 adds the full-width forms and what spreadsheets pass over before them. Pure.
"""

from __future__ import annotations

import re
from typing import Final

_RUNS: Final = re.compile(r"'*(?:[\t\r\n]|[\s\0\ufeff]*[=+\-@＝＋－＠﹢﹣﹦﹫])")
"""What a spreadsheet reads as a formula, also behind spaces or a mark of byte order, or what already
stands behind apostrophes of ours."""


def safe(cell: str) -> str:
    """The cell for a CSV file: one apostrophe in front where a spreadsheet might run it."""
    return f"'{cell}" if _RUNS.match(cell) else cell


def plain(cell: str) -> str:
    """What `safe` was given; other cells stay as they are."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell, 1) else cell
