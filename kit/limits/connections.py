"""Connections of one process: how many, and how long one may keep us waiting.

uvicorn closes a connection that rests between two requests and nothing else: not one that never says
anything, nor one that says a byte a minute, nor one that reads no answer. A head may be of any length
there. All of that ends here (reliability.md D.7 #23).
"""

from __future__ import annotations

import asyncio
import resource
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from kit.limits import curt
from kit.limits.bounds import HEAD_MOST, Patience
from kit.limits.keeper import Keeper
from kit.logging import get

log = get(__name__)

SPARED: Final = 256
"""File descriptors that are for everything but clients: pools, broker, files."""
AROUND: Final = 4
"""Bytes of a header's line beside name and value."""


@dataclass(slots=True)
class Door:
    """What the connections of one server share."""

    most: int
    keeper: Keeper
    patience: Patience = field(default_factory=Patience)
    idle: dict[Bounded, None] = field(default_factory=dict)
    """Those without a request in hand, the longest at rest first."""

    @property
    def protocol(self) -> Any:
        """What uvicorn makes for each connection."""
        return partial(Bounded, self)


def most_connections(wanted: int) -> int:
    """As many as wanted, or as the process may have files open. Raises its own limit as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARED
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    log.warning("connections_bounded_by_files", wanted=wanted, files=soft)
    return max(16, soft - SPARED)


class EndlessHeadError(Exception):
    """What comes before or after a body is larger than any of ours: the parser stops there."""


class Bounded(HttpToolsProtocol):
    """uvicorn's protocol that waits for nobody without end."""

    def __init__(self, door: Door, **given: Any) -> None:
        super().__init__(**given)
        self._door = door
        self._heading = False
        self._come = 0
        """Bytes that came while a head did not end."""
        self._head_size = 0
        """Bytes of address and headers, of what follows a body too."""
        self._refusal: bytes | None = None
        self._owed = b""
        self._ends = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._reading_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Where no more fit in, whoever has been at rest for longest goes; if nobody is, the newcomer."""
        if len(self.connections) >= self._door.most:
            oldest = next(iter(self._door.idle), None)
            if oldest is None:
                transport.abort()
            else:
                oldest.leave()
        super().connection_made(transport)
        self._door.idle[self] = None
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._door.idle.pop(self, None)
        self._stop_waiting()
        if self._reading_timer is not None:
            self._reading_timer.cancel()
        super().connection_lost(exc)

    def leave(self) -> None:
        """Make room at once; nothing is in hand here."""
        self._door.idle.pop(self, None)
        self.connections.discard(self)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read on; a head that does not end is refused."""
        super().data_received(data)
        if self._heading:
            self._come += len(data)
            if self._come > HEAD_MOST:
                self._say_and_close(curt.ENDLESS)
        if (self._heading or self._rests) and not self._owed:
            self._await_head()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._heading, self._come, self._head_size = True, 0, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """An address, or a piece of it. Raises EndlessHeadError."""
        self._grows(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or what follows the last piece of a body. Raises EndlessHeadError."""
        self._grows(len(name) + len(value) + AROUND)
        super().on_header(name, value)

    def _grows(self, size: int) -> None:
        """The parser takes nothing more of this connection once a head is too large, however it came."""
        self._head_size += size
        if self._head_size > HEAD_MOST:
            raise EndlessHeadError

    def on_headers_complete(self) -> None:
        """A head has come: it is turned away at once, or whoever serves it sees to its body."""
        self._heading = False
        self._pay()
        self._refusal = self._turned_away()
        if self._refusal is not None:
            return
        self._stop_waiting()
        self._door.idle.pop(self, None)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Of who was turned away nothing is kept."""
        if self._refusal is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Now that nothing unread can overtake it, a refusal is said."""
        if self._refusal is None:
            super().on_message_complete()
            return
        self._stop_waiting()
        self._owed, self._refusal = self._refusal, None
        self._ends = not self.parser.should_keep_alive()
        if not self._door.keeper.say(self._pay):
            self.flow.pause_reading()

    def shutdown(self) -> None:
        """Before the server ends, what is owed is said."""
        self._pay()
        super().shutdown()

    def _pay(self) -> None:
        """Say a refusal that was put off, if there is one."""
        said, self._owed = self._owed, b""
        if not said or self.transport.is_closing():
            return
        self.transport.write(said)
        if self._ends:
            self.transport.close()
        else:
            self.flow.resume_reading()
            self._await_head()

    def _turned_away(self) -> bytes | None:
        """While an earlier request is in hand, the next one waits for its turn inside."""
        if not self._rests or self.pipeline:
            return None
        method = self.parser.get_method().decode("ascii")
        return self._door.keeper.refusal(method, self.url, self.headers)

    def on_response_complete(self) -> None:
        """At rest again, unless a request waits behind."""
        if not self.pipeline:
            self._door.idle[self] = None
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Nothing more goes out until the client reads."""
        super().pause_writing()
        self._reading_timer = self.loop.call_later(
            self._door.patience.reading_s, self._reads_nothing
        )

    def resume_writing(self) -> None:
        """The client reads."""
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None
        super().resume_writing()

    @property
    def _rests(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self._door.patience.head_s, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._rests:
            self._say_and_close(curt.LATE if self._heading else b"")

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are for nobody
        """What came cannot be read. Of what is too large nothing is said while another request is in hand."""
        if self._head_size <= HEAD_MOST:
            self._say_and_close(curt.GARBLED)
        elif self._rests and not self.pipeline:
            self._pay()
            self._say_and_close(curt.ENDLESS)
        else:
            self.transport.abort()

    def _say_and_close(self, words: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(words)
            self.transport.close()

    def _reads_nothing(self) -> None:
        log.info("client_reads_nothing")
        self.transport.abort()
