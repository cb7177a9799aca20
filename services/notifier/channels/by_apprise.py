"""Channels by apprise: group robots of work chats, mail, SMS gateways, any gateway that takes JSON.

Apprise works in threads of its own, a few per channel, so that one that hangs holds up neither the event
loop nor the other channels; what it does on the network is held by `guarded_requests`.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from apprise import Apprise, AppriseAsset, NotifyFormat, PersistentStoreMode

from services.notifier.channels.guard import Guard
from services.notifier.channels.guarded_requests import Exchange, enter, hold
from services.notifier.channels.schemes import ADDRESS, CODE_FIELD, scheme_of
from services.notifier.channels.spelling import SpellingError, check_host
from services.notifier.notices.channel import ChannelError, Message

WORKERS: Final = 4
_ADDRESS: Final = re.compile(r"[A-Za-z0-9@._+-]{1,128}")
"""Nothing that would end a part of an apprise address or name a second recipient."""

_ASSET: Final = AppriseAsset(
    app_id="chuishao",
    async_mode=False,
    http_redirects=False,
    storage_mode=PersistentStoreMode.MEMORY,
)


_TRIED: Final = "10000000000"
"""A recipient to try an address with: digits, as every scheme takes them."""


class UnusableAddressError(ValueError):
    """Apprise can make nothing of an address."""


class AppriseChannel:
    """The channel: one apprise address in which `{address}` is the recipient.

    Raises UnusableAddressError. The first one loads apprise's plugins, which takes a second.
    """

    def __init__(
        self, name: str, url: str, *, timeout_s: float = 10.0, guard: Guard | None = None
    ) -> None:
        self.name = name
        self._url = url
        self._scheme = scheme_of(url)
        self._timeout_s = timeout_s
        self._guard = guard or Guard()
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix=f"channel-{name}")
        _be_quiet()
        if _plugin(url.replace(ADDRESS, _TRIED)) is None:
            raise UnusableAddressError

    async def send(self, address: str, message: Message) -> None:
        """Return once the other side has taken it, within the time-out. Raises ChannelError."""
        if not _ADDRESS.fullmatch(address):
            raise ChannelError("address_characters", retryable=False)
        plugin = _plugin(self._url.replace(ADDRESS, quote(address, safe="")))
        if plugin is None or len(plugin) == 0:
            raise ChannelError("address_unusable", retryable=False)
        loop = asyncio.get_running_loop()
        deadline = time.monotonic() + self._timeout_s
        exchange = Exchange(loop, self._guard, deadline, CODE_FIELD.get(self._scheme))
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._mail_host(plugin)
                work = partial(_notify, plugin, exchange, message)
                taken = await loop.run_in_executor(self._threads, work)
        except TimeoutError:
            raise ChannelError("timeout", retryable=True) from None
        if exchange.failure is not None:
            raise exchange.failure
        if not taken:
            raise ChannelError("not_taken", retryable=True)

    async def _mail_host(self, plugin: Any) -> None:
        """Mail goes past `requests`: its host is checked here, right before."""
        host: str = getattr(plugin, "smtp_host", "")
        if not host:
            return
        try:
            name = check_host(host, allow_private=self._guard.allow_private)
        except SpellingError as error:
            raise ChannelError(f"address_{error.reason}", retryable=False) from None
        await self._guard.checked(name, plugin.port or 25)

    async def close(self) -> None:
        """Take nothing more; what is on its way ends by its own time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _plugin(url: str) -> Any:
    """The plugin for an address, its requests held by the guard; None where apprise cannot use it."""
    plugin = Apprise.instantiate(url, asset=_ASSET, suppress_exceptions=True)
    if plugin is not None:
        hold(sys.modules[type(plugin).__module__])
    return plugin


def _notify(plugin: Any, exchange: Exchange, message: Message) -> bool:
    """In a thread: apprise's own call. Time spent waiting for a thread counts."""
    enter(exchange)
    plugin.socket_connect_timeout = plugin.socket_read_timeout = (
        exchange.deadline - time.monotonic()
    )
    if plugin.socket_read_timeout <= 0:
        return False
    taken: bool = plugin.notify(
        title=message.subject, body=message.body, body_format=NotifyFormat.TEXT
    )
    return taken


def _be_quiet() -> None:
    """Apprise's own log lines name hosts and recipients: what became of a message is told by ChannelError."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
