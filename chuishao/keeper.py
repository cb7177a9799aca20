"""The keeper of an installation: for the offices its directory names now, under the key `ops` has now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from chuishao.directory import DirectoryRefusedError, read_roster

Stamp = frozenset[tuple[str, int, int]]
"""Path, time of the last change and size of every file."""


class Followed:
    """The roster of a directory folder; raises DirectoryRefusedError where it has mistakes at first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = _stamp(folder)
        self.roster = read_roster(folder)

    def changed(self) -> bool:
        """Read it again where a file in it has changed; say whether it did.

        Raises DirectoryRefusedError, OSError, once for each change: the roster stays what it was.
        """
        now = _stamp(self._folder)
        if now == self._seen:
            return False
        self._seen = now
        self.roster = read_roster(self._folder)
        return True


async def keep(
    url: str,
    followed: Followed,
    key: Path,
    say: Callable[[str], None],
    well: Callable[[], None] | None = None,
) -> None:
    """Put back what is deleted or lost on the broker, until cancelled; `well` hears of each good look.

    `key` is the file with the key of `ops`. Before each look the directory is looked at, so that an
    office that left is not put back after `provision --prune`, and one that came is kept.
    """
    from kit.keeping import Keeper
    from kit.keeping import keep as watch
    from kit.lasting import LastingClient

    roster = followed.roster
    keeper = Keeper(LastingClient(), roster.nats_units, roster.readers)

    async def follow() -> None:
        try:
            changed = await asyncio.to_thread(followed.changed)
        except (DirectoryRefusedError, OSError, ValueError) as error:
            say(f"名录有误，仍按原名录看守 / directory refused, the last one is kept: {error}")
            return
        if changed:
            keeper.keep_for(followed.roster.nats_units, followed.roster.readers)

    await watch(url, key, keeper, say, before=follow, well=well)


def _stamp(folder: Path) -> Stamp:
    """How every file of a folder is now; a folder that is being exchanged may be empty."""
    found = set()
    for file in folder.rglob("*"):
        try:
            stat = file.stat()
        except OSError:
            continue
        found.add((str(file), stat.st_mtime_ns, stat.st_size))
    return frozenset(found)
