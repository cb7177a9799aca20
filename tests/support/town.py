"""A running nats-server with the accounts of a directory made by hand."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from chuishao import ports
from chuishao.broker import write_accounts
from chuishao.directory import ReaderEntry, Roster, UnitEntry
from chuishao.embedded.nats import EmbeddedNats
from chuishao.provisioning import Installed
from chuishao.secrets import Secrets
from chuishao.supervisor import Supervisor
from tests.support.lane import base

ONE: Final = Roster((UnitEntry("U-1", nats=True), UnitEntry("U-9", nats=False)), (), ())
TWO: Final = replace(
    ONE,
    units=(*ONE.units, UnitEntry("U-2", nats=True)),
    readers=(ReaderEntry("HALL", "370105"),),
)


@dataclass
class Town:
    """A running nats-server, provisioned for some directory."""

    place: Installed
    server: EmbeddedNats
    supervisor: Supervisor

    @property
    def url(self) -> str:
        """Where clients connect."""
        return self.server.url

    def of(self, roster: Roster) -> Installed:
        """The same installation with another directory."""
        return replace(self.place, roster=roster)

    def secrets(self, roster: Roster = TWO) -> Secrets:
        """Its keys, with those of that directory's offices."""
        return self.of(roster).secrets()


@asynccontextmanager
async def running(roster: Roster, **settings: Any) -> AsyncIterator[Town]:
    """Started with that directory's accounts, and not provisioned."""
    folder = Path(tempfile.mkdtemp(prefix="chuishao-accounts-"))
    chosen = ports.choose(base(25_100))
    server = EmbeddedNats(
        folder / "nats", chosen["nats"], chosen["nats_monitor"], folder / "nats.log", **settings
    )
    town = Town(Installed(folder, server.url, roster), server, Supervisor(folder, print))
    write_accounts(folder, roster, town.place.secrets())
    try:
        await town.supervisor.start(server.spec())
        yield town
    finally:
        town.supervisor.ask_to_stop()
        await town.supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)
