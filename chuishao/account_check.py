"""What a running nats-server lets its accounts and users do, laid beside an accounts file (docs/adr/0037).

Asked of the server itself: what accounts import and export through the system account, what a user may publish
and hear as that user. So a grant that was edited by hand, or a file the server never read again, is named.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chuishao.nats_client import BrokerUnreachableError, connected
from chuishao.secrets import SYSTEM_USER, public_key
from chuishao.system_account import Said, everyone

if TYPE_CHECKING:
    from nats.aio.client import Client

_OFFICE: Final = re.compile(r'^  "([^"]+)" \{$', re.MULTILINE)
_IMPORT: Final = re.compile(
    r'\{ (service|stream): \{ account: CITY, subject: "([^"]+)" \}(?:, to: "([^"]+)")? \}'
)
_EXPORT: Final = re.compile(r'\{ (service|stream): "([^"]+)", accounts: \["([^"]+)"\]')
_USER: Final = re.compile(
    r"\{ nkey: (\w+), permissions: \{ publish: \{ allow: \[([^\]]*)\] \},"
    r" subscribe: \{ allow: \[([^\]]*)\] \} \} \}"
)
_CITY: Final = "CITY"
_OFFICES: Final = ("unit_", "reader_")
_ASK_S: Final = 5.0
_AT_ONCE: Final = 32

Grants = frozenset[str]
"""Each in words: `import ticket.*.U-1.>`, `publish complaint.>`."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a file grants: by account, and by public key of the users of the city's own account."""

    accounts: Mapping[str, Grants]
    users: Mapping[str, Grants]


def blocks(text: str) -> dict[str, str]:
    """The part of an accounts file that each office's account is."""
    parts = _OFFICE.split(text)
    texts = (part.partition("\n  }")[0] for part in parts[2::2])
    return dict(zip(parts[1::2], texts, strict=True))


def granted(text: str) -> Granted:
    """Everything an accounts file of ours grants."""
    city = text.partition('\n  "')[0]
    accounts = {name: _imports(_IMPORT.findall(part)) for name, part in blocks(text).items()}
    accounts[_CITY] = frozenset(
        f"export {kind} {subject} to {account}" for kind, subject, account in _EXPORT.findall(city)
    )
    users = {
        key: _permissions(*(words.replace('"', "").split(", ") for words in lists))
        for key, *lists in _USER.findall(city)
    }
    return Granted(accounts, users)


async def differences(url: str, seeds: Mapping[str, str], text: str) -> list[str]:
    """Say in what running servers are not as an accounts file; `seeds` by user, at least the services'.

    Every server of a cluster is asked about its accounts, and named.
    Raises BrokerUnreachableError, nats errors and TimeoutError when the server does not answer.
    """
    wanted = granted(text)
    found = []
    async with connected(url, seeds[SYSTEM_USER]) as client:
        servers = await everyone(client, "ACCOUNTZ")
        for server in servers:
            at = f" ({server.name})" if len(servers) > 1 else ""
            found += [f"{said}{at}" for said in await _accounts(client, server, wanted.accounts)]
    for name, seed in seeds.items():
        if (grants := wanted.users.get(public_key(seed))) is not None:
            found += await _user(url, name, seed, grants)
    return found


async def _accounts(client: Client, server: Said, wanted: Mapping[str, Grants]) -> list[str]:
    """The differences of one server's accounts; `server` said which there are."""
    there = set(server.data["accounts"])
    missing = {*wanted, "SYS"} - there
    strange = {name for name in there - set(wanted) if name.startswith(_OFFICES)}
    named = tuple(f" to {name}" for name in missing | strange)
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str) -> list[str]:
        async with turns:
            live = await _account(client, server.server, name)
            return _told(f"account {name}", live, wanted[name], but=named)

    told = await asyncio.gather(*(one(name) for name in sorted(set(wanted) & there)))
    return [
        *(f"account {name}: missing at the server" for name in sorted(missing)),
        *(f"account {name}: belongs to nobody" for name in sorted(strange)),
        *(said for account in told for said in account),
    ]


async def _account(client: Client, server: str, name: str) -> Grants:
    subject = f"$SYS.REQ.SERVER.{server}.ACCOUNTZ"
    reply = await client.request(subject, json.dumps({"account": name}).encode(), timeout=_ASK_S)
    detail = json.loads(reply.data)["data"]["account_detail"]
    ours = [one for one in detail.get("imports") or () if one["account"] != "SYS"]
    imports = _imports((one["type"], one["subject"], one["local_subject"]) for one in ours)
    return imports | {
        f"export {one['type']} {one['subject']} to {account}"
        for one in detail.get("exports") or ()
        for account in one.get("approved_accounts") or ("everybody",)
    }


async def _user(url: str, name: str, seed: str, wanted: Grants) -> list[str]:
    """What the server says to a user of its own rights."""
    from kit.accounts import OWN_RIGHTS
    from kit.broker import inbox_prefix

    try:
        async with connected(url, seed, inbox=inbox_prefix(name)) as client:
            reply = await client.request(OWN_RIGHTS, b"", timeout=_ASK_S)
    except BrokerUnreachableError:
        return [f"user {name}: its key is refused"]
    except TimeoutError:
        return [f"user {name}: may not ask for its own rights"]
    said = json.loads(reply.data)["data"].get("permissions") or {}
    lists = ((said.get(verb) or {}).get("allow") or (">",) for verb in ("publish", "subscribe"))
    return _told(f"user {name}", _permissions(*lists), wanted)


def _told(who: str, live: Grants, wanted: Grants, *, but: tuple[str, ...] = ()) -> list[str]:
    """The differences; not again those `to` an account that was named as a whole."""
    missing = sorted(one for one in wanted - live if not one.endswith(but))
    extra = sorted(one for one in live - wanted if not one.endswith(but))
    return [
        *(f"{who}: {grant}: missing at the server" for grant in missing),
        *(f"{who}: {grant}: nobody granted it" for grant in extra),
    ]


def _imports(found: Iterable[tuple[str, str, str]]) -> Grants:
    return frozenset(f"import {kind} {subject} as {own or subject}" for kind, subject, own in found)


def _permissions(publish: Iterable[str], subscribe: Iterable[str]) -> Grants:
    return frozenset(
        [*(f"publish {one}" for one in publish), *(f"subscribe {one}" for one in subscribe)]
    )
