"""A city with ways to reach its people, and channels that remember or refuse, for tests of notices."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from kit.db import Pool
from services.notifier import noticing, sending
from services.notifier.directory import Directory
from services.notifier.notices.channel import Channel, ChannelError, Message
from services.notifier.noticing import Planned
from services.notifier.sending import Sent
from tests.support import city

Answer = Callable[[str, Message], None]


@dataclass
class Remembering:
    """Takes messages, or raises what `answer` raises."""

    name: str = "chat"
    answer: Answer | None = None
    taken: list[tuple[str, Message]] = field(default_factory=list)

    async def send(self, address: str, message: Message) -> None:
        if self.answer is not None:
            self.answer(address, message)
        self.taken.append((address, message))


def refusing(*, retryable: bool, reason: str = "http_503") -> Answer:
    """An answer that always refuses."""

    def refuse(_: str, __: Message) -> None:
        raise ChannelError(reason, retryable=retryable)

    return refuse


def told_city(**changes: list[dict[str, Any]]) -> Directory:
    """The sample district with some parts replaced."""
    return Directory.of(1, city.parts() | changes)


@cache
def told_at_once() -> Directory:
    """The sample district without waiting for others, without NATS, tried again at once."""
    rules = {"group_wait_s": 0, "retry_s": [1, 1], "nats_is_enough": []}
    return told_city(notices=[rules])


async def plan(pool: Pool, directory: Directory, *channels: Channel) -> Planned:
    """Plan until nothing more is to do at once."""
    total = Planned()
    while True:
        done = await noticing.plan(pool, directory, {one.name for one in channels})
        total.channels += done.channels
        total.outcomes += done.outcomes
        if not done.more:
            return total


async def send(
    pool: Pool, directory: Directory, *channels: Channel, answerable: Collection[str] = ()
) -> Sent:
    """One round of sending."""
    named = {one.name: one for one in channels}
    return await sending.send(pool, directory, named, answerable=answerable)


async def hurry(pool: Pool) -> None:
    """What waits to be tried again, or for a lease to end, is due now."""
    await pool.execute("update notice set next_at = clock_timestamp() where next_at is not null")
