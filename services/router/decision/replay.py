"""A stored receipt decided once more: the same bytes, or the record cannot be trusted. Pure.

domain.md F4: a decision is a function of the complaint, the versions of directory and model, and the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.router.category.model import Model
from services.router.decision import receipt as receipts
from services.router.decision.inputs import rebuild
from services.router.decision.matching import decide
from services.router.directory.directory import Directory


def replay(
    row: Mapping[str, Any],
    receipt: Mapping[str, Any],
    directory: Directory,
    model: Model | None = None,
) -> str:
    """The receipt's text, decided anew from the ticket's row and the receipt's own inputs.

    `directory` and `model` must be the versions the receipt names (services/router/publishing/version.py
    `build_version`, services/router/publishing/model_in_use.py).
    Raises KeyError on a receipt of another form.
    """
    given = receipt["inputs"]
    at = datetime.fromisoformat(given["decided_at"])
    return receipts.dump(decide(rebuild(row, given), directory, at, model).receipt)
