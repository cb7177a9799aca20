"""Puts back streams and durables that somebody deleted or a broker lost, under the `ops` user.

One keeper an installation (`chuishao up` has it inside, elsewhere `chuishao keep`): services have no rights
to make anything on the broker, and an office's own durable nobody else would miss (docs/adr/0040).
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from nats.aio.client import Client

from contracts.topology import STREAMS, ConsumerSpec
from kit.accounts import OPS_USER, ReaderLike
from kit.broker import connect
from kit.ending import cancel
from kit.jetstream import ask, server_id
from kit.lasting import LastingClient
from kit.provision import consumers_of, make
from kit.rekey import Keyed, keep_signed_in

LOOK_S: Final = 5.0
STEP_S: Final = 0.25
ALL_S: Final = 600.0
"""Between two comparisons of every setting; names alone are compared at each look."""


class Keeper:
    """Looks every few seconds, and at once when the broker was started anew."""

    def __init__(
        self, client: LastingClient, units: Sequence[str], readers: Sequence[ReaderLike]
    ) -> None:
        self.client = client
        self._all_at = time.monotonic() + ALL_S
        self.keep_for(units, readers)

    def keep_for(self, units: Sequence[str], readers: Sequence[ReaderLike]) -> None:
        """From now on these are the offices; durables of others are nobody's and stay as they are."""
        self._consumers = consumers_of(units, readers)
        self._wanted: dict[str, set[str]] = defaultdict(set)
        for spec in self._consumers:
            self._wanted[spec.stream].add(spec.name)

    async def look(self, *, everything: bool = False) -> list[str]:
        """Put back what is missing; with `everything` also what differs. Returns what was done.

        Raises what `kit.jetstream.ask` raises.
        """
        if everything:
            return await make(self.client, self._consumers)
        gone = await self._gone()
        streams = [await ask(self.client, f"STREAM.INFO.{s.name}") for s in STREAMS]
        return await make(self.client, gone) if gone or None in streams else []

    async def _gone(self) -> list[ConsumerSpec]:
        there = {stream: await names(self.client, stream) for stream in self._wanted}
        return [spec for spec in self._consumers if spec.name not in there[spec.stream]]

    async def run(
        self,
        say: Callable[[str], None],
        *,
        before: Callable[[], Awaitable[None]] | None = None,
        well: Callable[[], None] | None = None,
    ) -> None:
        """Keep until cancelled; what fails is said once and tried again.

        `before` is awaited before each look, so that it may call `keep_for`; `well` hears of each good one.
        """
        server, look_at, trouble = "", 0.0, ""
        while True:
            await asyncio.sleep(STEP_S)
            if not self.client.is_connected:
                continue
            told = server_id(self.client)
            if told == server and time.monotonic() < look_at:
                continue
            everything = told != server or time.monotonic() > self._all_at
            try:
                if before is not None:
                    await before()
                for change in await self.look(everything=everything):
                    say(f"已补上 / put back: {change}")
            except Exception as error:  # noqa: BLE001 - a keeper that ended would keep nothing
                if str(error) != trouble:
                    say(f"暂时无法检查消息流 / streams could not be checked: {error!r}")
                trouble, look_at = str(error), time.monotonic() + LOOK_S
                continue
            if well is not None:
                well()
            server, trouble, look_at = told, "", time.monotonic() + LOOK_S
            if everything:
                self._all_at = time.monotonic() + ALL_S


async def names(client: Client, stream: str) -> set[str]:
    """Durables of a stream, page by page; none where the stream is gone."""
    found: set[str] = set()
    while True:
        page = await ask(client, f"CONSUMER.NAMES.{stream}", {"offset": len(found)})
        more = (page or {}).get("consumers") or []
        found |= set(more)
        if page is None or not more or len(found) >= page["total"]:
            return found


async def keep(  # noqa: PLR0913 - where, as whom, for whom, and who is told
    url: str,
    key: Path,
    keeper: Keeper,
    say: Callable[[str], None],
    *,
    before: Callable[[], Awaitable[None]] | None = None,
    well: Callable[[], None] | None = None,
) -> None:
    """Connect a keeper, however long it takes, and run it until cancelled.

    Its key lies in the file `key`, and is read again when it changes there. Raises OSError without one.
    """
    seed = (await asyncio.to_thread(key.read_text, "ascii")).strip()
    client = keeper.client
    jobs = {
        asyncio.ensure_future(job)
        for job in (
            connect(url, seed, name=OPS_USER, client=client),
            keep_signed_in([Keyed(client, key.name, key.parent)]),
            keeper.run(say, before=before, well=well),
        )
    }
    try:
        await asyncio.gather(*jobs)
    finally:
        await cancel(jobs)
        await client.close()
