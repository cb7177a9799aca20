"""Concurrent requests share a transaction; nobody waits alone, pays for a neighbour, or gets lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from kit.coalesce import Coalescer, QueueFullError


class Desk:
    """A flush that notes its groups and waits until it is let go."""

    def __init__(self, bad: frozenset[int] = frozenset(), error: Exception | None = None) -> None:
        self.groups: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self._bad = bad
        self._error = error or ValueError("bad")

    async def flush(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        await self.open.wait()
        if self._bad & set(items):
            raise self._error
        return [item * 10 for item in items]


async def settled(*waiting: asyncio.Future[int] | asyncio.Task[int]) -> list[int | BaseException]:
    return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)


async def submitted(
    coalescer: Coalescer[int, int], items: Sequence[int]
) -> list[asyncio.Task[int]]:
    tasks = [asyncio.ensure_future(coalescer.submit(item)) for item in items]
    await asyncio.sleep(0)
    return tasks


async def test_a_lone_request_goes_at_once_and_alone() -> None:
    desk = Desk()
    assert await Coalescer(desk.flush).submit(1) == 10
    assert desk.groups == [[1]]


async def test_who_comes_while_a_flush_runs_goes_together_into_the_next() -> None:
    desk = Desk()
    desk.open.clear()
    coalescer = Coalescer(desk.flush, workers=1)
    tasks = await submitted(coalescer, range(6))
    await asyncio.sleep(0)
    desk.open.set()
    assert await settled(*tasks) == [0, 10, 20, 30, 40, 50]
    assert len(desk.groups) <= 2
    assert desk.groups[-1][-1] == 5


async def test_everybody_gets_the_own_result_whatever_the_grouping() -> None:
    desk = Desk()
    coalescer = Coalescer(desk.flush, size=7, workers=3)
    tasks = [asyncio.ensure_future(coalescer.submit(n)) for n in range(500)]
    assert await settled(*tasks) == [n * 10 for n in range(500)]
    assert max(len(group) for group in desk.groups) <= 7
    assert sorted(n for group in desk.groups for n in group) == list(range(500))


async def test_one_bad_item_fails_alone() -> None:
    desk = Desk(bad=frozenset({3}))
    desk.open.clear()
    coalescer = Coalescer(desk.flush, workers=1)
    tasks = await submitted(coalescer, range(6))
    desk.open.set()
    results = await settled(*tasks)
    assert isinstance(results.pop(3), ValueError)
    assert results == [0, 10, 20, 40, 50]


async def test_a_lost_database_fails_the_group_at_once_without_trying_each_alone() -> None:
    desk = Desk(bad=frozenset(range(6)), error=ConnectionResetError())
    desk.open.clear()
    coalescer = Coalescer(desk.flush, workers=1)
    tasks = await submitted(coalescer, range(6))
    desk.open.set()
    assert all(isinstance(result, ConnectionResetError) for result in await settled(*tasks))
    assert sum(len(group) for group in desk.groups) == 6


async def test_after_a_failure_the_next_request_is_served() -> None:
    desk = Desk(bad=frozenset({1}))
    coalescer = Coalescer(desk.flush, workers=1)
    with pytest.raises(ValueError, match="bad"):
        await coalescer.submit(1)
    assert await coalescer.submit(2) == 20


async def test_past_the_limit_requests_are_told_to_come_back() -> None:
    desk = Desk()
    desk.open.clear()
    coalescer = Coalescer(desk.flush, size=1, workers=1, limit=3)
    first = await submitted(coalescer, [0])
    await asyncio.sleep(0)
    waiting = await submitted(coalescer, [1, 2, 3])
    with pytest.raises(QueueFullError):
        await coalescer.submit(4)
    desk.open.set()
    assert await settled(*first, *waiting) == [0, 10, 20, 30]


async def test_a_client_that_went_away_takes_nobody_with_it() -> None:
    desk = Desk()
    desk.open.clear()
    coalescer = Coalescer(desk.flush, workers=1)
    tasks = await submitted(coalescer, range(4))
    tasks[2].cancel()
    desk.open.set()
    results = await settled(*tasks)
    assert isinstance(results.pop(2), asyncio.CancelledError)
    assert results == [0, 10, 30]


async def test_a_flush_that_answers_too_few_leaves_nobody_waiting() -> None:
    async def forgetful(items: Sequence[int]) -> list[int]:
        return [item * 10 for item in items][:-1]

    results = await settled(*await submitted(Coalescer(forgetful, workers=1), range(3)))
    assert all(isinstance(result, (int, Exception)) for result in results)
