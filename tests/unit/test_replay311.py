"""A city's published targets by our calendars and clocks: made-up requests, and Boston's of 2011."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks.replay311 import cases
from benchmarks.replay311.__main__ import measure

SHARED: Final = Path(
    os.environ.get("CHUISHAO_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")
)
BOSTON: Final = SHARED / "boston311_train.csv.gz"
COLUMNS: Final = ("id", "created", "due", "closed", "ontime", "type", "department")
BEGIN: Final = datetime(2025, 3, 3)  # noqa: DTZ001 - the wall clock of a city, as in such files
OPENING, CLOSING = timedelta(hours=8), timedelta(hours=18)


def workdays(at: datetime, days: int) -> datetime:
    """Written down once more, the slow way: what the city of the made-up file promises."""
    while at.weekday() > 4:
        at += timedelta(days=1)
    if at - at.replace(hour=0, minute=0, second=0) >= CLOSING:
        at = at.replace(hour=0, minute=0, second=0) + timedelta(days=1) + OPENING
        while at.weekday() > 4:
            at += timedelta(days=1)
    for _ in range(days):
        at += timedelta(days=1)
        while at.weekday() > 4:
            at += timedelta(days=1)
    return at


def made_up(chance: random.Random) -> list[dict[str, str]]:
    rows = []
    for number in range(1_200):
        created = BEGIN + timedelta(seconds=chance.randrange(120 * 86_400))
        kind, due = chance.choice(
            [
                ("lamp", workdays(created, 3)),
                ("rats", created + timedelta(days=30)),
                ("danger", created + timedelta(hours=24)),
                ("praise", None),
            ]
        )
        if due and chance.random() < 0.05:
            due += timedelta(days=40)  # moved by somebody: outvoted
        closed = created + timedelta(hours=chance.randrange(1, 60 * 24))
        late = due is not None and closed > due
        row = (number, created, due or "", closed, "OVERDUE" if late else "ONTIME", kind, "works")
        rows.append(dict(zip(COLUMNS, map(str, row), strict=True)))
    return rows


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def measured(path: Path) -> dict[str, Any]:
    return measure(path, lambda *_: None)


@pytest.fixture
def rows() -> list[dict[str, str]]:
    return made_up(random.Random(311))  # noqa: S311 - made-up requests


def test_limits_hours_and_working_days_are_learned_from_the_earlier_half(
    tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    found = measured(written(tmp_path / "city.csv.gz", rows))
    assert found["hours"] == "08:00-18:00"
    assert found["calendar"] == "weekdays"
    limits = {kind: one["limit"] for kind, one in found["types"].items()}
    assert limits == {
        "lamp": "3bd weekdays",
        "rats": "30d always",
        "danger": "1d always",
        "praise": "none",
    }
    assert found["n"] == 600
    assert found["due_within_1h"] > 0.92
    assert 0.95 < found["agree"] < 1  # the moved ones are due otherwise, and must be


def test_the_later_half_is_judged_without_its_due_and_ontime_columns(
    tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    path = written(tmp_path / "city.csv", rows)
    later = sorted(rows, key=lambda row: row["created"])[600:]
    assert all(case.due is None for case in cases.read(path)[1])
    assert any(case.due is not None for case in cases.read(path)[0])
    for row in later:
        row["due"], row["ontime"] = "2001-01-01 00:00:00", "OVERDUE"
    spoilt = measured(written(tmp_path / "spoilt.csv", rows))
    assert spoilt["due_within_1h"] == 0
    assert 0 < spoilt["agree"] < 0.9  # overdue is said as often as before, whatever the file claims


def test_a_request_closed_at_its_due_time_is_on_time_and_an_open_one_is_judged_at_the_end(
    tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    begin = max(row["created"] for row in rows)
    opened = datetime.fromisoformat(begin) + timedelta(days=1)
    exact = opened + timedelta(days=1)
    told = [
        (exact, "ONTIME"),
        (exact + timedelta(seconds=1), "OVERDUE"),
        ("", "OVERDUE"),
    ]
    extra = [
        dict(
            zip(
                COLUMNS,
                map(str, ("x", opened, exact, closed, said, "danger", "works")),
                strict=True,
            )
        )
        for closed, said in told
    ]
    path = written(tmp_path / "city.csv", rows + extra)
    from benchmarks.replay311 import city, learning, simulating

    earlier, later = cases.read(path)
    calendars = city.calendars([*earlier, *later], city.hours_of(earlier))
    learned = learning.learn(earlier, calendars, lambda *_: None)
    outcomes = simulating.replay(learned, later, lambda *_: None)
    last = [outcomes[case.line].status for case in later if case.line > 1 + len(rows)]
    assert last == [said for _, said in told]


@pytest.mark.skipif(not BOSTON.exists(), reason="the folder of shared data is not beside us")
def test_boston_in_2011_agrees_with_what_the_city_published() -> None:
    """One of its types lost its target on 10 November: what was learned until September cannot know."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.replay311", str(BOSTON), "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=110,
        cwd=Path(__file__).parents[2],
    )
    found = json.loads(done.stdout)
    assert found["n"] > 16_000
    assert found["agree"] >= 0.97
    assert found["due_within_1h"] >= 0.985
    assert found["types"]["Street Light Outages"]["limit"] == "10bd weekdays"
    assert found["seconds"] < 60
