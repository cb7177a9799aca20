"""Goes through every check, whatever part of the installation is down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chuishao.broker import accounts_path
from chuishao.doctor import broker, database, local, tls
from chuishao.doctor.finding import Finding, ill
from chuishao.nats_client import BrokerUnreachableError, connected
from chuishao.secrets import OPS_USER, SERVICES, SYSTEM_USER, Secrets

if TYPE_CHECKING:
    from asyncpg import Connection

    from chuishao.runfile import RunInfo

_CONNECT_S: Final = 5.0
_CHECK_S: Final = 8.0


async def examine(info: RunInfo, data_dir: Path) -> list[Finding]:
    """Every finding, servers first. Never fails because something is down."""
    secrets = Secrets.load_or_create(data_dir)
    found = [*await _postgres(info), *await _nats(info, data_dir, secrets)]
    for name in SERVICES:
        found += await local.service(name, getattr(info, name))
    found.append(local.tokens(info.tokens, datetime.now(UTC)))
    found.append(local.disk(data_dir))
    return found


async def _postgres(info: RunInfo) -> list[Finding]:
    import asyncpg

    try:
        conn: Connection = await asyncpg.connect(
            info.postgres, timeout=_CONNECT_S, command_timeout=_CHECK_S
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return [_unreachable("postgres", "PostgreSQL", error)]
    try:
        return [
            await _tried(f"postgres.{check.__name__}", partial(check, conn))
            for check in database.CHECKS
        ]
    finally:
        conn.terminate()


async def _nats(info: RunInfo, data_dir: Path, secrets: Secrets) -> list[Finding]:
    url = info.nats
    durables = {(user.stream, user.consumer) for user in info.nats_users.values()}
    text = await asyncio.to_thread(_accounts_text, data_dir)
    found = [await _tried("nats.tls", lambda: tls.certificates(url, datetime.now(UTC)))]
    try:
        async with asyncio.timeout(_CHECK_S * 3):
            async with connected(url, secrets.seeds[SYSTEM_USER]) as client:
                found.append(await _tried("nats.store", lambda: broker.store(client)))
            for name, check in (
                ("nats.settings", lambda: broker.settings(url, secrets)),
                ("nats.accounts", lambda: broker.accounts(url, secrets.seeds, text)),
            ):
                found.append(await _tried(name, check))
            async with connected(url, secrets.seeds[OPS_USER]) as client:
                found.append(
                    await _tried("nats.topology", lambda: broker.topology(client, durables))
                )
                found.append(await _tried("nats.consumers", lambda: broker.consumers(client)))
    except (BrokerUnreachableError, OSError, TimeoutError) as error:
        found.append(_unreachable("nats", "NATS", error))
    return found


def _accounts_text(data_dir: Path) -> str:
    path = accounts_path(data_dir)
    return path.read_text("utf-8") if path.exists() else ""


async def _tried(name: str, check: Callable[[], Awaitable[Finding]]) -> Finding:
    """A check that cannot be made is a finding, too."""
    try:
        async with asyncio.timeout(_CHECK_S):
            return await check()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other checks go on
        why = f"{type(error).__name__}"
        return ill(
            name,
            f"无法检查：{why}",
            f"could not be checked: {why}",
            "先处理服务器本身",
            "mend the server itself first",
        )


def _unreachable(check: str, what: str, error: Exception) -> Finding:
    why = type(error).__name__
    return ill(
        check,
        f"无法连接 {what}（{why}）",
        f"{what} cannot be reached ({why})",
        f"查看 log/{check}.log；内置服务器由 chuishao up 自动重启",
        f"see log/{check}.log; `chuishao up` starts an embedded server again by itself",
    )
