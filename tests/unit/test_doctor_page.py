"""The doctor's page: what is wrong first, each with a remedy; programs read the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from chuishao.doctor.finding import Finding, page
from chuishao.doctor.local import tokens
from chuishao.doctor.tls import judge

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_what_is_wrong_comes_first_with_its_remedy_and_chinese_before_english() -> None:
    lines = page(
        [
            Finding("a", well=True, zh="好", en="fine"),
            Finding("b", False, "坏", "broken", "修", "mend"),  # noqa: FBT003 - as it is written there
        ]
    )
    assert lines[:2] == ["✗ b：坏 / broken", "    → 修 / mend"]
    assert lines[2] == "✓ a：好 / fine"
    assert "1 of 2" in lines[3]
    assert "remedy" not in Finding("a", well=True, zh="好", en="fine").view()


@pytest.mark.parametrize(("days", "well"), [(22, True), (20, False), (-1, False)])
def test_the_certificate_that_ends_first_is_told(days: int, *, well: bool) -> None:
    ends = [("CA", NOW + timedelta(days=900)), ("nats:4222", NOW + timedelta(days=days))]
    found = judge(ends, NOW)
    assert found.well is well
    assert "nats:4222" in found.en


@pytest.mark.parametrize(("days", "well"), [(30, True), (2, False), (-1, False)])
def test_tokens_that_end_soon_are_told(days: int, *, well: bool) -> None:
    def token(left: int) -> str:
        ends = int((NOW + timedelta(days=left)).timestamp())
        return jwt.encode({"exp": ends}, "k" * 32, "HS256")

    keys = {"open311": "no-token", "admin": token(30), "operator": token(days)}
    assert tokens(keys, NOW).well is well
