"""What the notifier is told from outside."""

from __future__ import annotations

from kit.settings import ServiceSettings


class NotifierSettings(ServiceSettings):
    """Adds how many ticks may run at once in this process."""

    http_port: int = 8703
    tickers: int = 2
    """While one tick waits for the database, another can build its events."""
