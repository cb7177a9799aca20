"""What a notice goes through: a message, a channel that takes it, and how a channel says no."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from contracts.complaint import Urgency


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. Never holds residents' words, names or telephone numbers."""

    subject: str
    """One line, Chinese."""
    body: str
    """Chinese; under 70 characters where it is about one matter, so that it fits a short message."""
    urgency: Urgency
    """The highest among the matters it is about."""
    message_id: str
    """The same at every attempt: what a receiver tells copies apart by (`webhook-id`)."""
    data: dict[str, Any] = field(default_factory=dict)
    """For machines: what caused it, ticket id and number, unit, area, level, due time. JSON values only."""


class Channel(Protocol):
    """One way to reach people, configured by the deployment under a name contacts.csv uses."""

    @property
    def name(self) -> str:
        """As in contacts.csv."""
        ...

    async def send(self, address: str, message: Message) -> None:
        """Return once the other side has taken it.

        May be called again with the same `message_id`. Raises ChannelError when it was refused or
        nobody knows whether it arrived.
        """
        ...


class ChannelError(Exception):
    """The message was not taken, or may not have been."""

    def __init__(self, reason: str, *, retryable: bool, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        """A code or an HTTP status, in `[a-z0-9_]`; never an address, a name or an answer's text."""
        self.retryable = retryable
        """False where trying again cannot help: an unknown address, a refused credential."""
        self.retry_after_s = retry_after_s
        """How long the other side asked to be left alone, at most a day; None where it said nothing."""
