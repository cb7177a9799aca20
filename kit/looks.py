"""Looks that were refused: who asked for what may not be known to exist, for the auditor (D.7 #16).

Noted is whatever was answered with 404 to somebody who signed in, there or not: so the answer takes the same
time for another unit's ticket as for one that does not exist, and guessing shows.
"""

from __future__ import annotations

import re
import time
from typing import Final

from kit import audit
from kit.clock import business_now
from kit.db import LOST, Pool, transaction
from kit.logging import get

log = get(__name__)

ACTION: Final = "look.refused"
MOST_A_MINUTE: Final = 120
"""Noted of one person; more of them say nothing new, and must not fill the table."""
PEOPLE_MOST: Final = 10_000
_NAMED: Final = re.compile(r"[0-9]{12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Numbers and ids of ours; whatever else somebody typed may be a resident's word."""
SQL_NOT_WAITED_FOR: Final = "set local synchronous_commit to off"


class Looks:
    """Notes refused looks of one process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._minute = 0
        self._noted: dict[str, int] = {}

    async def refused(self, actor: str, way: str, wanted: str | None) -> None:
        """`way` is the route or subject asked, `wanted` the id or number in it.

        Never fails: what cannot be noted now is logged, and the answer stays no. Nobody waits for the
        disk, which would tell apart what this is to hide.
        """
        if not self._within(actor):
            return
        thing = wanted.lower() if wanted else ""
        named = thing if _NAMED.fullmatch(thing) else "-"
        try:
            async with transaction(self._pool) as conn:
                await conn.execute(SQL_NOT_WAITED_FOR)
                now = await business_now(conn)
                await audit.record(conn, [audit.Entry(now, actor, ACTION, named, {"way": way})])
        except LOST as error:
            log.warning("look_not_noted", way=way, error=type(error).__name__)

    def _within(self, actor: str) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute or len(self._noted) > PEOPLE_MOST:
            self._minute, self._noted = minute, {}
        count = self._noted.get(actor, 0) + 1
        self._noted[actor] = count
        return count <= MOST_A_MINUTE
