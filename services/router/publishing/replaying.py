"""Taking old decisions again: which tickets a changed directory would have sent elsewhere, and why (domain.md F4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from services.router.category.model import Model
from services.router.decision.inputs import rebuild
from services.router.decision.matching import decide
from services.router.decision.why import why
from services.router.directory.directory import Directory


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A ticket that two directories send to two units."""

    number: str
    old: str
    new: str
    old_why: str
    new_why: str

    def view(self) -> dict[str, str]:
        """As JSON."""
        return {
            "number": self.number,
            "from": self.old,
            "to": self.new,
            "why": self.new_why,
            "was_why": self.old_why,
        }


def compare(
    row: Mapping[str, Any],
    old: Directory,
    new: Directory,
    at: datetime,
    model: Model | None = None,
) -> Elsewhere | None:
    """Decide a ticket's complaint under both directories as if it came at `at`; None where they agree.

    `row` is the ticket with its masked words and, as `origin`, the text of its first receipt, the router's
    own, which holds what the filer gave beside the words.
    """
    complaint = rebuild(row, orjson.loads(row["origin"])["inputs"])
    was, becomes = decide(complaint, old, at, model), decide(complaint, new, at, model)
    if was.unit == becomes.unit:
        return None
    return Elsewhere(row["number"], was.unit, becomes.unit, why(was), why(becomes))
