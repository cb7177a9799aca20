"""One running product for many tests: `chuishao up --simulated` on an ordinary Monday morning."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.gateway import CHANNELS
from tests.support.lane import base
from tests.support.world import MONDAY, World


@contextmanager
def running(name: str, port_base: int, env: Mapping[str, str] | None = None) -> Iterator[World]:
    """A product on ports of its own, with a channel file that knows a gateway; it has to stop well."""
    folder = Path(tempfile.mkdtemp(prefix=f"chuishao-{name}-")).resolve()
    channels = folder / "channels.toml"
    channels.write_text(CHANNELS)
    channels.chmod(0o600)
    flags = ("--port-base", str(base(port_base)), "--no-sample", "--simulated")
    world = World(folder, *flags, env=env)
    try:
        asyncio.run(_begin(world))
        yield world
    finally:
        code = asyncio.run(world.stop())
        shutil.rmtree(folder, ignore_errors=True)
    assert code == 0


async def _begin(world: World) -> None:
    await world.start()
    await world.move_clock(MONDAY)
