"""An installation under test: the product under its own supervisor, on servers the lab can break.

PostgreSQL and nats-server are the embedded ones, started by the lab on file systems of their own
(tests/chaos/volume.py) and reached through a proxy (tests/chaos/proxy.py); the four services, two of router
and two of notifier, run under `chuishao up --nats … --postgres …` as in production. What is broken and
mended here lies in tests/chaos/faults.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

from chuishao import ports
from chuishao.embedded.nats import EmbeddedNats, ReloadError
from chuishao.embedded.postgres import EmbeddedPostgres
from chuishao.files import make_private_dir, write_private
from chuishao.lock import hold
from chuishao.process import ProcessSpec
from tests.chaos import nodes, specs, volume
from tests.chaos.orders import Orders
from tests.chaos.server import MARK, Server, end_leftovers
from tests.chaos.specs import REPLICAS, ROOT
from tests.chaos.storage import ServerFiles, with_settings
from tests.support.world import GENEROUS

SERVICES: Final = ("intake", "router", "notifier", "console")
SERVERS: Final = ("nats", "postgres")
PASSWORD: Final = "lab-only"
_BASE, _SPAN, _SPREAD = 61_000, 400, 10
_CLUSTER_FROM: Final = 260


class Lab:
    """One installation in `folder`, which it alone uses; data there is found again by the next start."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        mutation: Path | None = None,
        *,
        durable: str = "always",
        cluster: int = 1,
    ) -> None:
        """`mutation` is a source tree to run instead of ours, `durable` the broker's `sync_interval`.

        With a `cluster` of three servers every stream has as many copies, and the services reach the
        servers without the proxy between, as each tells them where the others are.
        """
        self.folder = folder.resolve()
        self.seed = seed
        self.data_dir = self.folder / "data"
        self.tree = self.folder / "tree"
        """What the services' code is read from: a link, so that a rollout can point it elsewhere."""
        self.info: dict[str, Any] = {}
        self.struck: dict[str, Any] = {}
        """What each fault in force has to remember for its healing, by kind."""
        self._source = (mutation or ROOT).resolve()
        self._stack = ExitStack()
        base = _BASE + os.getpid() % _SPREAD * _SPAN
        self._base = base
        chosen = ports.choose(base + _SPAN // 2)
        self.port = {name: chosen[name] for name in ("nats", "nats_monitor", "postgres")}
        self.port |= {
            "nats_proxy": chosen["console"],
            "postgres_proxy": chosen["intake"],
            "control": chosen["router"],
        }
        self.files = ServerFiles(self.folder)
        self.nats_server = EmbeddedNats(
            self.data_dir / "nats",
            self.port["nats"],
            self.port["nats_monitor"],
            self.folder / "log" / "nats.log",
            sync_interval=durable,
        )
        self.postgres_server = EmbeddedPostgres(
            self.files.postgres,
            self.port["postgres"],
            PASSWORD,
            self.folder / "log" / "postgres.log",
        )
        self.nodes = nodes.nodes(self.nats_server, self.folder, cluster, base + _CLUSTER_FROM)
        self.orders = Orders(self.port["control"])
        self.servers: dict[str, Server] = {}

    @property
    def nats_url(self) -> str:
        """The broker without the proxy between, for checks and for mending."""
        return ",".join(node.url for node in self.nodes)

    @property
    def postgres_dsn(self) -> str:
        """The product's database without the proxy between, as superuser."""
        return self.postgres_server.tcp_dsn("postgres", PASSWORD, "chuishao")

    async def start(self) -> None:
        """Bring everything up; ends what a killed run left in this folder first."""
        make_private_dir(self.folder)
        self._stack.enter_context(hold(self.folder))
        end_leftovers(self.folder)
        volume.detach_all(self.folder)
        self.point_at(self._source)
        self.files.attach()
        await self.run("accounts")
        self.servers = {
            "postgres": self._postgres(),
            **nodes.servers(self.nodes, self.folder),
            "proxy": Server(self._proxy(), self.folder),
        }
        await asyncio.gather(*(server.start() for server in self.servers.values()))
        self.servers["up"] = Server(self._up(), self.folder)
        (self.data_dir / "run.json").unlink(missing_ok=True)
        await self.servers["up"].start()
        self.files.sync()
        self.reread()

    async def stop(self) -> int | None:
        """Stop everything as its owner would, and leave nothing behind; returns the exit code of `up`."""
        code = None
        try:
            for name in reversed(self.servers):
                stopped = await asyncio.to_thread(self.servers[name].stop)
                code = stopped if name == "up" else code
        finally:
            end_leftovers(self.folder)
            volume.detach_all(self.folder)
            self._stack.close()
        return code

    def reread(self) -> None:
        """Read run.json again: process ids change when something was restarted."""
        self.info = json.loads((self.data_dir / "run.json").read_text("utf-8"))

    def token(self, role: str) -> dict[str, str]:
        """The header that signs somebody in."""
        return {"Authorization": f"Bearer {self.info['tokens'][role]}"}

    def pid(self, name: str) -> int | None:
        """Process id of a service's process or of a server; None while it is down."""
        if name in self.servers:
            return self.servers[name].pid
        self.reread()
        found: int | None = self.info["pids"].get(name)
        return found

    def processes(self, service: str) -> list[str]:
        """Names of the processes of a service."""
        return ports.process_names(service, REPLICAS.get(service, 1))

    def point_at(self, tree: Path) -> None:
        """Let whatever starts from now on run the code of another source tree."""
        new = self.tree.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.symlink_to(tree)
        new.replace(self.tree)

    async def reload_broker(self) -> None:
        """Let the broker read its files again; a paused one does when it goes on."""
        pid = self.pid("nats")
        if pid is not None:
            with suppress(ReloadError):
                await self.nats_server.reload(pid)

    async def set_max_connections(self, most: int | None) -> None:
        """Let the running broker take so many connections, None: as many as usual."""
        path = self.nats_server.root / "nats.conf"
        limit = f"max_connections: {most or self.nats_server.max_connections}"
        write_private(path, re.sub(r"max_connections: \d+", limit, path.read_text("utf-8")))
        await self.reload_broker()

    async def run(self, *words: str) -> str:
        """Run a command of the product on this installation; returns what it said.

        Raises AssertionError with its complaint when it fails.
        """
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "chuishao", *words, "--data-dir", str(self.data_dir)),
            cwd=self.tree,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said, _ = await program.communicate()
        if program.returncode != 0:
            raise AssertionError(f"chuishao {' '.join(words)}: {said.decode()[-2000:]}")
        return said.decode()

    def environment(self) -> dict[str, str]:
        """What the product's processes inherit: nothing of our own settings, and the tree they run."""
        mine = {name: text for name, text in os.environ.items() if not name.startswith("CHUISHAO_")}
        return mine | {
            **GENEROUS,
            "PYTHONPATH": str(self.tree),
            "CHUISHAO_LOG_LEVEL": "INFO",
            "CHUISHAO_STREAM_REPLICAS": str(len(self.nodes)),
            MARK: str(self.folder),
        }

    def _postgres(self) -> Server:
        spec = self.postgres_server.spec()
        return Server(with_settings(spec, self.files, self.postgres_server.user), self.folder)

    def _proxy(self) -> ProcessSpec:
        between = {name: (self.port[f"{name}_proxy"], self.port[name]) for name in SERVERS}
        return specs.proxy(self.folder / "log" / "proxy.log", self.port["control"], between)

    def _up(self) -> ProcessSpec:
        alone = len(self.nodes) == 1
        database = f"{PASSWORD}@{ports.HOST}:{self.port['postgres_proxy']}/postgres"
        places = {
            "nats": f"nats://{ports.HOST}:{self.port['nats_proxy']}" if alone else self.nats_url,
            "postgres": f"postgresql://postgres:{database}",
        }
        return specs.up(self.data_dir, self._base, places, self.environment(), self.tree)
