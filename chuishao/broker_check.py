"""What of a running nats-server is unsafe (reliability.md B.9, D.6 API8).

Asked through the system account, so that it also reaches servers in other containers.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from chuishao.nats_client import PORT, connected
from chuishao.secrets import SYSTEM_USER, Secrets
from chuishao.system_account import everyone

ACCEPT: Final = "CHUISHAO_NATS_ACCEPT"
"""Names of settings, comma-separated, that whoever runs this accepts although they are unsafe."""
OLDEST: Final = (2, 15, 1)
PAYLOAD_MOST: Final = 1024 * 1024
PAYLOAD_LEAST: Final = 256 * 1024
"""An event with its envelope (contracts/topology.py, `max_msg_size`)."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_LISTENERS: Final = ("mqtt", "websocket", "leaf", "gateway")
_ASK_S: Final = 5.0


class UnsafeServerError(RuntimeError):
    """The server is set so that acknowledged events could be lost or read by others."""

    def __init__(self, faults: list[str]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(
            f"nats-server 的设置不安全，已拒绝（确需接受时用环境变量 {ACCEPT} 列出名称）：\n"
            f"nats-server is set unsafely, refused (name what you accept in {ACCEPT}):\n{lines}"
        )


def unsafe(settings: dict[str, Any]) -> dict[str, str]:
    """Name every unsafe setting in a server's own account of itself (`VARZ`), with what it is."""
    jetstream = settings.get("jetstream", {}).get("config") or {}
    version = tuple(int(part) for part in settings["version"].split("-")[0].split("."))
    found = {
        "version": (version >= OLDEST, settings["version"]),
        "jetstream": (bool(jetstream), "off"),
        "sync_interval": (bool(jetstream.get("sync_always")), "not always"),
        "max_payload": (
            PAYLOAD_LEAST <= settings["max_payload"] <= PAYLOAD_MOST,
            str(settings["max_payload"]),
        ),
        "auth_required": (bool(settings.get("auth_required")), "off"),
        "http": (_private(settings, "http"), f"{settings.get('http_host')} is not loopback"),
        "https": (_private(settings, "https"), f"{settings.get('http_host')} is not loopback"),
        **{name: (not (settings.get(name) or {}).get("port"), "on") for name in _LISTENERS},
    }
    return {name: f"{name}: {is_now}" for name, (good, is_now) in found.items() if not good}


def _private(settings: dict[str, Any], name: str) -> bool:
    """True when monitoring is off or answers this machine alone."""
    return not settings.get(f"{name}_port") or settings.get("http_host") in _LOOPBACK


async def refuse_unsafe(url: str, secrets: Secrets) -> None:
    """Raise UnsafeServerError for a server nobody should trust, unless its faults were accepted."""
    if found := await faults(url, secrets):
        raise UnsafeServerError(found)


async def faults(url: str, secrets: Secrets) -> list[str]:
    """Say what is unsafe at which server, but for what was accepted.

    Every server of a cluster is asked; a client without a key is tried at those that `url` names.
    """
    accepted = {name.strip() for name in os.environ.get(ACCEPT, "").split(",")}
    async with connected(url, secrets.seeds[SYSTEM_USER]) as client:
        servers = await everyone(client, "VARZ")
    found = [
        f"{said} ({server.name})"
        for server in servers
        for name, said in unsafe(server.data).items()
        if name not in accepted
    ]
    if "anonymous" in accepted:
        return found
    places = [urlsplit(server) for server in url.split(",") if await _lets_in(server)]
    return found + [
        f"anonymous: a client without a key is let in ({place.hostname}:{place.port or PORT})"
        for place in places
    ]


async def _lets_in(server: str) -> bool:
    """Try without a key, by hand: nats-py would leak its socket when refused, as it should be."""
    from kit.nats_tls import context_for

    place = urlsplit(server)
    try:
        async with asyncio.timeout(_ASK_S):
            reader, writer = await asyncio.open_connection(
                place.hostname, place.port or PORT, ssl=context_for(server)
            )
    except (OSError, TimeoutError):
        return False
    try:
        async with asyncio.timeout(_ASK_S):
            await reader.readline()
            writer.write(b'CONNECT {"verbose":false}\r\nPING\r\n')
            return (await reader.readline()).startswith(b"PONG")
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
