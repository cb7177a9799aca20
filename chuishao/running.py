"""Commands beside a running `up`: they find it through its run.json and its secrets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from chuishao import broker, provisioning, runfile
from chuishao.database import bring_up_to_date
from chuishao.directory import read_roster
from chuishao.dsn import Dsn
from chuishao.files import make_private_dir
from chuishao.installation import storage_url
from chuishao.provisioning import Installed
from chuishao.runfile import NotRunningError, RunInfo
from chuishao.scratch import scratch_database
from chuishao.secrets import OPS_USER, SEED_FILE, VAULT_ROLE, Secrets, seed_file
from chuishao.signins import nats_users, sign_in_tokens


async def migrate(data_dir: Path, dsn: str | None, *, simulated: bool) -> list[str]:
    """Bring a database up to date; without `dsn` that of the running installation."""
    address = dsn or runfile.read(data_dir).postgres
    secrets = Secrets.load_or_create(make_private_dir(data_dir))
    return await bring_up_to_date(Dsn.parse(address), secrets, simulated=simulated)


@asynccontextmanager
async def scratch(data_dir: Path, dsn: str | None) -> AsyncIterator[Dsn]:
    """An empty, migrated database beside the live one; dropped on leaving."""
    address = dsn or runfile.read(data_dir).postgres
    secrets = Secrets.load_or_create(make_private_dir(data_dir))
    async with scratch_database(Dsn.parse(address), secrets) as place:
        yield place


async def provision(  # noqa: PLR0913 - one parameter per flag of the command
    data_dir: Path,
    directory: Path,
    url: str | None,
    *,
    check: bool = False,
    prune: bool = False,
    rotate: str | None = None,
    retire: str | None = None,
) -> list[str]:
    """Make accounts, streams and consumers match a directory; return what differed.

    With `check` nothing changes. `rotate` and `retire` are about the key of one NATS user. A running
    installation also gets its run.json renewed, so that new units can sign in.
    """
    info = _running(data_dir)
    address = url or (info.nats if info else None)
    if address is None:
        raise NotRunningError(data_dir)
    place = Installed(make_private_dir(data_dir), address, read_roster(directory))
    if check:
        return await provisioning.check(place)
    if rotate:
        changes = [f"key {await provisioning.rotate(place, rotate)}: two valid keys"]
    elif retire:
        changes = [f"key {await provisioning.retire(place, retire)}: one valid key"]
    else:
        changes = await provisioning.provision(place, prune=prune)
    if info is not None:
        secrets = place.secrets()
        tokens = sign_in_tokens(place.roster, secrets)
        users = nats_users(place.roster, secrets)
        replace(info, tokens=tokens, nats_users=users).write(data_dir)
    return changes


def keeper_place(data_dir: Path, nats: str | None, secrets: Path | None) -> tuple[str, Path]:
    """Address of the broker to keep, and the file of its key: as told, else the running installation's.

    Raises NotRunningError.
    """
    url = nats or runfile.read(data_dir).nats
    if secrets is not None:
        return url, secrets / SEED_FILE
    return url, seed_file(Secrets.load_or_create(data_dir).root, OPS_USER)


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


def service_settings(data_dir: Path, service: str) -> dict[str, str]:
    """Settings of a service of the running installation; empty where none runs, then our environment holds."""
    info = _running(data_dir)
    return _service_settings(info, data_dir, service) if info else {}


def is_running(data_dir: Path) -> bool:
    """True where a run.json says that an installation runs."""
    return _running(data_dir) is not None


def _running(data_dir: Path) -> RunInfo | None:
    try:
        return runfile.read(data_dir)
    except NotRunningError:
        return None


def _service_settings(info: RunInfo, data_dir: Path, service: str) -> dict[str, str]:
    url: str = getattr(info, service)
    admin = Dsn.parse(info.postgres)
    vault = {"CHUISHAO_VAULT_DSN": admin.of_role(VAULT_ROLE)} if service == "intake" else {}
    return vault | {
        "CHUISHAO_POSTGRES_DSN": admin.of_role(f"chuishao_{service}"),
        "CHUISHAO_NATS_URL": info.nats,
        "CHUISHAO_SECRETS_DIR": str(data_dir.resolve() / "secrets" / service),
        "CHUISHAO_HTTP_PORT": url.rpartition(":")[2],
        "CHUISHAO_INTAKE_URL": info.intake,
        "CHUISHAO_ROUTER_URL": info.router,
        "CHUISHAO_NOTIFIER_URL": info.notifier,
        "CHUISHAO_STORAGE": storage_url(data_dir),
    }
