"""Legacy problems (历史遗留问题): two paths, a review date, and no end without words (domain.md B31, F10). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from contracts.command import Plain, TicketName
from kit.errors import DomainError
from kit.validation import wrong_field

LONGEST: Final = timedelta(days=366)
"""Until the next review at most; source: `choice`."""

Words = Annotated[
    Plain, Field(max_length=2_000), StringConstraints(min_length=1, strip_whitespace=True)
]


class Path(StrEnum):
    """What can be done about it."""

    RESOLVABLE = "resolvable"
    """Under present policy, by a plan."""
    BLOCKED = "blocked"
    """Not now: what blocks it, what was tried, what the resident was told."""


class Way(StrEnum):
    """By whose means (seed 2): the own ones, or asked for above."""

    LOCAL = "local"
    UPWARD = "upward"


class Outcome(StrEnum):
    """How it ends; both want words for the resident."""

    SOLVED = "solved"
    EXPLAINED = "explained"


class Finding(BaseModel):
    """What was found about a legacy problem, at its beginning or at a review."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    way: Way = Way.LOCAL
    plan: Words | None = None
    cause: Words | None = None
    steps: Words | None = None
    explanation: Words | None = None
    review_at: AwareDatetime | None = None


class Opening(Finding):
    """Body of `POST /v1/reception/legacy`."""

    ticket: TicketName


class Review(Finding):
    """Body of `POST /v1/reception/legacy/{id}/review`; `outcome` ends it."""

    outcome: Outcome | None = None
    version: int | None = None


WANTED: Final = {Path.RESOLVABLE: ("plan",), Path.BLOCKED: ("cause", "steps", "explanation")}
_WORDS: Final = {
    "plan": ("请写明解决方案", "say by which plan it will be solved"),
    "cause": ("请写明受什么制约", "say what blocks it"),
    "steps": ("请写明已做了哪些工作", "say what was tried"),
    "explanation": ("请写明如何向居民解释", "say what the resident is told"),
}


def check(finding: Finding, now: datetime) -> None:
    """Refuse what is silent on its own path, and a review date that never comes. Raises DomainError 422."""
    outcome = finding.outcome if isinstance(finding, Review) else None
    wanted = ("explanation",) if outcome else WANTED[finding.path]
    for field in wanted:
        if getattr(finding, field) is None:
            raise _missing(field)
    if outcome is not None:
        if finding.review_at is not None:
            raise wrong_field(
                "review_at", zh="办结的不再复核，请删去", en="what ends has no review; remove it"
            )
        return
    if finding.review_at is None or not now < finding.review_at <= now + LONGEST:
        raise wrong_field(
            "review_at",
            zh="请写明下次复核时间，须在今后一年之内",
            en="give the time of the next review, within a year from now",
        )


def shown(row: Any, now: datetime) -> dict[str, Any]:
    """A line of the ledger."""
    due = row["ended_at"] is None and row["review_at"] <= now
    return {
        "legacy_id": str(row["legacy_id"]),
        "ticket_id": str(row["ticket_id"]),
        "number": row["number"],
        "area": row["area"],
        "org": row["org"],
        "level": row["level"],
        "path": row["path"],
        "way": row["way"],
        "version": row["version"],
        "opened_by": row["opened_by"],
        "opened_at": row["opened_at"].isoformat(),
        "review_at": None if row["ended_at"] else row["review_at"].isoformat(),
        "state": "ended" if row["ended_at"] else ("review_due" if due else "open"),
        "outcome": row["outcome"],
        "ended_at": row["ended_at"].isoformat() if row["ended_at"] else None,
    }


def _missing(field: str) -> DomainError:
    zh, en = _WORDS[field]
    return wrong_field(field, zh=zh, en=en)
