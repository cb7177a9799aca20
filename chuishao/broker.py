"""NATS from outside the services: the accounts file, its reload, streams and consumers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chuishao.account_check import blocks
from chuishao.broker_check import refuse_unsafe
from chuishao.directory import Roster
from chuishao.files import make_private_dir, write_private
from chuishao.nats_client import connected
from chuishao.secrets import OPS_USER, SYSTEM_USER, Secrets

if TYPE_CHECKING:
    from nats.aio.client import Client

ACCOUNTS_FILE: Final = "accounts.conf"
"""Included by the server's own configuration, which lies beside it or above it."""
_TIMEOUT_S: Final = 5.0
_ALL_ANSWERED_S: Final = 0.5
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


def accounts_in(data_dir: Path) -> frozenset[str]:
    """Return the offices in the accounts file as it is; empty where there is none."""
    path = accounts_path(data_dir)
    return frozenset(blocks(path.read_text("utf-8"))) if path.exists() else frozenset()


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


async def provision(
    url: str, roster: Roster, secrets: Secrets, *, check: bool = False, prune: bool = False
) -> list[str]:
    """Make streams and consumers what they should be, or only say what differs.

    Raises UnsafeServerError for a server that could lose or show what it is given.
    """
    from kit.provision import provision as make

    if not check:
        await refuse_unsafe(url, secrets)
    seed = secrets.seeds[OPS_USER]
    return await make(url, seed, roster.nats_units, roster.readers, check=check, prune=prune)


async def keep(
    url: str,
    roster: Roster,
    seed: str,
    say: Callable[[str], None],
    well: Callable[[], None] | None = None,
) -> None:
    """Put back what is deleted or lost on the broker, until cancelled; `well` hears of each good look."""
    from kit.keeping import keep as watch

    await watch(url, seed, roster.nats_units, roster.readers, say, well=well)


async def reload(url: str, secrets: Secrets) -> int:
    """Make every server of the system read its accounts file again; return how many did.

    Through the system account, so it also reaches servers in other containers. Twice, because an
    account added by one reload can be imported from only after the next (reliability.md, "Unit
    accounts"). Raises ReloadRefusedError when a server refuses, BrokerUnreachableError when
    none answers.
    """
    async with connected(url, secrets.seeds[SYSTEM_USER]) as client:
        servers = await _servers(client)
        for server in servers * _RELOADS:
            reply = await client.request(
                f"$SYS.REQ.SERVER.{server}.RELOAD", b"", timeout=_TIMEOUT_S
            )
            if error := json.loads(reply.data).get("error"):
                raise ReloadRefusedError(str(error.get("description", error)))
        return len(servers)


async def _servers(client: Client) -> list[str]:
    """Return the ids of all servers that answer a ping within half a second."""
    inbox = client.new_inbox()
    answers = await client.subscribe(inbox)
    await client.publish("$SYS.REQ.SERVER.PING", b"", reply=inbox)
    servers = []
    wait = _TIMEOUT_S
    while True:
        try:
            answer = await answers.next_msg(timeout=wait)
        except TimeoutError:
            break
        servers.append(str(json.loads(answer.data)["server"]["id"]))
        wait = _ALL_ANSWERED_S
    await answers.unsubscribe()
    return servers
