"""Prepares an installation whose servers and services somebody else starts: compose, Kubernetes.

It leaves in the data directory what `chuishao up` leaves there: secrets, the accounts file for
nats-server and run.json, through which every other command finds the installation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from chuishao import broker
from chuishao.directory import read_roster
from chuishao.dsn import Dsn
from chuishao.files import make_private_dir
from chuishao.runfile import RunInfo
from chuishao.secrets import SERVICES, SUPERUSER, Secrets
from chuishao.signins import nats_users, service_roles, sign_in_tokens
from chuishao.tokens import DEPLOYED_LIFETIME_S, issue

SERVICE_LIFETIME_S: Final = 366 * 86_400
"""A service reads its token when it starts: it has to last until the next `prepare` and restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where everything will answer, as URLs; `postgres` is an administrator's DSN.

    A DSN without a password means the superuser's, which is made here: the server reads it from
    `secrets/postgres/postgres` when it starts for the first time.
    """

    console: str
    intake: str
    router: str
    notifier: str
    nats: str
    postgres: str


def prepare(data_dir: Path, directory: Path, addresses: Addresses) -> Path:
    """Write what has to be there before any server starts; return the path of run.json.

    Safe to repeat: secrets are kept, sign-ins and the services' tokens are issued anew. Raises
    DirectoryRefusedError, ValueError for a DSN that is none, OSError.
    """
    admin = Dsn.parse(addresses.postgres)
    roster = read_roster(directory)
    secrets = Secrets.load_or_create(
        make_private_dir(data_dir),
        units=roster.nats_units,
        readers=[reader.code for reader in roster.readers],
    )
    broker.write_accounts(data_dir, roster, secrets)
    _issue_service_tokens(secrets)
    if not admin.password:
        admin = replace(admin, password=secrets.passwords[SUPERUSER])
    info = RunInfo(
        console=addresses.console,
        intake=addresses.intake,
        router=addresses.router,
        notifier=addresses.notifier,
        nats=addresses.nats,
        postgres=admin.text(database=admin.our_database),
        tokens=sign_in_tokens(roster, secrets, lifetime_s=DEPLOYED_LIFETIME_S),
        nats_users=nats_users(roster, secrets),
        pids={},
    )
    return info.write(data_dir)


def _issue_service_tokens(secrets: Secrets) -> None:
    for service in SERVICES:
        token = issue(
            secrets.token_private_key,
            f"service:{service}",
            service_roles(service),
            lifetime_s=SERVICE_LIFETIME_S,
        )
        secrets.store_service_token(service, token)
