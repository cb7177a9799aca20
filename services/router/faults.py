"""What is wrong in a directory folder: where, which field, and how to mend it, for the person who edits it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

SHOWN_OF_A_KIND: Final = 200
"""Of one kind of fault in one file so many are listed; the rest are counted in one line more."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that must be mended, or, as a warning, that should be looked at."""

    file: str
    line: int
    """As an editor counts them; 0 where the fault is of the whole file."""
    field: str
    remedy: str
    """Chinese, then ` / ` and English."""
    kind: str = ""
    """A slug for programs: `unknown-code`."""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.remedy}"

    def as_warning(self) -> Fault:
        """The same, to be looked at only."""
        return replace(self, warning=True)

    def view(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "file": self.file,
            "line": self.line,
            "field": self.field,
            "kind": self.kind,
            "remedy": self.remedy,
        }


class BadDirectoryError(Exception):
    """The directory is refused whole; `faults` lists everything that is wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults; first: {faults[0]}")
        self.faults = faults


def bounded(faults: Iterable[Fault]) -> list[Fault]:
    """The same list, each kind of a file cut to SHOWN_OF_A_KIND and the rest counted."""
    seen: Counter[tuple[str, str]] = Counter()
    shown: list[Fault] = []
    for fault in faults:
        key = (fault.file, fault.kind)
        seen[key] += 1
        if seen[key] <= SHOWN_OF_A_KIND:
            shown.append(fault)
    for (file, kind), times in seen.items():
        if times > SHOWN_OF_A_KIND:
            more = times - SHOWN_OF_A_KIND
            remedy = f"同类问题还有 {more} 处 / {more} more of this kind"
            shown.append(Fault(file, 0, "-", remedy, kind))
    return shown
