"""Checks of the encryption to NATS: certificates are good and hold for some weeks yet."""

from __future__ import annotations

import asyncio
import os
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chuishao.doctor.finding import Finding, ill

RENEW_DAYS: Final = 21
_ASK_S: Final = 5.0
_PORT: Final = 4222
_TRIES: Final = 3
_RENEW: Final = (
    "换上新证书，重新加载 nats-server，再逐个重启服务",
    "put new certificates in place, reload nats-server, restart the services one by one",
)
_MEND: Final = (
    "核对 CHUISHAO_NATS_TLS_* 与 nats-server 的 tls 设置（见 docs/operations.md）",
    "check CHUISHAO_NATS_TLS_* and the server's tls block (docs/operations.md)",
)


async def certificates(url: str, now: datetime) -> Finding:
    """What every server of a cluster shows, and our own; `now` is the time of the day."""
    from kit.nats_tls import TlsSettingError, context_for

    try:
        context = context_for(url)
        if context is None:
            return Finding(
                "nats.tls", well=True, zh="未加密（未设 TLS）", en="not encrypted: none is set"
            )
        ends = _ours()
        for server in url.split(","):
            ends += await _shown(server, context)
    except TlsSettingError as error:
        zh, _, en = str(error).partition("\n")
        return ill("nats.tls", zh, en, *_MEND)
    except (OSError, TimeoutError) as error:
        return ill("nats.tls", f"握手失败：{error}", f"no handshake: {error}", *_MEND)
    return judge(ends, now)


def judge(ends: list[tuple[str, datetime]], now: datetime) -> Finding:
    """Of certificates by name, when they end; there is at least one."""
    name, end = min(ends, key=lambda one: one[1])
    days = (end - now).days
    return Finding(
        "nats.tls",
        days >= RENEW_DAYS,
        f"证书 {name} 还有 {days} 天到期" if days >= 0 else f"证书 {name} 已过期",
        f"the certificate of {name} holds for {days} days"
        if days >= 0
        else f"the certificate of {name} has expired",
        *_RENEW,
    )


async def _shown(server: str, context: ssl.SSLContext) -> list[tuple[str, datetime]]:
    """The certificate of one server. Raises OSError where it is not good, or ours is not taken.

    Tried again: a server set to `handshake_first: auto` speaks plainly to whoever is a moment late.
    """
    for _ in range(_TRIES - 1):
        with suppress(OSError, TimeoutError):
            return await _looked(server, context)
    return await _looked(server, context)


async def _looked(server: str, context: ssl.SSLContext) -> list[tuple[str, datetime]]:
    place = urlsplit(server)
    async with asyncio.timeout(_ASK_S):
        reader, writer = await asyncio.open_connection(
            place.hostname, place.port or _PORT, ssl=context
        )
        try:
            if not await reader.readline():
                raise ConnectionResetError("hung up")
            shown = writer.get_extra_info("peercert")
        finally:
            writer.transport.abort()
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    return [(f"{place.hostname}:{place.port or _PORT}", ends)]


def _ours() -> list[tuple[str, datetime]]:
    """The certificates in files of ours: the authority's and, where clients show one, the client's."""
    from cryptography.x509 import load_pem_x509_certificates

    from kit.nats_tls import CA, CERT

    return [
        (name, one.not_valid_after_utc)
        for name in (CA, CERT)
        if (path := os.environ.get(name))
        for one in load_pem_x509_certificates(Path(path).read_bytes())
    ]
