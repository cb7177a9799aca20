"""What the console hears: every event, live, for the feed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nats.aio.msg import Msg

from services.console.feed import Feed


def on_event(feed: Feed) -> Callable[[Msg], Awaitable[None]]:
    """Keep it as it came; it is read only when somebody watches."""

    async def handler(message: Msg) -> None:
        feed.add(message.data)

    return handler
