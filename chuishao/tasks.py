"""Several things at once, failing as one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


async def together(*jobs: Coroutine[object, object, None]) -> None:
    """Run the jobs at the same time; the first failure cancels the others and is raised plainly."""
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
