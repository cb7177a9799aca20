"""A NATS connection for a command: fails at once when it cannot be made, then holds for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nats.aio.client import Client

_CONNECT_S: Final = 5


class BrokerUnreachableError(RuntimeError):
    """No nats-server answers there, or it does not know the key."""

    def __init__(self, url: str, why: Exception) -> None:
        said = str(why) or type(why).__name__
        super().__init__(f"无法连接 NATS {url}：{said}\ncannot connect to NATS at {url}: {said}")


@asynccontextmanager
async def connected(url: str, seed: str) -> AsyncIterator[Client]:
    """Connect with an nkey seed; raises BrokerUnreachableError.

    nats-py's own first connection tries for ever or leaks its socket when it is refused, so one
    that may fail goes first and the lasting one follows.
    """
    from nats.aio.client import Client

    await _try(Client(), url, seed)
    client = Client()
    await client.connect(url, nkeys_seed_str=seed, max_reconnect_attempts=-1, error_cb=_quiet)
    try:
        yield client
    finally:
        await client.close()


async def _try(client: Client, url: str, seed: str) -> None:
    from nats.errors import Error

    try:
        await client.connect(
            url,
            nkeys_seed_str=seed,
            allow_reconnect=False,
            connect_timeout=_CONNECT_S,
            error_cb=_quiet,
        )
    except (Error, OSError, TimeoutError) as error:
        raise BrokerUnreachableError(url, error) from None
    finally:
        await client.close()


async def _quiet(_: Exception) -> None:
    """Errors of a connection that mends itself are no news."""
