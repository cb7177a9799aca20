"""Every fault the lab can strike, by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.chaos.faults.fault import Fault
from tests.chaos.faults.processes import KillServer, KillService, Pause

_SERVICES: Final = ("intake", "router", "notifier", "console")
_SERVERS: Final = ("nats", "postgres")

FAULTS: Final[Mapping[str, Fault]] = {
    fault.kind: fault
    for fault in (
        *(KillService(name) for name in _SERVICES),
        *(KillServer(name) for name in _SERVERS),
        *(Pause(name) for name in (*_SERVICES, *_SERVERS)),
    )
}
