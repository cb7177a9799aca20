"""The broker of a lab: one nats-server, or several that form a cluster."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from chuishao import ports
from chuishao.embedded.nats import EmbeddedNats
from chuishao.files import make_private_dir, write_private
from tests.chaos.server import Server

_CLUSTER = """
cluster {{
  name: chuishao
  listen: "{host}:{port}"
  routes: [{routes}]
}}
"""


@dataclass(frozen=True, slots=True)
class Node(EmbeddedNats):
    """One nats-server of a cluster; `accounts_from` is the accounts file all of them read."""

    name: str = "n1"
    accounts_from: Path = Path()
    cluster_port: int = 0
    routes: tuple[int, ...] = field(default=())

    def config(self) -> str:
        """The configuration of a single server, with a name of its own and its neighbours."""
        alone = EmbeddedNats.config(self)
        named = alone.replace("server_name: chuishao\n", f"server_name: {self.name}\n")
        routes = ", ".join(f"nats://{ports.HOST}:{port}" for port in self.routes)
        return named + _CLUSTER.format(host=ports.HOST, port=self.cluster_port, routes=routes)

    def prepare(self) -> None:
        """Take the accounts all servers have."""
        make_private_dir(self.root)
        if self.accounts_from != self.accounts_path:
            write_private(self.accounts_path, self.accounts_from.read_text("utf-8"))
        EmbeddedNats.prepare(self)


def nodes(first: EmbeddedNats, folder: Path, count: int, free: int) -> list[EmbeddedNats]:
    """The servers of a lab; further ones keep their data below `folder`, on ports from `free` on."""
    if count == 1:
        return [first]
    cluster = [free + 3 * number for number in range(count)]
    roots = [first.root, *(folder / f"nats-{number}" for number in range(2, count + 1))]
    clients = [first.port, *(port + 1 for port in cluster[1:])]
    monitors = [first.monitor_port, *(port + 2 for port in cluster[1:])]
    return [
        Node(
            root=roots[number],
            port=clients[number],
            monitor_port=monitors[number],
            log=folder / "log" / f"nats-{number + 1}.log",
            sync_interval=first.sync_interval,
            name=f"n{number + 1}",
            accounts_from=first.accounts_path,
            cluster_port=cluster[number],
            routes=tuple(cluster),
        )
        for number in range(count)
    ]


def servers(found: list[EmbeddedNats], folder: Path) -> dict[str, Server]:
    """Their processes by name: `nats`, `nats-2` and so on."""
    return {
        "nats" if number == 1 else f"nats-{number}": Server(node.spec(), folder)
        for number, node in enumerate(found, 1)
    }
