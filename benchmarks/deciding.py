"""The router's decision alone, in this process: microseconds a complaint on the sample district."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from chuishao.directory import SAMPLE_DIRECTORY
from chuishao.sample_complaints import FILES, read_samples
from contracts.complaint import ComplaintReceived
from services.router.decision.matching import decide
from services.router.directory import files
from services.router.directory.directory import build

ROUNDS: Final = 20
NOW: Final = datetime(2026, 11, 23, 2, tzinfo=UTC)


def decision_us() -> dict[str, float]:
    """Median and 99th percentile over the sample's complaints."""
    directory = build(files.read(SAMPLE_DIRECTORY), 1)
    complaints = sample_complaints()
    taken = []
    for _ in range(ROUNDS):
        for complaint in complaints:
            began = time.perf_counter()
            decide(complaint, directory, NOW)
            taken.append((time.perf_counter() - began) * 1e6)
    cuts = statistics.quantiles(taken, n=100)
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1), "complaints": len(complaints)}


def sample_complaints() -> list[ComplaintReceived]:
    """The sample's complaints as the router hears them."""
    return [_complaint(sample.body, NOW) for sample in read_samples(FILES[0])]


def _complaint(body: Mapping[str, object], now: datetime) -> ComplaintReceived:
    said = {name: body.get(name) for name in ("title", "text", "address", "grid_code", "category")}
    return ComplaintReceived.model_validate(
        {"complaint_id": "-", "number": "-", "channel": "hotline", "kind": "complaint"}
        | {"received_at": now, **said}
    )
