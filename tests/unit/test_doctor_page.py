"""The doctor's page: what is wrong first, each with a remedy; programs read the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from chuishao.doctor.broker import judge
from chuishao.doctor.finding import Finding, page
from chuishao.doctor.local import tokens

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WHO = {"ver": "2.15.1"}
WELL: dict[str, Any] = {
    "storage": 10,
    "config": {"max_storage": 1_000, "sync_always": True},
}


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


@pytest.mark.parametrize(
    ("who", "told", "ill"),
    [
        (WHO, WELL, set()),
        ({"ver": "2.14.9"}, WELL, {"nats.version"}),
        (WHO, WELL | {"config": {"max_storage": 1_000}}, {"nats.sync"}),
        (WHO, WELL | {"storage": 801}, {"nats.store"}),
    ],
)
def test_a_server_is_judged_by_what_it_says(
    who: dict[str, Any], told: dict[str, Any], ill: set[str]
) -> None:
    assert {one.check for one in judge(who, told) if not one.well} == ill


@pytest.mark.parametrize(("days", "well"), [(30, True), (2, False), (-1, False)])
def test_tokens_that_end_soon_are_told(days: int, *, well: bool) -> None:
    def token(left: int) -> str:
        ends = int((NOW + timedelta(days=left)).timestamp())
        return jwt.encode({"exp": ends}, "k" * 32, "HS256")

    keys = {"open311": "no-token", "admin": token(30), "operator": token(days)}
    assert tokens(keys, NOW).well is well
