"""Credentials that are wrong for a while, and servers that take no more clients (A.1 row 24, D.7 35)."""

from __future__ import annotations

import json
import os
from http import HTTPStatus
from random import Random
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import nkeys

from chuishao import ports
from chuishao.files import write_private
from chuishao.nats_client import BrokerUnreachableError, connected
from chuishao.probe import http_get
from chuishao.secrets import PUBLISHERS
from tests.chaos.faults.fault import Fault, FaultMissedError
from tests.chaos.faults.processes import running
from tests.chaos.mending import superuser

if TYPE_CHECKING:
    from tests.chaos.lab import Lab

_SERVICES: Final = ("intake", "router", "notifier", "console")
_FEW: Final = 3
SQL_ROLES: Final = (
    "select rolname, rolpassword, rolconnlimit from pg_authid where rolname = any($1)"
)
SQL_SAY_PASSWORD: Final = "select format('alter role %I password %L', $1::text, $2::text)"
SQL_SAY_LIMIT: Final = "select format('alter role %I connection limit %s', $1::text, $2::int)"
SQL_HANG_UP: Final = (
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = any($1)"
)


class WrongKey(Fault):
    """The broker knows other keys than the service has, and then again the right ones."""

    kind = "wrong_nkey"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Replace the public keys of a service and of its relay, and make the server read them."""
        running(lab, "nats")
        service = rng.choice(_SERVICES)
        users = [service, *([f"{service}-relay"] if service in PUBLISHERS else [])]
        swapped = {_public(_seed(lab, user)): _public(_new_seed()) for user in users}
        lab.struck[self.kind] = {new: old for old, new in swapped.items()}
        await _swap(lab, swapped)
        for user in users:
            await _refused(lab, user)
        return {"users": users}

    async def heal(self, lab: Lab) -> None:
        """The right keys are back."""
        if self.kind in lab.struck:
            await _swap(lab, lab.struck[self.kind])
            del lab.struck[self.kind]


class WrongPassword(Fault):
    """The database knows other passwords than the service has, and then again the right ones."""

    kind = "wrong_password"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Change the password of a service's roles and hang up on them."""
        running(lab, "postgres")
        roles = _roles(rng.choice(_SERVICES))
        async with superuser(lab.postgres_dsn) as conn:
            found = await conn.fetch(SQL_ROLES, roles)
            lab.struck[self.kind] = {row["rolname"]: row["rolpassword"] for row in found}
            for role in lab.struck[self.kind]:
                await conn.execute(await conn.fetchval(SQL_SAY_PASSWORD, role, os.urandom(9).hex()))
            closed = await _hang_up(conn, roles)
        return {"roles": sorted(lab.struck[self.kind]), "closed": closed}

    async def heal(self, lab: Lab) -> None:
        """Put the stored passwords back as they were."""
        async with superuser(lab.postgres_dsn) as conn:
            for role, password in lab.struck.get(self.kind, {}).items():
                await conn.execute(await conn.fetchval(SQL_SAY_PASSWORD, role, password))
        lab.struck.pop(self.kind, None)


class TooManyForBroker(Fault):
    """The broker takes only a few connections and hangs up on the others."""

    kind = "max_connections_nats"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:  # noqa: ARG002 - nothing to draw
        """Lower its limit while it runs."""
        running(lab, "nats")
        before = (await _monitored(lab))["connections"]
        await lab.set_max_connections(_FEW)
        now = (await _monitored(lab))["max_connections"]
        if before <= _FEW or now != _FEW:
            raise FaultMissedError(f"{before} were connected, {now} may be")
        return {"max_connections": _FEW, "were": before}

    async def heal(self, lab: Lab) -> None:
        """Give it back the limit it had."""
        await lab.set_max_connections(None)


class TooManyForDatabase(Fault):
    """The database refuses new connections of a service: 53300, too many of them."""

    kind = "max_connections_postgres"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Let the roles of a service have no connection, and hang up on those there are."""
        running(lab, "postgres")
        roles = _roles(rng.choice(_SERVICES))
        async with superuser(lab.postgres_dsn) as conn:
            found = await conn.fetch(SQL_ROLES, roles)
            lab.struck[self.kind] = {row["rolname"]: row["rolconnlimit"] for row in found}
            for role in lab.struck[self.kind]:
                await conn.execute(await conn.fetchval(SQL_SAY_LIMIT, role, 0))
            closed = await _hang_up(conn, roles)
        return {"roles": sorted(lab.struck[self.kind]), "closed": closed}

    async def heal(self, lab: Lab) -> None:
        """As many as before."""
        async with superuser(lab.postgres_dsn) as conn:
            for role, limit in lab.struck.get(self.kind, {}).items():
                await conn.execute(await conn.fetchval(SQL_SAY_LIMIT, role, limit))
        lab.struck.pop(self.kind, None)


def _roles(service: str) -> list[str]:
    """The database roles of a service; those that do not exist do no harm here."""
    return [
        f"chuishao_{service}",
        f"chuishao_{service}_worker",
        *(["chuishao_vault"] if service == "intake" else []),
    ]


async def _hang_up(conn: asyncpg.Connection[asyncpg.Record], roles: list[str]) -> int:
    """End the connections of roles; return how many. Raises FaultMissedError when there was none."""
    closed = len(await conn.fetch(SQL_HANG_UP, roles))
    if not closed:
        raise FaultMissedError(f"{', '.join(roles)}: nobody was connected")
    return closed


async def _monitored(lab: Lab) -> dict[str, Any]:
    """What the broker tells of itself. Raises FaultMissedError when it says nothing."""
    status, body = await http_get(ports.HOST, lab.port["nats_monitor"], "/varz")
    if status != HTTPStatus.OK:
        raise FaultMissedError("the broker does not answer")
    told: dict[str, Any] = json.loads(body)
    return told


async def _refused(lab: Lab, user: str) -> None:
    """Raises FaultMissedError when the broker still takes a user's key."""
    try:
        async with connected(lab.nats_url, _seed(lab, user)):
            pass
    except BrokerUnreachableError:
        return
    raise FaultMissedError(f"the broker still takes the key of {user}")


def _seed(lab: Lab, user: str) -> str:
    service, _, part = user.partition("-")
    name = "chuishao_relay_seed" if part else "chuishao_nats_seed"
    return (lab.data_dir / "secrets" / service / name).read_text("ascii").strip()


def _new_seed() -> str:
    seed: bytes = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
    return seed.decode("ascii")


def _public(seed: str) -> str:
    key: bytes = nkeys.from_seed(bytearray(seed, "ascii")).public_key
    return key.decode("ascii")


async def _swap(lab: Lab, keys: dict[str, str]) -> None:
    """Replace public keys in the accounts file; a server that runs reads it at once."""
    path = lab.nats_server.accounts_path
    text = path.read_text("utf-8")
    for old, new in keys.items():
        text = text.replace(old, new)
    write_private(path, text)
    await lab.reload_broker()
