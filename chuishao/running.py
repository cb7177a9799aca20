"""Commands beside a running `up`: they find it through its run.json and its secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from chuishao import broker, runfile
from chuishao.database import bring_up_to_date
from chuishao.directory import read_roster
from chuishao.dsn import Dsn
from chuishao.files import make_private_dir
from chuishao.runfile import NotRunningError, RunInfo
from chuishao.secrets import Secrets
from chuishao.signins import nats_users, sign_in_tokens


class RouterRefusedError(RuntimeError):
    """The router's own program would not do it; the message says why."""


async def migrate(data_dir: Path, dsn: str | None, *, simulated: bool) -> list[str]:
    """Bring a database up to date; without `dsn` that of the running installation."""
    address = dsn or runfile.read(data_dir).postgres
    secrets = Secrets.load_or_create(make_private_dir(data_dir))
    return await bring_up_to_date(Dsn.parse(address), secrets, simulated=simulated)


async def provision(data_dir: Path, directory: Path, url: str | None, *, check: bool) -> list[str]:
    """Make accounts, streams and consumers match a directory; return what differed.

    With `check` nothing changes. A running installation also gets its run.json renewed, so that
    new units can sign in.
    """
    info = _running(data_dir)
    address = url or (info.nats if info else None)
    if address is None:
        raise NotRunningError(data_dir)
    roster = read_roster(directory)
    secrets = Secrets.load_or_create(
        make_private_dir(data_dir),
        units=roster.nats_units,
        readers=[reader.code for reader in roster.readers],
    )
    changes = []
    if not check and broker.write_accounts(data_dir, roster, secrets):
        await broker.reload(address, secrets)
        changes.append("accounts")
    changes += await broker.provision(address, roster, secrets, check=check)
    if info is not None and not check:
        tokens = sign_in_tokens(roster, secrets.token_private_key)
        replace(info, tokens=tokens, nats_users=nats_users(roster, secrets)).write(data_dir)
    return changes


def write_accounts(data_dir: Path, directory: Path) -> Path:
    """Write secrets and the accounts file for a nats-server that is not ours; return its path."""
    roster = read_roster(directory)
    secrets = Secrets.load_or_create(
        make_private_dir(data_dir),
        units=roster.nats_units,
        readers=[reader.code for reader in roster.readers],
    )
    broker.write_accounts(data_dir, roster, secrets)
    return broker.accounts_path(data_dir)


def load_directory(data_dir: Path, folder: Path) -> int:
    """Let the router's own program publish a directory; return its exit code."""
    command, environment = _router_program(data_dir, "load", str(folder.resolve()))
    return subprocess.run(command, env=environment, check=False).returncode


def is_running(data_dir: Path) -> bool:
    """True where a run.json says that an installation runs."""
    return _running(data_dir) is not None


def ask_router(data_dir: Path, *words: str) -> dict[str, Any]:
    """Let the router's own program do something and return the JSON object it prints.

    What it says on standard error is shown. Raises RouterRefusedError with its reason.
    """
    command, environment = _router_program(data_dir, *words)
    done = subprocess.run(command, env=environment, check=False, stdout=subprocess.PIPE)
    lines = done.stdout.decode().strip().splitlines()
    if not lines:
        raise RouterRefusedError(
            "派单服务的程序没有应答，请看上面的错误 / the router's program failed; see above"
        )
    answer: dict[str, Any] = json.loads(lines[-1])
    if done.returncode:
        raise RouterRefusedError(answer["refused"])
    return answer


def _router_program(data_dir: Path, *words: str) -> tuple[list[str], dict[str, str]]:
    """Its command line, and the settings of the running installation or those of our environment."""
    info = _running(data_dir)
    command = [sys.executable, "-P", "-m", "services.router", *words]
    return command, {**os.environ, **(_router_settings(info, data_dir) if info else {})}


def _running(data_dir: Path) -> RunInfo | None:
    try:
        return runfile.read(data_dir)
    except NotRunningError:
        return None


def _router_settings(info: RunInfo, data_dir: Path) -> dict[str, str]:
    return {
        "CHUISHAO_POSTGRES_DSN": Dsn.parse(info.postgres).of_role("chuishao_router"),
        "CHUISHAO_NATS_URL": info.nats,
        "CHUISHAO_SECRETS_DIR": str(data_dir.resolve() / "secrets" / "router"),
        "CHUISHAO_HTTP_PORT": info.router.rpartition(":")[2],
        "CHUISHAO_INTAKE_URL": info.intake,
        "CHUISHAO_ROUTER_URL": info.router,
        "CHUISHAO_NOTIFIER_URL": info.notifier,
    }
