"""Every list comes in pages, and no page is longer than a hundred (reliability.md D.6 API4)."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.intake.duplicate import Question
from tests.contract.test_routes import BY_SERVICE, app_of

MOST = 100
READ_BY_MODEL = "get /v1/complaints/duplicates"
GEOREPORT = frozenset(
    {"get /open311/v2/requests.{form}", "get /open311/v2/servicerequestupdates.{form}"}
)
"""Pages of a thousand, as GeoReport v2 has them (tests/integration/test_open311.py)."""


@BY_SERVICE
def test_no_page_is_longer_than_a_hundred(service: str) -> None:
    sizes = {
        f"{method} {path}": one["schema"].get("maximum")
        for path, methods in app_of(service).openapi()["paths"].items()
        for method, said in methods.items()
        for one in said.get("parameters", ())
        if one["name"] in {"limit", "page_size"}
    }
    assert sizes
    wrong = {name for name, most in sizes.items() if most is None or most > MOST}
    assert wrong <= {READ_BY_MODEL} | GEOREPORT


def test_duplicates_are_few_by_their_model() -> None:
    with pytest.raises(ValidationError):
        Question(text="路灯坏了", limit=MOST + 1)
