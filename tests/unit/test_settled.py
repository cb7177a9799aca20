"""What a patrol dealt with on the spot: where it may be said, and that something shows it."""

from __future__ import annotations

from typing import Any

import pytest

from kit.errors import DomainError
from services.intake.complaint import Filing, check_settled

DONE: dict[str, Any] = {"unit": "GT-1", "result": "solved", "note": "当场清走"}
FOUND: dict[str, Any] = {"channel": "patrol", "kind": "report", "text": "楼道堆物", "settled": DONE}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "attachments"),
        ({"settled": DONE | {"no_proof": "相机没电"}, "channel": "hotline"}, "settled"),
        (
            {
                "settled": DONE | {"no_proof": "相机没电"},
                "decline": {"reason": "私事", "door": "人民调解委员会"},
            },
            "settled",
        ),
    ],
)
def test_it_is_refused_by_name(more: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_settled(Filing.model_validate(FOUND | more))
    assert (refused.value.kind, refused.value.field) == (422, field)


def test_a_reason_why_there_is_no_photo_is_enough() -> None:
    for channel in ("patrol", "visit"):
        settled = DONE | {"no_proof": "相机没电"}
        check_settled(Filing.model_validate(FOUND | {"settled": settled, "channel": channel}))
    check_settled(Filing.model_validate({**FOUND, "settled": None, "channel": "hotline"}))
