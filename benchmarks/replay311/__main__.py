"""`python -m benchmarks.replay311 FILE [--json]`: a city's targets by the notifier's own calendar and clocks.

The last line is one JSON object: `n` compared cases of the later half, `agree` the share whose ON TIME or
OVERDUE is the file's, `due_within_1h` the share of those with a due time whose recomputed one is at most
an hour off. `--json` adds `types` to it and prints nothing else on standard output.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.replay311 import cases, city
from benchmarks.replay311.learning import learn
from benchmarks.replay311.scoring import score
from benchmarks.replay311.simulating import replay

SHOWN: Final = 40
_WORDS: Final = {"learn": "学习时限 / learning limits", "replay": "重放 / replaying"}


def measure(path: Path, tell: Any) -> dict[str, Any]:
    """Learn from the earlier half, live through the later one, compare."""
    earlier, later = cases.read(path)
    hours = city.hours_of(earlier)
    calendars = city.calendars([*earlier, *later], hours)
    learned = learn(earlier, calendars, tell)
    outcomes = replay(learned, later, tell)
    found = score(learned, later, outcomes, cases.answers(path, later))
    return found | {
        "learned_from": len(earlier),
        "hours": hours.shift,
        "calendar": learned.calendar,
    }


def main() -> None:
    """Read the arguments, measure, print."""
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if len(words) != 1 or set(sys.argv[1:]) - {*words, "--json"}:
        sys.exit("python -m benchmarks.replay311 FILE [--json]")
    begun = time.perf_counter()
    try:
        found = measure(Path(words[0]), _tell)
    except (OSError, ValueError) as error:
        sys.exit(f"读不了 / cannot read {words[0]}: {error}")
    found["seconds"] = round(time.perf_counter() - begun, 1)
    if "--json" in sys.argv:
        print(json.dumps(found, ensure_ascii=False))  # noqa: T201 - a program's answer
        return
    _table(found)
    print(json.dumps({k: found[k] for k in ("n", "agree", "due_within_1h")}))  # noqa: T201


def _tell(what: str, done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\r{_WORDS[what]} {done:,}/{total:,}", end=end, file=sys.stderr, flush=True)  # noqa: T201


def _table(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"办公时间 / office hours {found['hours']}")
    for column in ("type", "limit", "n", "agree", "due within 1 h"):
        table.add_column(column, justify="left" if column in {"type", "limit"} else "right")
    for kind, one in list(found["types"].items())[:SHOWN]:
        near = "–" if one["due_within_1h"] is None else f"{one['due_within_1h']:.3f}"
        agree = "–" if one["agree"] is None else f"{one['agree']:.3f}"
        table.add_row(kind, one["limit"], f"{one['n']:,}", agree, near)
    Console().print(table)


if __name__ == "__main__":
    main()
