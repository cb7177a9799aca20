"""The history put in order for the checker: who was promised what, who read what, and when all was failing. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tests.chaos.history import Line, Phase

DISPATCHED: Final = "ticket.dispatched."


@dataclass(slots=True)
class Filing:
    """What is known of one key."""

    first_at: float
    acknowledged_at: float | None = None
    answers: set[tuple[str, str]] = field(default_factory=set)
    """Complaint and number, as often as they differed."""
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds from a fault's strike until it was healed, and when its cause was gone.

    The cause of one that is over as soon as it has struck, such as a kill, is gone then.
    """

    kind: str
    start: float
    eased: float
    end: float
    missed: bool = False
    """The strike met nothing to hurt; what it did on the way may have hurt all the same."""


@dataclass(slots=True)
class Told:
    """One history, indexed."""

    filings: dict[str, Filing] = field(default_factory=dict)
    commands: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Command id to the answers that were given to it."""
    asked: set[str] = field(default_factory=set)
    dispatches: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    """Ticket to its dispatch events, `version event`, with the time they were first read."""
    reads: list[Line] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    clock: list[tuple[float, datetime]] = field(default_factory=list)
    end: float = 0.0

    @property
    def promised(self) -> dict[str, tuple[str, float]]:
        """Complaint to its key and the time it was acknowledged."""
        return {
            complaint: (key, filing.acknowledged_at)
            for key, filing in self.filings.items()
            for complaint, _ in filing.answers
            if filing.acknowledged_at is not None
        }


def told(history: Sequence[Line]) -> Told:
    """Index a history."""
    known = Told(end=history[-1].at if history else 0.0)
    for line in history:
        if line.op == "file":
            _filed(known, line)
        elif line.op == "command":
            _commanded(known, line)
        elif line.op == "read":
            _read(known, line)
        elif line.op == "clock":
            known.clock.append((line.at, datetime.fromisoformat(line.value["at"])))
    known.windows = windows(history)
    return known


def _filed(known: Told, line: Line) -> None:
    filing = known.filings.setdefault(line.key, Filing(line.at))
    if line.phase is Phase.INFO:
        filing.unknown += 1
    if line.phase is Phase.OK:
        filing.answers.add((line.value["id"], line.value["number"]))
        if filing.acknowledged_at is None:
            filing.acknowledged_at = line.at


def _commanded(known: Told, line: Line) -> None:
    known.asked.add(line.key)
    if line.phase is Phase.OK:
        answer = f"{line.value['ticket_id']} {line.value['status']} {line.value['version']}"
        known.commands[line.key].add(answer)


def _read(known: Told, line: Line) -> None:
    known.reads.append(line)
    if line.value["subject"].startswith(DISPATCHED):
        known.dispatches[line.value["ticket"]].setdefault(
            f"{line.value['version']} {line.key}", line.at
        )


def windows(history: Iterable[Line]) -> list[Window]:
    """When faults were in force, in order of their beginning; one that was never healed lasts for ever."""
    found: list[Window] = []
    struck: dict[str, float] = {}
    eased: dict[str, float] = {}
    over: dict[str, float] = {}
    missed: set[str] = set()
    last = 0.0
    for line in history:
        last = line.at
        if line.op == "fault" and line.phase is Phase.INVOKE:
            struck[line.value["kind"]] = line.at
            missed.discard(line.value["kind"])
        elif line.op == "fault" and line.phase is Phase.FAIL:
            missed.add(line.value["kind"])
        elif line.op == "fault" and line.phase is Phase.OK and line.value.get("momentary"):
            over[line.value["kind"]] = line.at
        elif line.op == "heal" and line.phase is Phase.INVOKE:
            eased[line.key] = over.pop(line.key, line.at)
        elif line.op == "heal" and line.key in struck:
            gone = line.key in missed
            found.append(Window(line.key, struck.pop(line.key), eased[line.key], line.at, gone))
    found += [Window(kind, at, last, last) for kind, at in struck.items()]
    return sorted(found, key=lambda window: window.start)


Era = list[tuple[datetime, float]]
"""Business time with the seconds at which it was seen, while it never went back."""


def eras(clock: Sequence[tuple[float, datetime]]) -> list[Era]:
    """The looks at business time, cut wherever it was set back."""
    found: list[Era] = []
    for at, business in clock:
        if not found or business < found[-1][-1][0]:
            found.append([])
        found[-1].append((business, at))
    return found


def when(looks: Sequence[Era], due: datetime, by: float) -> float | None:
    """Seconds of the run at which business time was last seen to come to `due`, before `by`; None: never.

    Where it was set back and came to `due` again, the second time counts: what is heard then may have begun
    in between. It may have come at any moment since the look before.
    """
    for era in reversed(looks):
        index = bisect_left(era, (due, 0.0))
        if (index and era[index - 1][1] > by) or (index == 0 and era is not looks[0]):
            continue
        if index < len(era):
            return min(era[index][1], by)
        if era is looks[-1]:
            return by  # nobody has looked since
    return None


def recoveries(known: Told) -> Mapping[str, list[float]]:
    """By kind: seconds from the moment the cause was taken away to the first later complaint at its unit.

    Faults that overlapped are counted once, from the last.
    """
    done = sorted(
        (filing.first_at, min(known.dispatches[complaint].values()))
        for filing in known.filings.values()
        for complaint, _ in filing.answers
        if known.dispatches.get(complaint)
    )
    found: dict[str, list[float]] = defaultdict(list)
    for index, window in enumerate(known.windows):
        if window.missed:
            continue
        follower = known.windows[index + 1] if index + 1 < len(known.windows) else None
        if follower is not None and follower.start < window.end:
            continue
        start = bisect_left(done, (window.eased, 0.0))
        later = [arrived for _, arrived in done[start : start + 500]]
        if later:
            found[window.kind].append(min(later) - window.eased)
    return found


def delays(known: Told) -> list[float]:
    """Seconds from each acknowledgement until the unit had the dispatch."""
    return [
        min(known.dispatches[complaint].values()) - acknowledged
        for complaint, (_, acknowledged) in known.promised.items()
        if known.dispatches.get(complaint)
    ]
