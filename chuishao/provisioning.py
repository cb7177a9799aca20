"""Accounts, streams and durables of a running NATS, made what a directory says, without a restart.

Adding an office, taking one away, changing a key: each is a new accounts file, read again by every server,
and proved by asking from inside the accounts it is about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chuishao import account_check, broker, broker_check, nats_keys
from chuishao.directory import Roster
from chuishao.nats_client import BrokerUnreachableError, KeyRefusedError, connected
from chuishao.secrets import OPS_USER, Secrets
from contracts.topology import JS_PREFIX, ConsumerSpec, reader_consumer, unit_consumer

if TYPE_CHECKING:
    from nats.aio.client import Client

_AT_ONCE: Final = 8
_ASK_S: Final = 5.0


class AccountUnprovedError(RuntimeError):
    """An account that was just made cannot reach its own durable."""

    def __init__(self, users: list[str]) -> None:
        named = "、".join(users)
        super().__init__(
            f"{named} 的新账户或新密钥连不上自己的消息队列，请再执行一次 provision。\n"
            f"{', '.join(users)}: a new account or key cannot reach its own durable; provision again."
        )


@dataclass(frozen=True, slots=True)
class Installed:
    """One installation and the NATS it belongs to."""

    data_dir: Path
    url: str
    roster: Roster

    def secrets(self) -> Secrets:
        """Read the installation's secrets as they are now, making what is missing."""
        return Secrets.load_or_create(
            self.data_dir,
            units=self.roster.nats_units,
            readers=[reader.code for reader in self.roster.readers],
        )


async def provision(place: Installed, *, prune: bool = False) -> list[str]:
    """Make everything match the directory; return what was changed.

    The accounts file is read again by servers that have not read it yet, also where another command
    wrote it (`prepare` makes a key for what is new in an upgrade).
    Raises UnsafeServerError, ReloadRefusedError, AccountUnprovedError, BrokerUnreachableError,
    KeyRefusedError.
    """
    secrets = place.secrets()
    written = broker.write_accounts(place.data_dir, place.roster, secrets)
    before = await broker.standing(place.url, secrets)
    changes = []
    if written or before.lags(place.data_dir):
        await broker.reload(place.url, secrets)
        changes.append("accounts")
    changes += await broker.provision(place.url, place.roster, secrets, prune=prune)
    durables = _durables(place.roster)
    new = {user: durable for user, durable in durables.items() if user not in before.accounts}
    await prove(place.url, secrets.seeds, new)
    return changes


async def check(place: Installed) -> list[str]:
    """Say everything in which files and server differ from the directory; change nothing there."""
    secrets = place.secrets()
    found = [
        *broker.stale_accounts(place.data_dir, place.roster, secrets),
        *(f"server {fault}" for fault in await broker_check.faults(place.url, secrets)),
        *await account_check.differences(
            place.url, secrets.seeds, broker.rendered(place.roster, secrets)
        ),
    ]
    try:
        return found + await broker.provision(place.url, place.roster, secrets, check=True)
    except KeyRefusedError:
        return [*found, f"user {OPS_USER}: its key is refused"]


async def rotate(place: Installed, name: str) -> str:
    """Give a NATS user a new key, with the old one still valid; return which user.

    Raises KeyChangeError, and what `provision` raises: then the old key is still the first.
    """
    user = nats_keys.nats_user(place.secrets(), name)
    nats_keys.begin(place.secrets(), user)
    secrets = place.secrets()
    try:
        broker.write_accounts(place.data_dir, place.roster, secrets)
        await broker.reload(place.url, secrets)
        await prove(place.url, secrets.second_seeds, {user: _durables(place.roster).get(user)})
    except Exception:
        nats_keys.retire(secrets, user)
        broker.write_accounts(place.data_dir, place.roster, place.secrets())
        raise
    nats_keys.take_over(secrets, user)
    return user


async def retire(place: Installed, name: str) -> str:
    """Refuse a user's old key from now on; whoever still uses it is disconnected. Return which user."""
    secrets = place.secrets()
    user = nats_keys.nats_user(secrets, name)
    nats_keys.retire(secrets, user)
    secrets = place.secrets()
    broker.write_accounts(place.data_dir, place.roster, secrets)
    await broker.reload(place.url, secrets)
    return user


async def prove(
    url: str, seeds: Mapping[str, str], durables: Mapping[str, ConsumerSpec | None]
) -> None:
    """Connect as each user and ask for its own durable, if it has one; raises AccountUnprovedError."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(user: str, durable: ConsumerSpec | None) -> bool:
        async with turns:
            try:
                async with connected(url, seeds[user]) as client:
                    return durable is None or await _reaches(client, durable)
            except BrokerUnreachableError:
                return False

    proved = await asyncio.gather(*(one(user, durable) for user, durable in durables.items()))
    if failed := [user for user, good in zip(durables, proved, strict=True) if not good]:
        raise AccountUnprovedError(failed)


async def _reaches(client: Client, durable: ConsumerSpec) -> bool:
    from nats.errors import Error

    subject = f"{JS_PREFIX}.CONSUMER.INFO.{durable.stream}.{durable.name}"
    try:
        answer = await client.request(subject, b"", timeout=_ASK_S)
    except (Error, TimeoutError):
        return False
    return durable.name.encode() in answer.data and b'"error"' not in answer.data


def _durables(roster: Roster) -> dict[str, ConsumerSpec]:
    """The durable of every office, by its user."""
    units = {f"unit_{code}": unit_consumer(code) for code in roster.nats_units}
    readers = {
        f"reader_{reader.code}": reader_consumer(reader.code, reader.area)
        for reader in roster.readers
    }
    return units | readers
