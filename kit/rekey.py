"""A service takes a changed NATS key by itself: it reads its key again and signs in anew.

nats-py keeps the key it was first given: so a changed key is looked for, best while both are valid
(chuishao/nats_keys.py). One that comes only after the old key was refused is taken up as well: until then the
connection goes on trying (kit/lasting.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kit.lasting import LastingClient
from kit.logging import get
from kit.settings import secrets_dir

log = get(__name__)

LOOK_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Keyed:
    """A connection and where its key is kept."""

    client: LastingClient
    secret: str
    """Name of the file in the secrets folder; a key that came as a variable never changes."""
    folder: Path | None = None
    """That folder, where it is not the process's own."""

    async def look(self) -> None:
        """Sign in anew where the key has changed."""
        folder = self.folder or secrets_dir()
        if folder is None or self.client.seed is None:
            return
        seed = await asyncio.to_thread(_read, Path(folder) / self.secret)
        if seed and seed != self.client.seed:
            await self.client.sign_in_anew(seed)
            log.info("nats_key_changed", key=self.secret)


async def keep_signed_in(connections: Sequence[Keyed]) -> None:
    """Look every two seconds, for ever."""
    while True:
        await asyncio.sleep(LOOK_S)
        for keyed in connections:
            await keyed.look()


def _read(file: Path) -> str | None:
    try:
        return file.read_text("ascii").strip()
    except (OSError, ValueError):
        return None
