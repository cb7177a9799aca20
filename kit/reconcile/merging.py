"""Which kept events never came back: two readings, in about the same order, laid side by side."""

from __future__ import annotations

from collections.abc import Iterable


class Merge:
    """Takes ids from both sides as they are read; whatever both had is forgotten at once.

    An id that came back twice (an event that was offered again) stays in memory until the end; nothing
    else does but what one reading is ahead of the other.
    """

    def __init__(self) -> None:
        self._came_back: set[str] = set()
        self._only_kept: dict[str, None] = {}

    def kept(self, ids: Iterable[str]) -> None:
        """Ids of the outbox."""
        for one in ids:
            if one in self._came_back:
                self._came_back.discard(one)
            else:
                self._only_kept[one] = None

    def came_back(self, ids: Iterable[str]) -> None:
        """Ids that the stream holds."""
        for one in ids:
            if one in self._only_kept:
                del self._only_kept[one]
            else:
                self._came_back.add(one)

    @property
    def missing(self) -> tuple[str, ...]:
        """Kept and not come back so far, in the order of the outbox."""
        return tuple(self._only_kept)

    def missing_count(self) -> int:
        """How many that are."""
        return len(self._only_kept)

    def forget(self, ids: Iterable[str]) -> None:
        """These are taken care of."""
        for one in ids:
            self._only_kept.pop(one, None)


def event_id(message_id: str) -> str:
    """The event's id out of `Nats-Msg-Id`, which names the round where it was offered again."""
    return message_id.partition("~")[0]
