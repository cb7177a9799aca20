"""How long identities are kept after a matter ended, by kind of matter. Pure (domain.md A10 no. 102).

The law names no term for hotline matters. It says: no longer than the purpose needs (Personal Information
Protection Law art. 19), and destroyed after that (art. 47). The terms here take the purpose from limits that
are law: as long as somebody can still act on the matter. A city's own rules of archives go before them
(setting `retention`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from contracts.complaint import Kind

LONGEST_DAYS: Final = 36_500


class Term(BaseModel):
    """How many days after the end, and which rule says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]
    source: Annotated[str, Field(min_length=1, max_length=200)]


_CLAIM: Final = Term(
    days=1_096, source="《民法典》第188条（诉讼时效三年）、《个人信息保护法》第19条"
)
_OFFENCE: Final = Term(days=1_827, source="《行政处罚法》第36条（五年）、《个人信息保护法》第19条")
_ANSWERED: Final = Term(days=365, source="《个人信息保护法》第19条（最短必要时间），本产品取一年")
TERMS: Final[Mapping[Kind, Term]] = {
    Kind.COMPLAINT: _CLAIM,
    Kind.HELP: _CLAIM,
    Kind.REPORT: _OFFENCE,
    Kind.ENQUIRY: _ANSWERED,
    Kind.SUGGESTION: _ANSWERED,
    Kind.PRAISE: _ANSWERED,
}


def terms(own: Mapping[Kind, Term]) -> dict[Kind, Term]:
    """The city's own terms, ours for every other kind."""
    return {kind: own.get(kind, TERMS[kind]) for kind in Kind}


def ended_before(now: datetime, chosen: Mapping[Kind, Term]) -> dict[str, datetime]:
    """By kind: what ended before this time is kept no longer."""
    return {kind.value: now - timedelta(days=term.days) for kind, term in chosen.items()}


def why(term: Term) -> str:
    """What is noted where a record was destroyed by age."""
    return f"期满 {term.days} 天：{term.source}"
