"""How long identities are kept: a term and a source for every kind of matter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from contracts.complaint import Kind
from services.intake.keeping.retention import TERMS, Term, ended_before, terms

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_every_kind_of_matter_has_a_term_with_its_source() -> None:
    assert set(terms({})) == set(Kind) == set(TERMS)
    assert all(term.source for term in TERMS.values())


def test_offences_are_kept_as_long_as_they_can_be_punished_and_longer_than_enquiries() -> None:
    before = ended_before(NOW, TERMS)
    assert before["report"] == datetime(2021, 11, 21, tzinfo=UTC)
    assert before["report"] < before["complaint"] < before["enquiry"] < NOW


def test_a_citys_own_term_goes_before_ours() -> None:
    chosen = terms({Kind.PRAISE: Term(days=30, source="本市规定")})
    assert chosen[Kind.PRAISE].days == 30
    assert chosen[Kind.HELP] == TERMS[Kind.HELP]


@pytest.mark.parametrize(
    "wrong", [{"days": 0, "source": "x"}, {"days": 9, "source": ""}, {"days": 9}]
)
def test_a_term_without_days_or_source_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Term.model_validate(wrong)
