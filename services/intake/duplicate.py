"""What is likely the same matter: the question, and how a stored complaint is judged by it. Pure.

Same place, same kind, recent, similar words; also the same caller (domain.md A6 rows 69 and 70, E18, E31).
It is a hint: a person decides, so every item says why it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from contracts.complaint import Datum, Kind, Point
from services.intake.complaint import Phone, Short, Strict, Words
from services.intake.likeness import similarity
from services.intake.whereabouts import Nearness, Where, nearness

MOST: Final = 20
SIMILAR: Final = 0.45
"""Texts at least this alike say the same thing; below, the place and the category must help."""
RELATED: Final = 0.1
"""Two strangers' matters are less alike than this, 99 times in 100 (measured on public petitions)."""
COPIED: Final = 0.9
"""At different places only copies of a long text are one matter: `COPIED` alike, `LETTER` pieces long."""
LETTER: Final = 40
EXCERPT: Final = 120
QUESTION: Final[dict[str, Any]] = {
    "text": "电梯又停了，老人下不来楼",
    "address": "阳光花园3号楼",
    "phone": "13800000000",
}
ANSWER: Final[dict[str, Any]] = {
    "items": [
        {
            "complaint_id": "019ab0c4-7d3e-7c52-9d5a-3f1f6f0f8a11",
            "number": "261121480271",
            "received_at": "2026-11-21T01:12:45.120000+00:00",
            "category": "WY-DT",
            "grid_code": "370105001008103",
            "address": "阳光花园3号楼2单元",
            "title": "电梯故障",
            "excerpt": "3号楼电梯停了，楼上老人下不来",
            "status": "dispatched",
            "score": 0.787,
            "reasons": ["same_place", "similar_text"],
        }
    ],
    "next": None,
}
_MATTERS: Final = frozenset((Kind.COMPLAINT, Kind.REPORT, Kind.HELP))
"""Kinds between which callers do not choose on purpose: something is wrong and shall be put right."""
_WORDS, _PLACE, _CATEGORY, _CALLER, _AGE = 0.55, 0.25, 0.1, 0.25, 0.1


def pair(value: object) -> object:
    """`lon,lat` as a query string has it, for a field that takes a Point. Raises ValueError."""
    if not isinstance(value, str):
        return value
    try:
        lon, lat = (float(part) for part in value.split(","))
    except ValueError:
        raise ValueError(
            "应为“经度,纬度”，如 117.02,36.66 | must be lon,lat such as 117.02,36.66"
        ) from None
    return {"lon": lon, "lat": lat}


class Question(Strict):
    """What is known so far of a matter somebody is about to file; every field may be missing."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, json_schema_extra={"example": QUESTION}
    )

    text: Annotated[Words, Field(max_length=10_000)] = ""
    """What is said, as far as it is typed."""
    title: Short | None = None
    """In a few words."""
    address: Annotated[Words, Field(max_length=300)] | None = None
    """As the caller names it."""
    grid_code: Annotated[str, Field(max_length=15)] | None = None
    """A code of areas.csv."""
    category: Annotated[str, Field(max_length=32)] | None = None
    """A code of categories.csv."""
    point: Annotated[Point | None, BeforeValidator(pair)] = None
    """An object as in a filing, or `lon,lat`."""
    datum: Datum | None = None
    """Of the point: wgs84 (as if not said), gcj02 or cgcs2000."""
    phone: Phone | None = None
    """The caller's; only its keyed digest is looked up."""
    kind: Kind | None = None
    """Complaints, reports and calls for help are compared with each other, other kinds with their own."""
    days: Annotated[int, Field(ge=1, le=365)] = 30
    """How far back to look."""
    limit: Annotated[int, Field(ge=1, le=MOST)] = 5
    """How many items at most."""

    @field_validator("datum")
    @classmethod
    def _with_point(cls, datum: Datum | None, info: ValidationInfo) -> Datum | None:
        if datum is not None and info.data.get("point", ...) is None:
            raise ValueError("没有 point 时请删去 datum | needs a point; remove it")
        return datum

    def position(self) -> Point | None:
        """The point with its datum."""
        if self.point is None or self.datum is None:
            return self.point
        return self.point.model_copy(update={"datum": self.datum})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question made ready to be compared."""

    words: frozenset[str]
    where: Where
    category: str | None
    kind: Kind | None
    now: datetime
    window: timedelta


@dataclass(frozen=True, slots=True)
class Stored:
    """A complaint that may be the same matter, as everybody may see it."""

    complaint_id: UUID
    number: str
    received_at: datetime
    kind: Kind
    words: frozenset[str]
    where: Where
    same_caller: bool
    title: str | None
    text: str
    """Masked; at least its first EXCERPT characters."""
    address: str | None
    grid_code: str | None
    category: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Likely:
    """A stored complaint with how likely it is the same matter (0 to 1) and why."""

    stored: Stored
    score: float
    reasons: tuple[str, ...]

    def show(self) -> dict[str, Any]:
        """An item of the answer; what is not known is left out."""
        s = self.stored
        fields = {
            "complaint_id": str(s.complaint_id),
            "number": s.number,
            "received_at": s.received_at.isoformat(),
            "category": s.category,
            "grid_code": s.grid_code,
            "address": s.address,
            "title": s.title,
            "excerpt": s.text if len(s.text) <= EXCERPT else s.text[: EXCERPT - 1] + "…",
            "status": s.status,
            "score": self.score,
            "reasons": self.reasons,
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What two matters have in common."""

    alike: float
    near: Nearness
    same_category: bool


