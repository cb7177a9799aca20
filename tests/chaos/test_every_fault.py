"""No kind of fault is struck without a test that shows it bites."""

from __future__ import annotations

from tests.chaos.bites import LOOKS
from tests.chaos.faults import FAULTS
from tests.chaos.lab import SERVERS, SERVICES


def test_every_fault_has_a_test() -> None:
    looked_at = {f"{how}_{name}" for how in ("kill", "pause") for name in (*SERVICES, *SERVERS)}
    assert set(FAULTS) == looked_at | set(LOOKS)
