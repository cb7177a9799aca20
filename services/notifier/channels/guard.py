"""Resolves a host once and hands out only addresses that were checked: what is connected to is what was judged."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from services.notifier.channels.network import why_not
from services.notifier.notices.channel import ChannelError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to the addresses the domain name system gives. Raises OSError."""


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """What the machine's resolver says, IPv4 first."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(entry[4][0]) for entry in found}, key=lambda text: (":" in text, text))


@dataclass(frozen=True, slots=True)
class Guard:
    """Says where a channel may connect to."""

    allow_private: bool = False
    resolve: Resolve = system_resolver

    async def checked(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, every one of them allowed. Raises ChannelError.

        One forbidden address among several refuses all: a name that answers now this, now that is how
        the check would be got around.
        """
        found = [host] if _is_address(host) else await self._resolved(host, port)
        for address in found:
            reason = why_not(address, allow_private=self.allow_private)
            if reason is not None:
                raise ChannelError(f"forbidden_{reason}", retryable=False)
        return found

    async def _resolved(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await self.resolve(host, port)
        except (OSError, UnicodeError):
            found = ()
        if not found:
            raise ChannelError("unresolved", retryable=True)
        return found


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