def likely(asked: Asked, stored: Iterable[Stored], limit: int) -> Sequence[Likely]:
    """Those worth a look, best first; of equals the newer."""
    found = [one for candidate in stored if (one := judge(asked, candidate)) is not None]
    found.sort(key=lambda one: (one.score, one.stored.received_at), reverse=True)
    return found[:limit]


def judge(asked: Asked, stored: Stored) -> Likely | None:
    """How likely `stored` is what is asked about; None when there is no reason to think so."""
    if not _comparable(asked.kind, stored.kind):
        return None
    found = Evidence(
        similarity(asked.words, stored.words),
        nearness(asked.where, stored.where),
        same_category=asked.category is not None and asked.category == stored.category,
    )
    if not (stored.same_caller or _same_matter(asked, stored, found)):
        return None
    reasons = (
        ("same_caller", stored.same_caller),
        ("same_place", found.near in {Nearness.SPOT, Nearness.PLACE}),
        ("similar_text", found.alike >= SIMILAR),
        ("same_category", found.same_category),
    )
    age = (asked.now - stored.received_at) / asked.window
    score = (
        _WORDS * found.alike
        + _PLACE * found.near.value
        + _CATEGORY * found.same_category
        + _CALLER * stored.same_caller
        - _AGE * age
    )
    return Likely(
        stored, round(min(max(score, 0.0), 1.0), 3), tuple(name for name, holds in reasons if holds)
    )


def same_matter(asked: Asked, stored: Stored) -> bool:
    """Whether two complaints are about one matter, whoever made them."""
    found = Evidence(
        similarity(asked.words, stored.words),
        nearness(asked.where, stored.where),
        same_category=asked.category is not None and asked.category == stored.category,
    )
    return _comparable(asked.kind, stored.kind) and _same_matter(asked, stored, found)


def _comparable(asked: Kind | None, stored: Kind) -> bool:
    return asked is None or asked is stored or {asked, stored} <= _MATTERS


def _same_matter(asked: Asked, stored: Stored, found: Evidence) -> bool:
    alike = found.alike
    match found.near:
        case Nearness.ELSEWHERE:
            return alike >= COPIED and min(len(asked.words), len(stored.words)) >= LETTER
        case Nearness.UNKNOWN:
            return alike >= SIMILAR
        case Nearness.BESIDE:
            return alike >= SIMILAR or (found.same_category and alike >= RELATED)
        case Nearness.SPOT | Nearness.PLACE:
            nothing_said = not asked.words and asked.category is None
            return nothing_said or found.same_category or alike >= RELATED
