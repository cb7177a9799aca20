"""How the lab starts the product and the proxy in front of its servers."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chuishao.process import ProcessSpec, Restart, StopStep
from tests.chaos.orders import Orders

ROOT: Final = Path(__file__).parents[2]
REPLICAS: Final = {"router": 2, "notifier": 2}
_READY_S: Final = 120.0
_STOP_S: Final = 60.0


def proxy(log: Path, control: int, between: Mapping[str, tuple[int, int]]) -> ProcessSpec:
    """The proxy; `between` is by server: where clients come, and the server's own port."""
    return ProcessSpec(
        name="proxy",
        argv=(
            *(sys.executable, "-m", "tests.chaos.proxy"),
            *(str(control), json.dumps(between)),
        ),
        log=log,
        env=dict(os.environ),
        cwd=ROOT,
        ready=Orders(control).answers,
        restart=Restart.NEVER,
    )


def up(
    data_dir: Path, port_base: int, servers: Mapping[str, str], env: Mapping[str, str], tree: Path
) -> ProcessSpec:
    """`chuishao up` of the code in `tree` on servers that are not its own: URL of nats, DSN of postgres."""

    async def ready() -> bool:
        return (data_dir / "run.json").exists()

    return ProcessSpec(
        name="up",
        argv=(
            *(sys.executable, "-m", "chuishao", "up", "--no-sample", "--simulated"),
            *("--data-dir", str(data_dir), "--port-base", str(port_base)),
            *(word for name, place in servers.items() for word in (f"--{name}", place)),
            *(f"--replicas={service}={count}" for service, count in REPLICAS.items()),
        ),
        log=data_dir.with_name("log") / "up.log",
        env=env,
        cwd=tree,
        ready=ready,
        ready_seconds=_READY_S,
        stop=(StopStep(signal.SIGINT, _STOP_S),),
        restart=Restart.NEVER,
    )
