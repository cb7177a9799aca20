"""Who would wait too long is told at once, reads first; when the wait is over everybody comes in again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from kit.coalesce import Coalescer
from kit.errors import DomainError
from kit.limits.admission import FEW, PACE_S, WAIT_S, WAITING, Admission


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def served(admission: Admission, clock: Clock, *, waiting: int, each_s: float, count: int) -> None:
    """So many wait all the time, and `count` of them are served one after another."""
    tickets = [admission.begin() for _ in range(waiting)]
    for _ in range(count):
        clock.now += each_s
        admission.end(tickets.pop(0))
        tickets.append(admission.begin())
    for ticket in tickets:
        admission.end(ticket)


def crowded(admission: Admission, waiting: int) -> list[object]:
    return [admission.begin() for _ in range(waiting)]


def both(admission: Admission) -> tuple[bool, bool]:
    return admission.admits("GET"), admission.admits("POST")


def test_d7_22_reads_go_before_filings_and_both_come_back() -> None:
    clock = Clock()
    admission = Admission(now_s=clock)
    served(admission, clock, waiting=FEW + 1, each_s=0.001, count=500)
    waiting = crowded(admission, 100)
    assert both(admission) == (True, True)
    waiting += crowded(admission, 100)
    assert both(admission) == (False, True)
    waiting += crowded(admission, 150)
    assert both(admission) == (False, False)
    with pytest.raises(DomainError) as refused:
        admission.admit("POST")
    assert refused.value.retry_after_s
    for ticket in waiting:
        admission.end(ticket)
    assert both(admission) == (True, True)


def test_what_stands_still_is_noticed_without_a_pace() -> None:
    """Nothing ends any more: then as long as the first has waited, so long one more would wait."""
    clock = Clock()
    admission = Admission(now_s=clock)
    waiting = crowded(admission, FEW)
    clock.now = WAIT_S + 0.01
    assert both(admission) == (False, False)
    admission.end(waiting[0])
    assert admission.admits("POST")


def test_few_may_always_wait_and_a_quiet_hour_says_nothing_about_the_pace() -> None:
    clock = Clock()
    admission = Admission(now_s=clock)
    served(admission, clock, waiting=1, each_s=1.0, count=10)
    waiting = crowded(admission, FEW - 1)
    clock.now += 60
    assert admission.admits("POST")
    for ticket in waiting:
        admission.end(ticket)
    crowded(admission, int(WAIT_S / PACE_S) - 1)
    assert both(admission) == (False, True)


def test_a_pace_that_was_slow_is_forgotten_within_seconds() -> None:
    clock = Clock()
    admission = Admission(now_s=clock)
    served(admission, clock, waiting=FEW + 1, each_s=0.1, count=50)
    crowded(admission, FEW)
    assert not admission.admits("POST")
    other = Admission(now_s=clock)
    served(other, clock, waiting=FEW + 1, each_s=0.1, count=50)
    clock.now += 12
    crowded(other, FEW)
    assert other.admits("POST")


async def test_who_waits_in_a_group_is_counted_until_it_is_stored_or_gives_up() -> None:
    admission, go = Admission(), asyncio.Event()

    async def flush(items: Sequence[int]) -> list[int]:
        await go.wait()
        return list(items)

    coalescer = Coalescer(flush, size=10, workers=1)
    WAITING.set(admission)
    tasks = [asyncio.create_task(coalescer.submit(n)) for n in range(FEW + 1)]
    WAITING.set(None)
    tasks += [asyncio.create_task(coalescer.submit(n)) for n in range(FEW)]
    await asyncio.sleep(0)
    assert admission.waiting == FEW + 1
    tasks[0].cancel()
    await asyncio.sleep(0)
    assert admission.waiting == FEW
    go.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not admission.waiting
