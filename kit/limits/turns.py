"""Whose turn it is: one from each name that waits, so that who brings a thousand delays nobody else. Pure."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """What waits, by name; of one name in the order it came, and `most` of it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[str, deque[T]] = {}

    def add(self, name: str, item: T) -> bool:
        """False when so much of this name waits already that this is not kept."""
        queue = self._waiting.setdefault(name, deque())
        if len(queue) >= self._most:
            return False
        queue.append(item)
        return True

    def take(self) -> T | None:
        """The next one, None when nothing waits; its name is then behind all others."""
        name = next(iter(self._waiting), None)
        if name is None:
            return None
        queue = self._waiting.pop(name)
        item = queue.popleft()
        if queue:
            self._waiting[name] = queue
        return item
