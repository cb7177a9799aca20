"""Every fault the lab can strike, by kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tests.chaos import site
from tests.chaos.faults import credentials, disks, network, rot
from tests.chaos.faults.broker import ConsumerDeleted
from tests.chaos.faults.clocks import BusinessClock, MachineClock
from tests.chaos.faults.fault import Fault
from tests.chaos.faults.power import PowerCut
from tests.chaos.faults.processes import KillServer, KillService, Pause
from tests.chaos.faults.rollout import VERSIONS, Rollout

_SERVICES: Final = ("intake", "router", "notifier", "console")
_SERVERS: Final = ("nats", "postgres")
_NETWORK: Final = (
    network.Partition,
    network.DeafPartition,
    network.HalfOpen,
    network.CutOff,
    network.Slow,
)

FAULTS: Final[Mapping[str, Fault]] = {
    fault.kind: fault
    for fault in (
        *(KillService(name) for name in _SERVICES),
        *(KillServer(name) for name in _SERVERS),
        *(Pause(name) for name in (*_SERVICES, *_SERVERS)),
        PowerCut("power_cut_nats", "nats"),
        PowerCut("power_cut_postgres", "postgres"),
        PowerCut("power_cut_both", *_SERVERS),
        rot.StoreDeleted(),
        rot.BitFlipped(),
        rot.BitFlippedIndexGone(),
        rot.Truncated(),
        disks.BrokerDiskFull(),
        disks.StreamFull(),
        disks.DatabaseDiskFull("disk_full_postgres", "database"),
        disks.DatabaseDiskFull("disk_full_wal", "wal"),
        *(trouble(server) for trouble in _NETWORK for server in _SERVERS),
        ConsumerDeleted(),
        credentials.WrongKey(),
        credentials.WrongPassword(),
        credentials.TooManyForBroker(),
        credentials.TooManyForDatabase(),
        BusinessClock(),
        MachineClock(),
        *(Rollout(version) for version in VERSIONS),
    )
}


def not_here(faults: Iterable[site.Fault] = tuple(FAULTS.values())) -> dict[str, str]:
    """Kinds that cannot be struck on this machine, each with the reason."""
    return {fault.kind: why for fault in faults if (why := fault.needs()) is not None}
