"""What everybody did and was answered, written down as it happens: invoke, then ok, fail or info.

`info` is an outcome nobody knows (a broken connection, a time-out): both are legal, and the checker finds
out which it was. Times are seconds of one monotonic clock since the run began.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO


class Phase(StrEnum):
    """What a line says of an operation."""

    INVOKE = "invoke"
    OK = "ok"
    FAIL = "fail"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `process` did `op` about `key` at `at` seconds."""

    at: float
    process: str
    op: str
    phase: Phase
    key: str
    value: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """As a line of NDJSON."""
        body = {"at": round(self.at, 4), "process": self.process, "op": self.op}
        body |= {"phase": self.phase.value, "key": self.key, "value": self.value}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")) + "\n"

    @classmethod
    def of(cls, text: str) -> Line:
        """Read a line back. Raises ValueError or KeyError for what is none."""
        body = json.loads(text)
        return cls(
            body["at"],
            body["process"],
            body["op"],
            Phase(body["phase"]),
            body["key"],
            body["value"],
        )


class History:
    """Lines in memory for the checker, and in a file that survives the runner."""

    def __init__(self, file: Path | None = None) -> None:
        self._began = time.monotonic()
        self._file: TextIO | None = file.open("w", encoding="utf-8", buffering=1) if file else None
        self.lines: list[Line] = []

    def now(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def say(self, process: str, op: str, phase: Phase, key: str, **value: Any) -> Line:
        """Write a line down now."""
        line = Line(self.now(), process, op, phase, key, value)
        self.lines.append(line)
        if self._file:
            self._file.write(line.text())
        return line

    def count(self, op: str, phase: Phase) -> int:
        """How many lines say so."""
        return sum(line.op == op and line.phase is phase for line in self.lines)

    def close(self) -> None:
        """No more lines."""
        if self._file:
            self._file.close()


def read(file: Path) -> Iterator[Line]:
    """The lines of a kept history."""
    with file.open(encoding="utf-8") as lines:
        yield from map(Line.of, lines)
