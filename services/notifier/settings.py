"""What the notifier is told from outside."""

from __future__ import annotations

from pathlib import Path

from pydantic import field_validator

from kit.settings import ServiceSettings


class NotifierSettings(ServiceSettings):
    """Adds how many ticks may run at once in this process."""

    http_port: int = 8703
    tickers: int = 2
    """While one tick waits for the database, another can build its events."""
    channels_file: Path | None = None
    """How people are told (services/notifier/channels/listing.py); nobody else may read it. None: not at all."""

    @field_validator("channels_file", mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        """An empty variable names no file."""
        return given or None
