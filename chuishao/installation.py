"""One installation: where its data, servers, ports and secrets are, and how its services start."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Final

from chuishao.channels import channels_file
from chuishao.dsn import Dsn
from chuishao.ports import HOST, Ports, process_names
from chuishao.probe import http_ok
from chuishao.process import ProcessSpec, ReadyCheck, Restart, StopStep
from chuishao.secrets import SERVICES, VAULT_ROLE, Secrets

# A service drains its requests, its messages and its relay one after the other (kit/runner.py).
_DRAIN_S = 40.0
_READY_S = 90.0
KEEPING_FILES: Final = ("intake", "router")
"""Services that keep what people send (kit/attachments)."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What is known once ports are chosen and secrets made. `admin` may create databases."""

    data_dir: Path
    ports: Ports
    secrets: Secrets
    admin: Dsn
    nats_url: str

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self.data_dir / "log" / f"{name}.log"

    def url(self, name: str) -> str:
        """Return the HTTP address of a service or of one of its further processes."""
        return f"http://{HOST}:{self.ports[name]}"

    def command(self, service: str, *words: str) -> tuple[str, ...]:
        """Return the command line of a service; `-P` keeps the current folder out of imports."""
        return (sys.executable, "-P", "-m", f"services.{service}", *words)

    def environment(self, service: str, process: str | None = None) -> dict[str, str]:
        """Return the environment of a service: ours, and `CHUISHAO_*` settings on top."""
        settings = {
            "POSTGRES_DSN": self.admin.of_role(f"chuishao_{service}"),
            "NATS_URL": self.nats_url,
            "SECRETS_DIR": str(self.secrets.folder(service)),
            "HTTP_HOST": HOST,
            "HTTP_PORT": str(self.ports[process or service]),
            "INTAKE_URL": self.url("intake"),
            "ROUTER_URL": self.url("router"),
            "NOTIFIER_URL": self.url("notifier"),
        }
        settings["AUDIT_ANCHORS"] = anchors_folder(self.data_dir)
        if service in KEEPING_FILES:
            settings["STORAGE"] = storage_url(self.data_dir)
        if service == "notifier":
            settings["CHANNELS_FILE"] = str(channels_file(self.data_dir))
        if service == "intake":
            settings["VAULT_DSN"] = self.admin.of_role(VAULT_ROLE)
        return {**os.environ, **{f"CHUISHAO_{name}": text for name, text in settings.items()}}

    def specs(self, replicas: Mapping[str, int]) -> list[ProcessSpec]:
        """Describe the processes of all services; `replicas` is how many a service has."""
        return [
            self._spec(service, process)
            for service in SERVICES
            for process in process_names(service, replicas.get(service, 1))
        ]

    def _spec(self, service: str, process: str) -> ProcessSpec:
        return ProcessSpec(
            name=process,
            argv=self.command(service),
            log=self.log(process),
            env=self.environment(service, process),
            ready=_answers(self.ports[process], "/readyz"),
            alive=_answers(self.ports[process], "/healthz"),
            ready_seconds=_READY_S,
            stop=(StopStep(Signals.SIGTERM, _DRAIN_S),),
            orphaned=Signals.SIGKILL,
            restart=Restart.ALWAYS,
        )


def storage_url(data_dir: Path) -> str:
    """Return where services keep files, each in a folder of its own, unless a bucket was named."""
    return os.environ.get("CHUISHAO_STORAGE") or (data_dir.resolve() / "attachments").as_uri()


def anchors_folder(data_dir: Path) -> str:
    """Return where services copy the anchors of the audit chain to, unless another volume was named."""
    return os.environ.get("CHUISHAO_AUDIT_ANCHORS") or str(data_dir.resolve() / "anchors")


def _answers(port: int, path: str) -> ReadyCheck:
    async def ready() -> bool:
        return await http_ok(HOST, port, path)

    return ready
