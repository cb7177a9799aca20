"""The live stream: one look at new frames for all who follow, each frame's bytes made once.

Whoever comes with the number of the last frame seen gets what came since from the table, then what comes;
any replica can answer, because numbers and bytes are the table's.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from kit.db import LOST, Pool, reading
from kit.logging import get
from services.console import metrics
from services.console.projection import store_frames, topics

log = get(__name__)

POLL_S: Final = 0.25
HEARTBEAT_S: Final = 15.0
PAGE: Final = 1_000
MOST_WAITING: Final = 8 * 1024 * 1024
"""Bytes that wait for one slow reader before it is let go; it comes again with the number it has."""
RETRY: Final = b"retry: 1000\n\n"
STILL_HERE: Final = b": still here\n\n"


@dataclass(slots=True, eq=False)
class Follower:
    """Somebody who follows some topics."""

    topics: frozenset[str]
    kin: frozenset[str]
    since: int = 0
    waiting: list[tuple[int, bytes]] = field(default_factory=list)
    size: int = 0
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def give(self, seq: int, chunk: bytes) -> None:
        """Hand over a frame that was not seen."""
        if seq <= self.since:
            return
        self.since = seq
        self.size += len(chunk)
        self.waiting.append((seq, chunk))
        self.ended = self.ended or self.size > MOST_WAITING
        self.woken.set()

    def caught_up(self, seq: int) -> None:
        """Everything up to a number was read from the table: what was handed over of it meanwhile goes."""
        self.since = max(seq, self.since)
        self.waiting = [one for one in self.waiting if one[0] > seq]

    def take(self) -> bytes:
        """All that waits."""
        chunk = b"".join(body for _, body in self.waiting)
        self.waiting.clear()
        self.size = 0
        self.woken.clear()
        return chunk


class Hub:
    """Reads new frames once for all followers of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._followers: dict[str, set[Follower]] = defaultdict(set)
        self._woken = asyncio.Event()
        self._ended = False
        self.seq = 0
        """Number up to which frames were handed out."""

    def wake(self) -> None:
        """Frames were made in this process: look now."""
        self._woken.set()

    def end(self) -> None:
        """Let every follower go: the process is about to stop."""
        self._ended = True
        self.let_go()

    def let_go(self) -> None:
        """Let who follows now go and come again: what they may see is looked up anew."""
        for one in self._everybody():
            one.ended = True
            one.woken.set()

    async def run(self) -> None:
        """Look every 250 ms, and when woken; never ends."""
        while True:
            try:
                await self.look()
            except LOST as error:
                log.warning("frames_unread", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_S)
            self._woken.clear()

    async def look(self) -> None:
        """Hand out what is new; whoever lacks frames that are gone, or has some that never were, begins anew."""
        async with reading(self._pool) as conn:
            state = await store_frames.state(conn)
            if not state.floor <= self.seq <= state.seq:
                for one in self._everybody():
                    if not state.floor <= max(one.since, self.seq) <= state.seq:
                        one.since = min(one.since, state.seq - 1)
                        one.give(state.seq, reset(state.seq))
                self.seq = state.floor if self.seq < state.floor else state.seq
            while self.seq < state.seq:
                rows = await store_frames.after(conn, self.seq, PAGE)
                for seq, chain, body in rows:
                    self._hand_out(seq, chain, frame(seq, body))
                    self.seq = seq
                if not rows:
                    break
        metrics.STREAM_SEQ.set(self.seq)

    async def follow(
        self, wanted: Collection[str], kin: frozenset[str], since: int, until: float
    ) -> AsyncGenerator[bytes]:
        """Server-sent events of some topics after frame `since`, until the Unix time `until`.

        `kin`: parties complaints about which are kept from who follows.
        """
        follower = Follower(frozenset(wanted), kin, since)
        yield RETRY
        metrics.STREAMS.inc()
        try:
            async for chunk in self._begin(follower, since):
                yield chunk
            while not (self._ended or follower.ended) and (left_s := until - time.time()) > 0:
                if follower.waiting:
                    yield follower.take()
                    continue
                try:
                    await asyncio.wait_for(follower.woken.wait(), min(HEARTBEAT_S, left_s))
                except TimeoutError:
                    if left_s > HEARTBEAT_S:
                        yield STILL_HERE
        finally:
            metrics.STREAMS.dec()
            for topic in follower.topics:
                self._followers[topic].discard(follower)
                if not self._followers[topic]:
                    del self._followers[topic]

    async def _begin(self, follower: Follower, since: int) -> AsyncIterator[bytes]:
        """What came since, page by page.

        The follower is handed new frames from before the table is read on: what lies between is none.
        """
        for topic in follower.topics:
            self._followers[topic].add(follower)
        wanted, more = sorted(follower.topics), True
        while more:
            async with reading(self._pool) as conn, conn.transaction(isolation="repeatable_read"):
                state = await store_frames.state(conn)
                known = state.floor <= since <= state.seq
                rows = (
                    await store_frames.replay(conn, wanted, since, state.seq, PAGE) if known else []
                )
            more = len(rows) == PAGE
            since = rows[-1]["seq"] if more else state.seq
            follower.caught_up(since)
            if not known:
                yield reset(since)
            elif told := [frame(seq, body) for seq, chain, body in rows if _for(follower, chain)]:
                yield b"".join(told)

    def _hand_out(self, seq: int, chain: str, chunk: bytes) -> None:
        topic, kept_from = topics.parts(chain)
        for one in self._followers.get(topic, ()):
            if kept_from.isdisjoint(one.kin):
                one.give(seq, chunk)

    def _everybody(self) -> Sequence[Follower]:
        return list({one for some in self._followers.values() for one in some})


def frame(seq: int, body: bytes) -> bytes:
    """A frame as it goes over the wire."""
    return b"id: %d\ndata: %b\n\n" % (seq, body)


def reset(seq: int) -> bytes:
    """What was missed is not kept: fetch a snapshot and go on from there."""
    return b'id: %d\nevent: reset\ndata: {"seq":%d}\n\n' % (seq, seq)


def _for(follower: Follower, chain: str) -> bool:
    return topics.parts(chain)[1].isdisjoint(follower.kin)
