"""The broker's store rots: deleted, a bit flipped, a file cut short (A.1 rows 11, 12, 22)."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.chaos.faults.fault import Fault, FaultMissedError
from tests.chaos.faults.processes import running

if TYPE_CHECKING:
    from tests.chaos.lab import Lab

_STREAMS: Final = ("COMPLAINTS", "TICKETS", "ESCALATIONS")
_KEEP: Final = "lost+found"


class StoreDeleted(Fault):
    """`rm -rf` of the whole store under the running server, which then dies of it."""

    kind = "store_deleted"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Delete everything, then kill -9: what it still held in memory goes, too."""
        running(lab, "nats")
        block(lab.files.broker, rng)
        gone = [path for path in lab.files.broker.iterdir() if path.name != _KEEP]
        files = sum(len(list(path.rglob("*"))) for path in gone)
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)
        await asyncio.to_thread(lab.servers["nats"].kill)
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)
        return {"files": files}

    async def heal(self, lab: Lab) -> None:
        """Start the server on its empty store; streams and consumers are the product's business."""
        await lab.servers["nats"].start()


class BitFlipped(Fault):
    """One bit of one block of messages is not what was written, and the server goes on running."""

    kind = "bit_flipped"
    momentary = True

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Flip a bit anywhere in a block."""
        running(lab, "nats")
        return flip(lab, rng)

    async def heal(self, lab: Lab) -> None:
        """Nobody turns the bit back: the product has to notice."""


class BitFlippedIndexGone(Fault):
    """One bit flipped while the server was down, and its index lost: it reads every block anew."""

    kind = "bit_flipped_index_gone"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Kill the server, flip a bit, delete the indexes of that stream."""
        running(lab, "nats")
        await asyncio.to_thread(lab.servers["nats"].kill)
        details = flip(lab, rng)
        indexes = list((lab.files.broker / details["file"]).parent.glob("index.db*"))
        for index in indexes:
            index.unlink()
        return details | {"indexes": len(indexes)}

    async def heal(self, lab: Lab) -> None:
        """Start it again."""
        await lab.servers["nats"].start()


class Truncated(Fault):
    """The end of a block was never written; the index says that it was."""

    kind = "truncated"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Kill the server and cut a block short."""
        running(lab, "nats")
        await asyncio.to_thread(lab.servers["nats"].kill)
        file = await asyncio.to_thread(block, lab.files.broker, rng)
        size = file.stat().st_size
        keep = rng.randrange(size)
        with file.open("r+b") as opened:
            opened.truncate(keep)
        return {"file": str(file.relative_to(lab.files.broker)), "size": size, "kept": keep}

    async def heal(self, lab: Lab) -> None:
        """Start it again."""
        await lab.servers["nats"].start()


def flip(lab: Lab, rng: Random) -> dict[str, Any]:
    """Flip one random bit of a random block; return where. Raises FaultMissedError."""
    file = block(lab.files.broker, rng)
    size = file.stat().st_size
    at, bit = rng.randrange(size), rng.randrange(8)
    with file.open("r+b") as opened:
        opened.seek(at)
        old = opened.read(1)[0]
        opened.seek(at)
        opened.write(bytes([old ^ 1 << bit]))
    name = str(file.relative_to(lab.files.broker))
    return {"file": name, "size": size, "at": at, "bit": bit}


def block(store: Path, rng: Random) -> Path:
    """A file of messages of one of the city's streams. Raises FaultMissedError while all of them are empty."""
    found = sorted(
        file
        for name in _STREAMS
        for file in store.glob(f"jetstream/*/streams/{name}/msgs/*.blk")
        if file.stat().st_size
    )
    if not found:
        raise FaultMissedError("no stream holds a message")
    return rng.choice(found)
