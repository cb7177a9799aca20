"""Ends tasks, also those that do not hear it the first time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from kit.logging import get

log = get(__name__)

CANCELS: Final = 10
CANCEL_S: Final = 0.5


async def cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended, again where that was not heard.

    A loop that meets an error while it is being cancelled, such as a connection lost under its clean-up,
    may take it for one of those it goes on after, and `asyncio.wait_for` of Python 3.11 forgets a
    cancellation that comes with the answer; cancelled once such a loop would run for ever.
    """
    left = set(tasks)
    for _ in range(CANCELS):
        if not left:
            return
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_S)
    if left:
        log.error("tasks_left", tasks=[task.get_name() for task in left])
