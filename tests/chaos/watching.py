"""What is seen of the processes while it runs: memory, and a line of progress now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import psutil

from tests.chaos.saying import say
from tests.chaos.site import Site

LOOK_S: Final = 2.0
SAY_EVERY: Final = 5
MIB: Final = 1024**2


class Watch:
    """Looks every two seconds."""

    def __init__(self, site: Site, progress: Callable[[], str]) -> None:
        self._site = site
        self._progress = progress
        self.rss_mib: dict[str, int] = {}
        """The most each process was seen to hold."""

    async def run(self) -> None:
        """For ever."""
        looks = 0
        while True:
            await asyncio.sleep(LOOK_S)
            for name, pid in self._site.info.get("pids", {}).items():
                self._weigh(name, pid)
            looks += 1
            if looks % SAY_EVERY == 0:
                say(self._progress())

    def _weigh(self, name: str, pid: int) -> None:
        try:
            rss = psutil.Process(pid).memory_info().rss // MIB
        except psutil.Error:
            return
        self.rss_mib[name] = max(rss, self.rss_mib.get(name, 0))
