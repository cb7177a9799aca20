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


class Faults:
    """Collects faults; of each kind in a file SHOWN_OF_A_KIND are kept and the rest counted."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._shown: list[Fault] = []
        self._times: Counter[tuple[str, str, bool]] = Counter()
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Keep or count one."""
        key = (fault.file, fault.kind, fault.warning)
        self._times[key] += 1
        if self._times[key] <= SHOWN_OF_A_KIND:
            self._shown.append(fault)

    def listed(self) -> list[Fault]:
        """In the order they were found; what was only counted at the end, in a line a kind."""
        more = [
            Fault(
                file, 0, "-", f"同类问题还有 {rest} 处 / {rest} more of this kind", kind,
                warning=warning,
            )
            for (file, kind, warning), times in self._times.items()
            if (rest := times - SHOWN_OF_A_KIND) > 0
        ]  # fmt: skip
        return [*self._shown, *more]
