"""Rules taken away on purpose: a simulation that does not notice is worth nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final

from contracts.clock import ClockEvent
from kit import inbox, outbox
from kit.deadletters.replaying import Replayer
from services.notifier import actions as notifier
from services.notifier.clocks import store as clocks
from services.notifier.clocks.timing import Timing
from services.notifier.ladder.ladder import Ladder
from services.router import once
from services.router.ticket import releasing, store, store_life, store_routing
from tests.simulation import memory, service, statements_router  # noqa: F401 - its statements
from tests.simulation.memory import Row, Store
from tests.simulation.world import Plan


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Another value for as long as this lasts."""
    real = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, real)


@contextmanager
def answered(sql: str, answer: Callable[..., Sequence[Row] | None]) -> Iterator[None]:
    """A statement with another rule."""
    real = memory.ANSWERS[sql]
    memory.ANSWERS[sql] = answer
    try:
        yield
    finally:
        memory.ANSWERS[sql] = real


@contextmanager
def _both(one: AbstractContextManager[None], other: AbstractContextManager[None]) -> Iterator[None]:
    with one, other:
        yield


async def _everything_is_new(_conn: Any, _consumer: str, ids: Sequence[Any]) -> set[Any]:
    return set(ids)


async def _nothing(*_: Any, **__: Any) -> None:
    return None


async def _never(*_: Any, **__: Any) -> bool:
    return False


def _any_version(own: list[Any], ticket: Any) -> tuple[list[Any], list[Any]]:
    return (own, []) if ticket else ([], own)


def _gap_forgotten(own: list[Any], ticket: Any) -> tuple[list[Any], list[Any]]:
    version = ticket.version if ticket else 0
    return [one for one in own if ticket and one.data.version > version], []


def _early(self: Ladder, ticking: Any, now: datetime) -> list[Any]:
    return _FIRE(self, ticking, now + memory.seconds(3 * 86_400))


def _whatever_runs(self: Ladder, ticking: Any, now: datetime) -> list[Any]:
    return _FIRE(self, {rung["clock"]: now for rung in self.rungs} | ticking, now)


def _nothing_is_offered(_self: Any) -> int:
    return 0


def _timeout_is_no(self: service.Relay, events: list[Any]) -> None:
    """Whatever was tried is taken off, answered or not: a time-out taken for done."""
    for event in events:
        self._bus.publish(event)
        self._store["outbox_pending"].drop(event.event_id)
    self._store.commit()


def _opens_again(store_: Store, now: Any, *columns: Any) -> Any:
    for key in columns[0]:
        store_["ticket"].drop(key)
    return _OPEN(store_, now, *columns)


def _end_of_another_left_out(store_: Store, *columns: Any) -> Any:
    """The end of a clock counts only where its beginning was heard before."""
    shown = store_["ticket_clock"]
    heard = [
        one
        for one in zip(*columns, strict=True)
        if one[4] != "stopped" or shown.get(one[:3], {"clock_id": one[3]})["clock_id"] == one[3]
    ]
    return _PROJECT(store_, *zip(*heard, strict=True)) if heard else None


def _one_time_kept(store_: Store, *columns: Any) -> Any:
    """Of the due times a clock had, the one before this batch is kept and no other."""
    *others, _ = columns
    moved = []
    for *key, due_at in zip(*columns[:4], columns[6], strict=True):
        old = store_["clock"].get(tuple(key), Row(due_at=due_at, earlier_due=[]))
        times = [*old["earlier_due"], *([] if old["due_at"] == due_at else [old["due_at"]])]
        moved.append("{" + ",".join(at.isoformat() for at in times) + "}")
    return _SAVE(store_, *others, moved)


def _no_round_within(self: Timing, _data: Any, _at: datetime) -> None:
    """Rounds that begin and end in one batch are passed over."""
    del self


def _end_forgotten(self: Timing, data: Any, at: datetime) -> None:
    """What ended and came back in one batch has never ended."""
    _TURN(self, data, at)
    self.finished_at = None


_TURN: Final = Timing._turn
_SAVE: Final = memory.ANSWERS[clocks.SQL_SAVE_CLOCKS]
_PROJECT: Final = memory.ANSWERS[store.SQL_PROJECT_CLOCKS]
_FIRE: Final = Ladder.fire
_OPEN: Final = memory.ANSWERS[store_routing.SQL_OPEN]

MUTATIONS: Final[Mapping[str, Callable[[], AbstractContextManager[None]]]] = {
    "inbox off and every version applied": lambda: _both(
        replaced(inbox, "claim", _everything_is_new), replaced(notifier, "_in_turn", _any_version)
    ),
    "version order ignored": partial(replaced, notifier, "_in_turn", _any_version),
    "a gap is forgotten": partial(replaced, notifier, "_in_turn", _gap_forgotten),
    "what lacked an earlier event is never tried again": partial(
        replaced, Replayer, "mend", _nothing
    ),
    "waiting messages stay claimed": partial(replaced, inbox, "release", _nothing),
    "rungs raised before their time": partial(replaced, Ladder, "fire", _early),
    "rungs raised for clocks that stand": partial(replaced, Ladder, "fire", _whatever_runs),
    "a time-out counts as published, and no reconciler": lambda: _both(
        replaced(service.Service, "reconcile", _nothing_is_offered),
        replaced(service.Relay, "_publish", _timeout_is_no),
    ),
    "events are not kept with the effect": partial(replaced, outbox, "append", _nothing),
    "inbox off, and a complaint opens a ticket each time": lambda: _both(
        replaced(inbox, "claim", _everything_is_new),
        answered(store_routing.SQL_OPEN, _opens_again),
    ),
    "a command is done each time": partial(replaced, once.Once, "before", _nothing),
    "a fact is heeded each time": lambda: _both(
        replaced(store_life, "heard", _never), replaced(inbox, "claim", _everything_is_new)
    ),
    "words on clocks go by the time they are about": partial(
        replaced, ClockEvent, "order", property(lambda self: self.at)
    ),
    "the end of a clock is left out when it overtakes its beginning": partial(
        answered, store.SQL_PROJECT_CLOCKS, _end_of_another_left_out
    ),
    "of due times that moved in one batch only one is kept": partial(
        answered, clocks.SQL_SAVE_CLOCKS, _one_time_kept
    ),
    "a round within a batch has no ladder": partial(replaced, Timing, "_turn", _no_round_within),
    "an end and a return in one batch clear nothing": partial(
        replaced, Timing, "_turn", _end_forgotten
    ),
    "followers are not let go": partial(replaced, releasing, "children", lambda *_: []),
}

TRIED: Final[Mapping[str, Plan]] = {
    "the end of a clock is left out when it overtakes its beginning": Plan(122, 5, 10),
    "of due times that moved in one batch only one is kept": Plan(345, 5, 10, 16),
    "a round within a batch has no ladder": Plan(679, 5, 10, 16),
    "an end and a return in one batch clear nothing": Plan(25, 5, 10, 16),
}
"""Where to begin looking, for rules that Plan(1, 25, 30) does not miss: what need not be tried again."""
