"""A NATS connection for a command: fails at once when it cannot be made, then holds for ever."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from nats.aio.client import Client

_AGAIN_S: Final = 0.2
"""Before the second and last try at a server where nobody listens."""
_CONNECT_S: Final = 5
"""For one server, each time."""
PORT: Final = 4222
_KEY_REFUSED: Final = "authorization"


class BrokerUnreachableError(RuntimeError):
    """No nats-server answers there, or it does not know the key."""

    def __init__(self, url: str, why: Exception) -> None:
        from kit.nats_tls import CA, is_certificate_fault

        zh = en = str(why) or type(why).__name__
        if is_certificate_fault(why):
            zh = f"对方的证书不被 {CA} 信任，或对方未启用 TLS（{zh}）"
            en = f"its certificate is not trusted by {CA}, or it speaks no TLS ({en})"
        super().__init__(f"无法连接 NATS {url}：{zh}\ncannot connect to NATS at {url}: {en}")


class KeyRefusedError(BrokerUnreachableError):
    """A server answers there and refuses the key: it was taken back, or its accounts file was never read."""

    def __init__(self, url: str, key: str) -> None:
        RuntimeError.__init__(
            self,
            f"NATS {url} 拒绝密钥 {key}：密钥已被收回，或服务器未读取现在的账户文件 accounts.conf。"
            "请执行 chuishao provision；仍被拒绝时重启 nats-server"
            "（compose：docker compose restart nats），再执行一次。\n"
            f"NATS at {url} refuses the key {key}: it was taken back, or the server has not read "
            "accounts.conf as it is now. Run chuishao provision; where it is still refused restart "
            "nats-server (compose: docker compose restart nats) and run it again.",
        )


@asynccontextmanager
async def connected(url: str, seed: str, *, inbox: bytes = b"_INBOX") -> AsyncIterator[Client]:
    """Connect with an nkey seed; raises BrokerUnreachableError, KeyRefusedError.

    `url` may name the servers of a cluster, with commas between; one that answers is enough. nats-py's
    own first connection tries for ever or leaks its socket when it is refused, so one that may fail goes
    first and the lasting one follows. `inbox` is where the user may hear answers.
    """
    from nats.aio.client import Client

    from kit.nats_tls import client_options

    secured = client_options(url)
    servers = url.split(",")
    await _try_out(url, seed, secured)
    client = Client()
    try:
        try:
            async with asyncio.timeout(_CONNECT_S * len(servers)):
                await client.connect(
                    servers,
                    nkeys_seed_str=seed,
                    inbox_prefix=inbox,
                    max_reconnect_attempts=-1,
                    error_cb=_quiet,
                    **secured,
                )
        except TimeoutError as error:
            raise BrokerUnreachableError(url, error) from None
        yield client
    finally:
        await client.close()


async def _try_out(url: str, seed: str, secured: dict[str, Any]) -> None:
    """Find one server of them that takes the key; raises KeyRefusedError where one answers and none does."""
    from nats.aio.client import Client

    from chuishao.secrets import public_key

    refused = False
    why: Exception | None = None
    for server in url.split(","):
        why = await _refusal(Client(), server, seed, secured)
        if why is None:
            return
        refused = refused or _KEY_REFUSED in str(why).casefold()
    if refused:
        raise KeyRefusedError(url, public_key(seed))
    raise BrokerUnreachableError(url, why or TimeoutError())


async def _shake_hands(server: str, context: ssl.SSLContext) -> None:
    """Fail at once and in plain words where nats-py would go on trying a server it cannot trust."""
    place = urlsplit(server)
    async with asyncio.timeout(_CONNECT_S):
        reader, writer = await asyncio.open_connection(
            place.hostname, place.port or PORT, ssl=context
        )
        try:
            if not await reader.readline():
                raise ConnectionResetError("hung up")
        finally:
            writer.transport.abort()


async def _refusal(
    client: Client, server: str, seed: str, secured: dict[str, Any]
) -> Exception | None:
    """Why a server cannot be reached or does not take the key; None when it does."""
    from nats.errors import Error

    try:
        if secured:
            await _shake_hands(server, secured["tls"])
    except (OSError, TimeoutError) as error:
        return error
    try:
        await client.connect(
            server,
            nkeys_seed_str=seed,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=_AGAIN_S,  # type: ignore[arg-type]  # nats-py takes floats
            connect_timeout=_CONNECT_S,
            error_cb=_quiet,
            **secured,
        )
    except (Error, OSError, TimeoutError) as error:
        return error
    finally:
        await client.close()
    return None


async def _quiet(_: Exception) -> None:
    """Errors of a connection that mends itself are no news."""
