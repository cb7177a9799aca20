"""Opens what the channels file describes, once, at the start: a channel that cannot work stops it."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.notifier.channels.by_apprise import AppriseChannel, UnusableAddressError
from services.notifier.channels.guard import Guard
from services.notifier.channels.listing import (
    ChannelRow,
    ChannelsFile,
    ChannelsFileError,
    GatewayRow,
    needs_secret,
    read,
    signing_secrets,
)
from services.notifier.channels.schemes import SECRET
from services.notifier.channels.to_file import FileChannel
from services.notifier.channels.webhook import Destination, SignedWebhook
from services.notifier.replies.gateway import Gateway

AnyChannel = AppriseChannel | SignedWebhook | FileChannel


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything the file opens."""

    channels: Mapping[str, AnyChannel] = field(default_factory=dict)
    gateways: tuple[Gateway, ...] = ()

    async def close(self) -> None:
        """Let connections and threads go."""
        for channel in self.channels.values():
            await channel.close()


def open_channels(path: Path | None) -> Outside:
    """Open the file's channels and gateways; nothing where there is no file.

    Raises ChannelsFileError, which names the field, for whatever would only fail later.
    """
    if path is None:
        return Outside()
    file: ChannelsFile = read(_private(path, "CHUISHAO_CHANNELS_FILE"))
    folder = path.resolve().parent
    channels = {name: _channel(name, row, folder) for name, row in file.channels.items()}
    gateways = tuple(_gateway(name, row, folder) for name, row in file.replies.items())
    return Outside(channels, gateways)


def _channel(name: str, row: ChannelRow, folder: Path) -> AnyChannel:
    where = f"channels.{name}"
    guard = Guard(allow_private=row.allow_private)
    if row.kind == "file":
        return FileChannel(name, folder / (row.path or ""))
    secrets = _secrets(where, row, folder)
    if row.kind == "webhook":
        to = Destination(row.url or "", row.schemes, row.hosts, row.timeout)
        return SignedWebhook(name, to, signing_secrets(where, secrets), guard)
    if needs_secret(row) and not secrets:
        raise ChannelsFileError(
            f"{where}.secret", "缺少密钥，请写 secret 或 secret_file", "give secret or secret_file"
        )
    url = (row.url or "").replace(SECRET, secrets[0] if secrets else "")
    try:
        return AppriseChannel(name, url, timeout_s=row.timeout, guard=guard)
    except UnusableAddressError:
        raise ChannelsFileError(
            f"{where}.url",
            "地址不完整或写法不对，请对照运维手册的例子",
            "is incomplete or misspelt; see operations.md",
        ) from None


def _gateway(name: str, row: GatewayRow, folder: Path) -> Gateway:
    where = f"replies.{name}"
    secrets = signing_secrets(where, _secrets(where, row, folder))
    return Gateway(name, frozenset(row.channels), secrets)


def _secrets(where: str, row: ChannelRow | GatewayRow, folder: Path) -> tuple[str, ...]:
    if row.secret_file is not None:
        text = _private(folder / row.secret_file, f"{where}.secret_file")
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    given = row.secret or ()
    return (given,) if isinstance(given, str) else given


def _private(path: Path, field_name: str) -> str:
    """The text of a file that nobody else may read."""
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise ChannelsFileError(
                field_name,
                "文件不能让他人读写，请执行 chmod 600",
                "others may read or write it; chmod 600",
            )
        return path.read_text("utf-8")
    except OSError:
        raise ChannelsFileError(field_name, "文件打不开", "cannot be opened") from None
    except UnicodeDecodeError:
        raise ChannelsFileError(field_name, "文件不是 UTF-8", "is not UTF-8") from None
