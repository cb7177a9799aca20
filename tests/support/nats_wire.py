"""A bare NATS connection: sends exactly the bytes it is given, as an attacker would, and keeps all it hears.

nats-py refuses on its own side much of what reliability.md D.7 asks the server to refuse.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

import nkeys

BUFFER: Final = 8 * 1024 * 1024
PATIENCE_S: Final = 15.0


class RefusedError(RuntimeError):
    """The server would not have this client; the text is the server's."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it came off the wire."""

    subject: str
    reply: str
    headers: bytes
    data: bytes


class Wire:
    """One connection; `heard` and `errors` only ever grow until the test clears them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._pongs: list[asyncio.Future[None]] = []
        self._subscriptions = 0
        self._reading: asyncio.Task[None] | None = None
        self.heard: list[Heard] = []
        self.errors: list[str] = []
        self.closed = False
        self.answer: bytes | None = None
        """Sent at once to whoever asks."""

    @classmethod
    async def open(cls, url: str, seed: str, *, tls: ssl.SSLContext | None = None) -> Self:
        """Connect and sign in. Raises RefusedError with the server's words."""
        place = urlsplit(url)
        reader, writer = await asyncio.open_connection(
            place.hostname, place.port, limit=BUFFER, ssl=tls
        )
        info = json.loads((await reader.readline()).removeprefix(b"INFO "))
        wire = cls(reader, writer)
        keys = nkeys.from_seed(bytearray(seed, "ascii"))
        hello = {
            "verbose": False, "pedantic": False, "echo": False, "headers": True,
            "no_responders": True, "protocol": 1, "lang": "test", "version": "0",
            "nkey": keys.public_key.decode(),
            "sig": base64.urlsafe_b64encode(keys.sign(info["nonce"].encode())).decode().rstrip("="),
        }  # fmt: skip
        writer.write(b"CONNECT " + json.dumps(hello).encode() + b"\r\n")
        wire._reading = asyncio.create_task(wire._read())
        try:
            await wire.flush()
        except ConnectionError:
            await wire.close()
            raise RefusedError("; ".join(wire.errors) or "closed") from None
        return wire

    def send(self, raw: bytes) -> None:
        """Write bytes as they are."""
        self._writer.write(raw)

    def publish(self, subject: str, data: bytes, reply: str = "", headers: bytes = b"") -> None:
        """PUB, or HPUB where there are headers (`Name: value` lines)."""
        if not headers:
            self.send(f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n")
            return
        block = b"NATS/1.0\r\n" + headers + b"\r\n\r\n"
        sizes = f"{len(block)} {len(block) + len(data)}"
        self.send(f"HPUB {subject} {reply} {sizes}\r\n".encode() + block + data + b"\r\n")

    def subscribe(self, subject: str, queue: str = "") -> int:
        """SUB; returns its id."""
        self._subscriptions += 1
        self.send(f"SUB {subject} {queue} {self._subscriptions}\r\n".encode())
        return self._subscriptions

    def unsubscribe(self, number: int) -> None:
        """UNSUB."""
        self.send(f"UNSUB {number}\r\n".encode())

    async def flush(self) -> None:
        """Wait until the server has seen everything sent; raises ConnectionError when it hung up."""
        pong = asyncio.get_running_loop().create_future()
        self._pongs.append(pong)
        self.send(b"PING\r\n")
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()
        if self.closed:
            raise ConnectionError("; ".join(self.errors))
        await asyncio.wait_for(pong, PATIENCE_S)

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await self._writer.wait_closed()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                await self._take(line)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            self.closed = True
            for pong in self._pongs:
                if not pong.done():
                    pong.set_exception(ConnectionError("; ".join(self.errors)))

    async def _take(self, line: bytes) -> None:
        words = line.split()
        match words[0]:
            case b"MSG" | b"HMSG":
                await self._message(words)
            case b"PING":
                self.send(b"PONG\r\n")
            case b"PONG":
                self._pongs.pop(0).set_result(None)
            case b"-ERR":
                self.errors.append(line.decode().removeprefix("-ERR ").strip().strip("'"))
            case _:
                pass

    async def _message(self, words: list[bytes]) -> None:
        with_headers = words[0] == b"HMSG"
        body = await self._reader.readexactly(int(words[-1]) + 2)
        split = int(words[-2]) if with_headers else 0
        has_reply = len(words) == (6 if with_headers else 5)
        reply = words[3].decode() if has_reply else ""
        self.heard.append(Heard(words[1].decode(), reply, body[:split], body[split:-2]))
        if reply and self.answer is not None:
            self.publish(reply, self.answer)
