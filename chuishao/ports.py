"""Which ports one installation uses: the usual ones, or free ones where those are taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

HOST = "127.0.0.1"
DEFAULT_BASE = 8700
# Distance from the base of each port that has a fixed place.
OFFSETS = {
    "console": 0,
    "intake": 1,
    "router": 2,
    "notifier": 3,
    "nats": 22,
    "nats_monitor": 23,
    "postgres": 32,
}
_SPARE_OFFSET = 100
_LOWEST, _HIGHEST = 1_024, 65_535


@dataclass(frozen=True, slots=True)
class Ports:
    """The chosen ports by name; further processes of a service are called `router-2` and so on."""

    by_name: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        """Return the port of a service, a server or a further process."""
        return self.by_name[name]


def process_names(service: str, count: int) -> list[str]:
    """Name the processes of a service: `router`, `router-2` and so on."""
    return [service, *(f"{service}-{number}" for number in range(2, count + 1))]


def choose(base: int = DEFAULT_BASE, replicas: Mapping[str, int] | None = None) -> Ports:
    """Give every name its usual port, or the next free one where somebody else listens.

    `replicas` says how many processes a service has. Raises ValueError for a base without room
    and RuntimeError when no port is free.
    """
    if not _LOWEST <= base <= _HIGHEST - 2 * _SPARE_OFFSET:
        msg = (
            f"--port-base must be between {_LOWEST} and {_HIGHEST - 2 * _SPARE_OFFSET}, not {base}"
        )
        raise ValueError(msg)
    spare = _spare_ports(base)
    chosen: dict[str, int] = {}
    for name, offset in OFFSETS.items():
        usual = base + offset
        chosen[name] = usual if is_free(usual) else next(spare)
    for service, count in (replicas or {}).items():
        for name in process_names(service, count)[1:]:
            chosen[name] = next(spare)
    return Ports(chosen)


def is_free(port: int) -> bool:
    """Say whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _spare_ports(base: int) -> Iterator[int]:
    for port in range(base + _SPARE_OFFSET, _HIGHEST):
        if is_free(port):
            yield port
    msg = "no free port left on this machine"
    raise RuntimeError(msg)
