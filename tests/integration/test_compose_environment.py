"""docker-compose.yml, started without Docker: its jobs, then its services, exactly as it says.

Commands, variables, health checks and order are the file's. Only hosts, ports and mounted folders
are replaced by those of this machine; PostgreSQL and nats-server are the real ones from wheels.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from chuishao import ports
from chuishao.embedded.nats import binary
from chuishao.embedded.postgres import EmbeddedPostgres
from chuishao.probe import http_ok
from chuishao.process import ProcessSpec, Restart
from chuishao.secrets import SERVICES
from chuishao.supervisor import StartError, Supervisor
from tests.support.compose import ROOT, Service, load, services, start_order
from tests.support.lane import base

MEASURING: Final = {"prometheus", "grafana"}
JOBS: Final = ("keys", "migrate", "provision", "directory")
LOOPBACK: Final = "127.0.0.1"


@dataclass(slots=True)
class Machine:
    """Stands in for Docker: knows where each host, port and volume of the file is here."""

    root: Path
    supervisor: Supervisor
    ports: ports.Ports
    services: dict[str, Service] = field(
        default_factory=lambda: {found.name: found for found in services(load())}
    )

    def folder(self, source: str) -> Path:
        """Where a path of the repository or a volume is; a volume where `keys` has it mounted."""
        if source.startswith("."):
            return ROOT / source
        inside = {mount.source: mount.target for mount in self.services["keys"].mounts}
        return self.root / inside.get(source, f"/volumes/{source}").lstrip("/")

    def here(self, service: Service, text: str) -> str:
        """A word of the file, with the names of this machine in it."""
        for mount in sorted(service.mounts, key=lambda mount: -len(mount.target)):
            place = re.compile(rf"(?<!\w){re.escape(mount.target)}(?=/|$)")
            text = place.sub(str(self.folder(mount.source)), text)
        text = text.replace("0.0.0.0", LOOPBACK)  # noqa: S104 - the text that is replaced
        for name in SERVICES:
            usual = self.services[name].environment["CHUISHAO_HTTP_PORT"]
            text = text.replace(f"{name}:{usual}", f"{LOOPBACK}:{self.ports[name]}")
            text = re.sub(rf"^{usual}$", str(self.ports[name]), text)
        text = text.replace("@postgres:5432", f"@{LOOPBACK}:{self.ports['postgres']}")
        return text.replace("//nats:4222", f"//{LOOPBACK}:{self.ports['nats']}")

    def environment(self, service: Service) -> dict[str, str]:
        """Exactly the variables of the file, and no other."""
        return {name: self.here(service, text) for name, text in service.environment.items()}

    def run(self, service: Service, *words: str) -> ProcessSpec:
        """A process of ours: the image's entry point and the words of `command`."""
        words = words or tuple(self.here(service, word) for word in service.command)
        return ProcessSpec(
            name=service.name,
            argv=(sys.executable, "-P", "-m", "chuishao", *words),
            log=self.root / "log" / f"{service.name}.log",
            cwd=self.root,
            env=self.environment(service),
            ready=lambda: self._healthy(service),
            ready_seconds=60.0,
            restart=Restart.NEVER,
        )

    async def start(self, *together: Service) -> None:
        """Start them, and wait for what others wait for: their health, or a job's end."""
        if not together[0].lasting:
            for job in together:
                await self.supervisor.finish(self.run(job))
            return
        own = {"postgres": self._postgres, "nats": self._nats}
        await self.supervisor.start(*(own.get(s.name, self.run)(s) for s in together))

    def _postgres(self, service: Service) -> ProcessSpec:
        password = Path(self.environment(service)["POSTGRES_PASSWORD_FILE"]).read_text("ascii")
        log = self.root / "log" / "postgres.log"
        place = self.root / "postgres"
        port = self.ports["postgres"]
        return EmbeddedPostgres(place, port, password, log, durable=False).spec()

    def _nats(self, service: Service) -> ProcessSpec:
        config = (ROOT / "deploy" / "nats.conf").read_text("utf-8")
        config = config.replace("0.0.0.0:4222", f"{LOOPBACK}:{self.ports['nats']}")
        config = config.replace(":8222", f":{self.ports['nats_monitor']}")
        config = config.replace('"/data"', f'"{self.here(service, "/data")}"')
        place = self.root / "etc-nats"
        place.mkdir()
        (place / "accounts").symlink_to(self.here(service, "/etc/nats/accounts"))
        (place / "nats.conf").write_text(config, "utf-8")
        return ProcessSpec(
            name="nats",
            argv=(str(binary()), *service.command[1:-1], str(place / "nats.conf")),
            log=self.root / "log" / "nats.log",
            ready=lambda: http_ok(LOOPBACK, self.ports["nats_monitor"], "/healthz"),
            restart=Restart.NEVER,
        )

    async def _healthy(self, service: Service) -> bool:
        program, *words = service.probe
        assert program == "python"
        asked = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            env=self.environment(service),
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await asked.wait() == 0


@pytest.fixture
def root() -> Iterator[Path]:
    """A short folder of its own: pytest's is too long for a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="chuishao-compose-")).resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def machine(root: Path) -> AsyncIterator[Machine]:
    """Nothing started yet; everything stopped afterwards."""
    supervisor = Supervisor(root, print)
    yield Machine(root, supervisor, ports.choose(base(26_900)))
    supervisor.ask_to_stop()
    await supervisor.stop()


async def test_everything_becomes_ready_in_the_order_and_with_the_words_of_the_file(
    machine: Machine,
) -> None:
    tools = machine.services["tools"]
    for service in start_order(load()):
        if service.name not in {*SERVICES, *MEASURING, "tools"}:
            await machine.start(service)
    # Compose starts together what waits for the same: none of the four waits for another.
    await machine.start(*(machine.services[name] for name in SERVICES))
    assert set(machine.supervisor.pids) == {*SERVICES, "keeper", "nats", "postgres"}
    for name in SERVICES:
        assert await http_ok(LOOPBACK, machine.ports[name], "/metrics")
    await machine.supervisor.finish(machine.run(tools, "provision", "--check"))
    await machine.supervisor.finish(machine.run(tools, "explain", "--text", "楼道里堆满了杂物"))
    # `docker compose up` once more runs the jobs once more; an upgrade may bring an empty volume for keys.
    shutil.rmtree(machine.folder("keys-keeper"))
    await machine.start(*(machine.services[name] for name in JOBS))
    await machine.supervisor.finish(machine.run(tools, "provision", "--check"))
    assert (machine.folder("keys") / "run.json").stat().st_mode & 0o777 == 0o600


async def test_a_service_that_is_not_told_enough_ends_and_names_what_is_missing(
    machine: Machine,
) -> None:
    told = machine.services["router"].raw["environment"]
    del told["CHUISHAO_SECRETS_DIR"]
    with pytest.raises(StartError, match="postgres_password"):
        await machine.supervisor.finish(machine.run(machine.services["router"]))
