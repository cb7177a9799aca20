"""A process that is to end does end, whatever its loops do when they are told."""

from __future__ import annotations

import asyncio

from kit import ending


async def test_a_loop_that_goes_on_after_a_cancellation_is_cancelled_again() -> None:
    heard = 0

    async def stubborn() -> None:
        nonlocal heard
        while heard < 3:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                heard += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(ending.cancel({task}), 10)
    assert task.done()
    assert heard == 3
