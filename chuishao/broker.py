"""NATS from outside the services: the accounts file, its reload, streams and consumers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from chuishao.account_check import blocks
from chuishao.broker_check import refuse_unsafe
from chuishao.directory import Roster
from chuishao.files import make_private_dir, write_private
from chuishao.nats_client import KeyRefusedError, connected
from chuishao.secrets import OPS_USER, SYSTEM_USER, Secrets
from chuishao.system_account import everyone

ACCOUNTS_FILE: Final = "accounts.conf"
"""Included by the server's own configuration, which lies beside it or above it."""
_TIMEOUT_S: Final = 5.0
_RELOADS: Final = 2


class ReloadRefusedError(RuntimeError):
    """A nats-server did not take the new accounts file; the message is its own."""


def accounts_path(data_dir: Path) -> Path:
    """Return where the accounts file of an installation is kept."""
    return data_dir / "nats" / ACCOUNTS_FILE


def write_accounts(data_dir: Path, roster: Roster, secrets: Secrets) -> bool:
    """Write the accounts file for everybody in the directory; say whether it changed."""
    path = accounts_path(data_dir)
    text = rendered(roster, secrets)
    make_private_dir(path.parent)
    if path.exists() and path.read_text("utf-8") == text:
        return False
    write_private(path, text)
    return True


def stale_accounts(data_dir: Path, roster: Roster, secrets: Secrets) -> list[str]:
    """Say in what the accounts file is not what the directory and the keys would make it."""
    path = accounts_path(data_dir)
    text = rendered(roster, secrets)
    found = path.read_text("utf-8") if path.exists() else ""
    if found == text:
        return []
    are, shall = blocks(found), blocks(text)
    city = found.partition('\n  "')[0] != text.partition('\n  "')[0]
    both = sorted(are.keys() & shall.keys())
    return [
        *(f"{ACCOUNTS_FILE} {name}: missing" for name in sorted(shall.keys() - are.keys())),
        *(f"{ACCOUNTS_FILE} {name}: not in the directory" for name in sorted(are.keys() - shall)),
        *(f"{ACCOUNTS_FILE} {name}: differs" for name in both if are[name] != shall[name]),
        *([f"{ACCOUNTS_FILE}: the city's own part differs"] if city else []),
    ]


def rendered(roster: Roster, secrets: Secrets) -> str:
    """The accounts file that the directory and the keys make."""
    from kit.accounts import render_accounts

    return render_accounts(
        roster.nats_units, roster.readers, secrets.public_keys(), secrets.second_public_keys()
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """The accounts that all running servers know, and when the one that has read its file longest ago did so."""

    accounts: frozenset[str]
    read_at: datetime

    def lags(self, data_dir: Path) -> bool:
        """True where the accounts file was written after a server read it, by whatever command."""
        written = accounts_path(data_dir).stat().st_mtime
        return datetime.fromtimestamp(written, UTC) > self.read_at


async def standing(url: str, secrets: Secrets) -> Standing:
    """Ask the running servers; raises BrokerUnreachableError, TimeoutError."""
    async with connected(url, secrets.seeds[SYSTEM_USER]) as client:
        settings = await everyone(client, "VARZ")
        accounts = await everyone(client, "ACCOUNTZ")
    return Standing(
        frozenset.intersection(*(frozenset(one.data["accounts"]) for one in accounts)),
        min(datetime.fromisoformat(one.data["config_load_time"]) for one in settings),
    )


async def provision(
    url: str, roster: Roster, secrets: Secrets, *, check: bool = False, prune: bool = False
) -> list[str]:
    """Make streams and consumers what they should be, or only say what differs.

    A server that refuses the key of `ops` reads the accounts file again first, unless only asked.
    Raises UnsafeServerError for a server that could lose or show what it is given, KeyRefusedError for
    one that still knows another key.
    """
    if check:
        return await _made(url, roster, secrets, check=True)
    await refuse_unsafe(url, secrets)
    try:
        return await _made(url, roster, secrets, prune=prune)
    except KeyRefusedError:
        await reload(url, secrets)
    return await _made(url, roster, secrets, prune=prune)


async def _made(
    url: str, roster: Roster, secrets: Secrets, *, check: bool = False, prune: bool = False
) -> list[str]:
    """As `ops`, which is let in at once or not at all."""
    from kit.broker import inbox_prefix
    from kit.provision import provision as make

    inbox = inbox_prefix(OPS_USER)
    async with connected(url, secrets.seeds[OPS_USER], inbox=inbox) as client:
        return await make(client, roster.nats_units, roster.readers, check=check, prune=prune)


async def reload(url: str, secrets: Secrets) -> int:
    """Make every server of the system read its accounts file again; return how many did.

    Through the system account, so it also reaches servers in other containers. Twice, because an
    account added by one reload can be imported from only after the next (reliability.md, "Unit
    accounts"). Raises ReloadRefusedError when a server refuses, BrokerUnreachableError when
    none answers.
    """
    async with connected(url, secrets.seeds[SYSTEM_USER]) as client:
        servers = [one.server for one in await everyone(client, "VARZ")]
        for server in servers * _RELOADS:
            reply = await client.request(
                f"$SYS.REQ.SERVER.{server}.RELOAD", b"", timeout=_TIMEOUT_S
            )
            if error := json.loads(reply.data).get("error"):
                raise ReloadRefusedError(str(error.get("description", error)))
        return len(servers)
