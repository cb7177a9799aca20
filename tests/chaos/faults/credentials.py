"""Credentials that are wrong for a while, and servers that take no more clients (A.1 row 24, D.7 35)."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING, Any, Final

import nkeys

from chuishao.files import write_private
from chuishao.secrets import PUBLISHERS
from tests.chaos.faults.fault import Fault
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
        service = rng.choice(_SERVICES)
        users = [service, *([f"{service}-relay"] if service in PUBLISHERS else [])]
        swapped = {_public(_seed(lab, user)): _public(_new_seed()) for user in users}
        lab.struck[self.kind] = {new: old for old, new in swapped.items()}
        await _swap(lab, swapped)
        return {"users": users}

    async def heal(self, lab: Lab) -> None:
        """The right keys are back."""
        await _swap(lab, lab.struck[self.kind])
        del lab.struck[self.kind]


class WrongPassword(Fault):
    """The database knows other passwords than the service has, and then again the right ones."""

    kind = "wrong_password"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Change the password of a service's roles and hang up on them."""
        roles = _roles(rng.choice(_SERVICES))
        async with superuser(lab.postgres_dsn) as conn:
            found = await conn.fetch(SQL_ROLES, roles)
            lab.struck[self.kind] = {row["rolname"]: row["rolpassword"] for row in found}
            for role in lab.struck[self.kind]:
                await conn.execute(await conn.fetchval(SQL_SAY_PASSWORD, role, os.urandom(9).hex()))
            closed = len(await conn.fetch(SQL_HANG_UP, roles))
        return {"roles": sorted(lab.struck[self.kind]), "closed": closed}

    async def heal(self, lab: Lab) -> None:
        """Put the stored passwords back as they were."""
        async with superuser(lab.postgres_dsn) as conn:
            for role, password in lab.struck[self.kind].items():
                await conn.execute(await conn.fetchval(SQL_SAY_PASSWORD, role, password))
        del lab.struck[self.kind]


class TooManyForBroker(Fault):
    """The broker takes only a few connections and hangs up on the others."""

    kind = "max_connections_nats"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:  # noqa: ARG002 - nothing to draw
        """Lower its limit while it runs."""
        await lab.set_max_connections(_FEW)
        return {"max_connections": _FEW}

    async def heal(self, lab: Lab) -> None:
        """Give it back the limit it had."""
        await lab.set_max_connections(None)


class TooManyForDatabase(Fault):
    """The database refuses new connections of a service: 53300, too many of them."""

    kind = "max_connections_postgres"

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Let the roles of a service have no connection, and hang up on those there are."""
        roles = _roles(rng.choice(_SERVICES))
        async with superuser(lab.postgres_dsn) as conn:
            found = await conn.fetch(SQL_ROLES, roles)
            lab.struck[self.kind] = {row["rolname"]: row["rolconnlimit"] for row in found}
            for role in lab.struck[self.kind]:
                await conn.execute(await conn.fetchval(SQL_SAY_LIMIT, role, 0))
            closed = len(await conn.fetch(SQL_HANG_UP, roles))
        return {"roles": sorted(lab.struck[self.kind]), "closed": closed}

    async def heal(self, lab: Lab) -> None:
        """As many as before."""
        async with superuser(lab.postgres_dsn) as conn:
            for role, limit in lab.struck[self.kind].items():
                await conn.execute(await conn.fetchval(SQL_SAY_LIMIT, role, limit))
        del lab.struck[self.kind]


def _roles(service: str) -> list[str]:
    """The database roles of a service; those that do not exist do no harm here."""
    return [
        f"chuishao_{service}",
        f"chuishao_{service}_worker",
        *(["chuishao_vault"] if service == "intake" else []),
    ]


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
