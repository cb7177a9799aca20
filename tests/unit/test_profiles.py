"""The sample's limits are those of domain.md D4, row by row, each with where it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.limits import Limits, Profile
from tests.support import city

PROFILES = {row["name"]: Profile.model_validate(row) for row in city.parts()["limits"]}
URGENCIES = ("critical", "urgent", "normal", "complex")
D4 = {
    "dispatch": ("1h", "2h", "24h", "24h"),
    "sign_for": ("15m", "1h", "24h", "24h"),
    "contact": ("30m", "2h", "1wd", "1wd"),
    "result": ("2h", "24h", "7d", "15d"),
    "return_window": ("none", "1h", "1wd", "1wd"),
    "return_answer": ("none", "1h", "1wd", "1wd"),
    "ruling": ("30m", "4h", "2wd", "3wd"),
    "extension": ("none", "none", "7d", "15d"),
    "hold_review": ("none", "3d", "30d", "30d"),
    "callback": ("2h", "1wd", "1wd", "1wd"),
    "reopen": ("7d", "7d", "7d", "15d"),
}
CHOSEN = {
    ("sign_for", "critical"), ("sign_for", "urgent"), ("contact", "critical"), ("contact", "urgent"),
    ("return_window", "critical"), ("return_window", "urgent"), ("return_answer", "urgent"),
    ("return_answer", "normal"), ("return_answer", "complex"), ("hold_review", "urgent"),
    ("hold_review", "normal"), ("hold_review", "complex"), ("callback", "critical"),
    ("reopen", "critical"), ("extension", "normal"), ("extension", "complex"),
    *(("ruling", urgency) for urgency in URGENCIES),
}  # fmt: skip
"""Cells that D4 marks `choice`: our own number without outside authority."""
OTHERS = [
    ("bureau", "critical", "result", "24h", "某市局"),
    ("bureau", "normal", "result", "13wd", "某市局"),
    ("bureau_enquiry", "urgent", "result", "24h", "某市局"),
    ("bureau_enquiry", "normal", "result", "3wd", "某市局"),
    ("business_1_2_4", "normal", "contact", "1wh", "1-2-4"),
    ("business_1_2_4", "normal", "result", "4wd", "1-2-4"),
    ("business_1_2_4_enquiry", "normal", "contact", "1wh", "1-2-4"),
    ("business_1_2_4_enquiry", "normal", "result", "2wd", "1-2-4"),
    ("short_2_5", "normal", "sign_for", "1wd", "弱来源"),
    ("short_2_5", "normal", "result", "2wd", "弱来源"),
    ("short_2_5_help", "normal", "result", "5wd", "弱来源"),
    ("city_parts", "normal", "result", "4wh", "数字城管"),
    ("city_parts_garbage_slow", "normal", "result", "1wd", "数字城管"),
    ("city_parts_road_cleaning", "normal", "result", "2wh", "数字城管"),
    ("city_parts_standing_water", "normal", "result", "4wh", "数字城管"),
    ("city_parts_illegal_stop", "normal", "result", "4wh", "数字城管"),
    ("city_parts_illegal_fine", "normal", "result", "7wd", "数字城管"),
    ("city_parts_illegal_demolish", "normal", "result", "20wd", "数字城管"),
    ("city_parts_replant", "normal", "result", "5wd", "数字城管"),
]
CELLS = [
    (step, u, text) for step, row in D4.items() for u, text in zip(URGENCIES, row, strict=True)
]


def limits(profile: str, urgency: str) -> Limits:
    return next(own for key, own in PROFILES[profile].limits.items() if key == urgency)


def test_the_table_has_every_step_there_is() -> None:
    assert set(D4) == set(Limits.model_fields) - {"sources"}


@pytest.mark.parametrize(("step", "urgency", "text"), CELLS)
def test_a_default_limit_is_the_handbooks_and_names_its_source(
    step: str, urgency: str, text: str
) -> None:
    own = limits("standard", urgency)
    assert getattr(own, step) == text
    source = own.sources[step]
    assert ("choice" in source) == ((step, urgency) in CHOSEN), source


@pytest.mark.parametrize(("profile", "urgency", "step", "text", "source"), OTHERS)
def test_another_profile_has_its_values_and_their_source(
    profile: str, urgency: str, step: str, text: str, source: str
) -> None:
    own = limits(profile, urgency)
    assert getattr(own, step) == text
    assert source in own.sources[step]
    assert source in PROFILES[profile].source


def test_what_differs_from_the_standard_profile_always_says_where_it_comes_from() -> None:
    told: dict[tuple[str, str], Any] = {}
    for name in PROFILES:
        for urgency in URGENCIES:
            own, usual = limits(name, urgency), limits("standard", urgency)
            differs = {s for s in D4 if getattr(own, s) != getattr(usual, s)}
            if silent := differs - set(own.sources):
                told[name, urgency] = silent
    assert told == {}
    assert {name for name, *_ in OTHERS} | {"standard"} == set(PROFILES)
