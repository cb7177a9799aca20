"""What is filed when: the sample's complaints spread over a working day, or those of a recorded day."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import httpx

from chuishao.exporting.reading import Reader
from chuishao.runfile import RunInfo
from chuishao.sample_complaints import read_samples
from kit.city_time import CITY_TIME

OPENS: Final = time(8, 30)
OPEN_S: Final = 9 * 3_600
"""The sample's complaints come in during these seconds of the day."""
_COPIED: Final = (
    "channel", "kind", "title", "text", "address", "point", "grid_code", "category", "urgency", "accused",
    "confidential",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filed:
    """A complaint of the day."""

    at: datetime
    key: str
    """Its Idempotency-Key."""
    body: dict[str, Any]


def next_monday(today: date) -> date:
    """The first Monday after a day: an ordinary working day to drill on."""
    return today + timedelta(days=7 - today.weekday())


def sample_day(day: date) -> list[Filed]:
    """The sample's complaints, evenly over the day."""
    samples = read_samples("complaints.csv")
    begin = datetime.combine(day, OPENS, CITY_TIME)
    step = timedelta(seconds=OPEN_S / max(1, len(samples)))
    return [Filed(begin + step * n, one.key, one.body) for n, one in enumerate(samples)]


def recorded_day(info: RunInfo, day: date) -> list[Filed]:
    """What the running installation took that day, by intake's kept events: masked words, nobody's name.

    Raises ExportError where intake does not answer.
    """
    found = []
    with httpx.Client(trust_env=False) as client:
        for _, line in Reader(client, info.tokens["admin"]).events(info.intake, "0-0"):
            event = json.loads(line)["event"]
            if ".complaint.received." not in event["type"]:
                continue
            data = event["data"]
            at = datetime.fromisoformat(data["received_at"]).astimezone(CITY_TIME)
            if at.date() == day:
                body = {name: data[name] for name in _COPIED if data.get(name)}
                found.append(Filed(at, event["id"], body))
    return sorted(found, key=lambda one: one.at)
