"""What the console hears: every event, live, for the feed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
from nats.aio.msg import Msg

from kit.logging import get
from services.console.feed import Feed

log = get(__name__)


def on_event(feed: Feed) -> Callable[[Msg], Awaitable[None]]:
    """Show it; what is no event of ours is left out of the feed and noted."""

    async def handler(message: Msg) -> None:
        try:
            feed.add(orjson.loads(message.data))
        except (ValueError, KeyError, TypeError) as error:
            log.warning("event_unreadable", subject=message.subject, error=type(error).__name__)

    return handler
