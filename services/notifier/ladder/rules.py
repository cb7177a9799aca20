"""The steps a ladder is planned from: the city's, and those that stand where ladder.toml is silent (domain.md D5).

No open ticket may have a clock after which nothing comes, so whatever the city leaves out is filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.escalation import ReceptionLevel
from contracts.limits import LadderRule, LadderStep
from kit.errors import Kind
from services.notifier.worktime.limits import NONE, LimitError, duration, moment

REPEATS: Final[Mapping[Urgency, str]] = {Urgency.CRITICAL: "10m"}
"""How often a rung nobody acknowledged is said again where ladder.toml is silent; others never."""
REPEAT_MAX: Final = 5
"""OnCall's ceiling (domain.md D5)."""
SOURCE: Final = "choice"


def _step(level: int, clock: ClockKind, at: str, *who: str) -> LadderStep:
    return LadderStep(level=level, clock=clock, at=at, who=who, source=SOURCE)


def _street(clock: ClockKind, at: str) -> LadderStep:
    """Onto the table of the street's secretary."""
    who = ("secretary",)
    return LadderStep(
        level=4, clock=clock, at=at, who=who, reception=ReceptionLevel.SUBDISTRICT, source=SOURCE
    )


def _unassigned(second: str, fourth: str) -> tuple[LadderStep, ...]:
    return (
        _step(1, ClockKind.DISPATCH, "due", "leader", "duty_lead"),
        _step(2, ClockKind.DISPATCH, second, "duty_lead", "deputy"),
        _street(ClockKind.DISPATCH, fourth),
    )


UNASSIGNED: Final[Mapping[Urgency, tuple[LadderStep, ...]]] = {
    Urgency.CRITICAL: _unassigned("due+1h", "due+3h"),
    Urgency.URGENT: _unassigned("due+4h", "due+1wd"),
    Urgency.NORMAL: _unassigned("due+1wd", "due+6wd"),
    Urgency.COMPLEX: _unassigned("due+1wd", "due+6wd"),
}
"""For a matter nobody is responsible for yet; told are the desk and the office above it.

Times follow the ladder's own spacing.
"""
WAITING: Final = (
    _step(1, ClockKind.CALLBACK, "due", "leader", "duty_lead"),
    _street(ClockKind.CALLBACK, "due+5wd"),
    _step(3, ClockKind.HOLD_REVIEW, "due+1wd", "duty_lead", "deputy"),
    _street(ClockKind.HOLD_REVIEW, "due+5wd"),
)
"""For a matter that waits for its call-back or the review of its hold, while no result clock runs."""


def _rung_up(step: LadderStep) -> LadderStep:
    """The secretary is rung up about a critical matter (domain.md D5)."""
    return step.model_copy(update={"phone": step.reception is not None})


def rules(rows: Iterable[LadderRule]) -> dict[Urgency, tuple[LadderStep, ...]]:
    """Steps by urgency, each with its repetition; clocks no step watches get those of UNASSIGNED and WAITING.

    Raises LimitError for a moment or a repetition that cannot be read.
    """
    found = {row.urgency: row for row in rows}
    built = {}
    for urgency, unassigned in UNASSIGNED.items():
        row = found.get(urgency) or LadderRule(urgency=urgency)
        watched = {step.clock for step in row.steps}
        steps = row.steps + tuple(
            _rung_up(step) if urgency is Urgency.CRITICAL else step
            for step in (*unassigned, *WAITING)
            if step.clock not in watched
        )
        for step in steps:
            moment(step.at)
        every = row.repeat_every or REPEATS.get(urgency, NONE)
        repeat = {"repeat_every": every, "repeat_max": row.repeat_max or REPEAT_MAX}
        built[urgency] = tuple(
            step.model_copy(update=repeat) if repeat_s(every) else step for step in steps
        )
    return built


def repeat_s(every: str) -> int:
    """Seconds from one repetition to the next, by the clock on the wall; 0 for `none`. Raises LimitError."""
    found = duration(every)
    if found is None:
        return 0
    if found.working:
        raise LimitError(
            "repeat-runs-by-the-wall-clock",
            Kind.INVALID,
            field="ladder",
            zh=f"repeat_every 按自然时间计，请写作 10m、1h；不能写“{every}”。",
            en=f"repeat_every runs by the clock on the wall; write 10m or 1h, not {every!r}.",
        )
    return found.wall_s
