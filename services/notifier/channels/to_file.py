"""A channel without an outside world: one JSON object a line, in a file only we may read."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import orjson

from kit.clock import wall_now
from services.notifier.notices.channel import ChannelError, Message


class FileChannel:
    """The channel; for trying things out, and for gateways that collect files."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    async def send(self, address: str, message: Message) -> None:
        """Return once the line is in the file. Raises ChannelError."""
        line = {
            "at": wall_now().isoformat(timespec="seconds"),
            "channel": self.name,
            "address": address,
            "id": message.message_id,
            "urgency": message.urgency.value,
            "subject": message.subject,
            "body": message.body,
            "data": message.data,
        }
        try:
            await asyncio.to_thread(self._append, orjson.dumps(line) + b"\n")
        except OSError:
            raise ChannelError("file_not_written", retryable=True) from None

    def _append(self, line: bytes) -> None:
        """One write at the end of the file: replicas share it."""
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)

    async def close(self) -> None:
        """Nothing is kept open."""
