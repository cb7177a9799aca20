"""A service takes a changed NATS key by itself: it reads its key again and signs in anew.

nats-py keeps the key it was first given and, once the server takes that key away, closes for good or tries
the old one for ever: so a changed key is looked for while both are valid (chuishao/nats_keys.py), and a
connection that is closed ends the process, whose supervisor starts it with what is valid then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nats.aio.client import Client

from kit.logging import get
from kit.settings import secrets_dir

log = get(__name__)

LOOK_S: Final = 2.0


class SignedOutError(RuntimeError):
    """The server ended this connection for good: its key is not valid any more."""


@dataclass(slots=True)
class Keyed:
    """A connection and where its key is kept; `connection` is None before it was made."""

    connection: Callable[[], Client | None]
    secret: str
    """Name of the file in the secrets folder; a key that came as a variable never changes."""
    seed: str

    async def look(self) -> None:
        """Sign in anew where the key has changed. Raises SignedOutError when it is too late for that."""
        client = self.connection()
        if client is None:
            return
        if client.is_closed:
            raise SignedOutError(self.secret)
        folder = secrets_dir()
        if folder is None:
            return
        seed = await asyncio.to_thread(_read, Path(folder) / self.secret)
        if seed and seed != self.seed:
            self.seed = seed
            await sign_in_anew(client, seed)
            log.info("nats_key_changed", key=self.secret)


async def keep_signed_in(connections: Sequence[Keyed]) -> None:
    """Look every two seconds, for ever."""
    while True:
        await asyncio.sleep(LOOK_S)
        for keyed in connections:
            await keyed.look()


async def sign_in_anew(client: Client, seed: str) -> None:
    """Reconnect under another key; subscriptions are kept. nats-py has no public way to set the key.

    One that is trying to reconnect already goes on trying, with the new key.
    """
    client._nkeys_seed_str = seed  # noqa: SLF001
    client._setup_nkeys_seed_connect()  # noqa: SLF001
    await client.force_reconnect()


def _read(file: Path) -> str | None:
    try:
        return file.read_text("ascii").strip()
    except (OSError, ValueError):
        return None
