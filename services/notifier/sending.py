"""Sending of notices: claim, check that it still stands, send, mark; at least once, always under the same id.

A claim is a lease: who dies between sending and marking lets the next one send the same `message_id` again.
What cannot be delivered is dead, and the next channel of the person takes its place, then the deputy.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.complaint import Urgency
from kit import audit
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.ids import new_id
from kit.logging import get
from services.notifier.directory import Directory
from services.notifier.ending import ACTOR
from services.notifier.notices import store_notices, store_occasions, store_sending
from services.notifier.notices.channel import Channel, ChannelError
from services.notifier.notices.inviting import invite
from services.notifier.notices.letter import Letter, message
from services.notifier.notices.notice import Notice
from services.notifier.notices.occasion import why_not
from services.notifier.notices.planning import wait_s
from services.notifier.notices.wording import Told

log = get(__name__)

LEASE_S: Final = 60.0
SEND_S: Final = 20.0
"""Longest time a channel may take; well within the lease."""
AT_ONCE: Final = 50
MARKING: Final = 4
"""Connections a round may hold: consumers and the tick need theirs."""
UNKNOWN: Final = "no_such_channel"
NO_ADDRESS: Final = "no_address"
"""The directory no longer says how the post is reached by this channel."""
SLOW: Final = "timeout"
BROKEN: Final = "channel_broken"
_ALIVE: Final = frozenset({"planned", "failed", "sent", "digested"})


@dataclass(slots=True)
class Sent:
    """What one round of sending did: notices by channel and outcome."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreached: int = 0
    """People for whom no channel, and no deputy, was left."""
    claimed: int = 0


async def send(
    pool: Pool,
    directory: Directory,
    channels: Mapping[str, Channel],
    *,
    answerable: Collection[str] = (),
    lease_s: float = LEASE_S,
) -> Sent:
    """One round: claim, drop what is pointless by now, send the rest side by side, mark each.

    `answerable` names channels whose recipients can answer by a reply gateway.
    """
    done = Sent()
    async with transaction(pool) as conn:
        now = await business_now(conn)
        rows = await store_sending.claim(conn, AT_ONCE, lease_s)
        done.claimed = len(rows)
        letters, pointless = await _letters(conn, rows, now)
        await store_sending.drop(conn, pointless)
        tails = await invite(conn, letters, directory.people, answerable, now)
    for row in rows:
        if row["notice_id"] in pointless:
            done.outcomes[row["channel"], "dropped"] += 1
    marking = asyncio.Semaphore(MARKING)
    round_ = _Round(pool, directory, channels, tails, now, done, marking)
    ended = await asyncio.gather(*map(round_.deliver, letters), return_exceptions=True)
    for one in ended:
        if one is not None:
            raise one
    return done


async def _letters(
    conn: Conn, rows: Sequence[Record], now: datetime
) -> tuple[list[Letter], dict[UUID, str]]:
    """Letters that still say something, and what says nothing any more, with the reason."""
    parts = await store_sending.matters(conn, [row["notice_id"] for row in rows])
    ids = list({part["occasion_id"] for part in parts})
    facts = await store_occasions.facts(conn, ids)
    occasions = {
        row["occasion_id"]: store_occasions.occasion_of(row)
        for row in await store_sending.occasions(conn, ids)
    }
    pointless: dict[UUID, str] = {}
    matters: dict[UUID, list[Told]] = defaultdict(list)
    for part in parts:
        known, category = facts[part["occasion_id"]]
        one = replace(occasions[part["occasion_id"]], category=category)
        if (why := why_not(one, known, now)) is None:
            matters[part["letter"]].append(Told(one, known))
        else:
            pointless[part["notice_id"]] = why
    for row in rows:
        if not matters[row["notice_id"]]:
            pointless.setdefault(row["notice_id"], "empty")
    letters = [Letter(row, tuple(m)) for row in rows if (m := matters[row["notice_id"]])]
    return letters, pointless


@dataclass(frozen=True, slots=True)
class _Round:
    """One round's deliveries."""

    pool: Pool
    directory: Directory
    channels: Mapping[str, Channel]
    tails: Mapping[UUID, str]
    now: datetime
    done: Sent
    marking: asyncio.Semaphore

    async def deliver(self, letter: Letter) -> None:
        """Send one and mark it; a failure of the moment is tried again, any other is final."""
        row = letter.row
        name = row["channel"]
        try:
            async with asyncio.timeout(SEND_S):
                await self._send(letter)
        except TimeoutError:
            outcome = await self._failed(row, ChannelError(SLOW, retryable=True))
        except ChannelError as error:
            outcome = await self._failed(row, error)
        except Exception as error:
            log.exception("channel_broken", channel=name, error=type(error).__name__)
            outcome = await self._failed(row, ChannelError(BROKEN, retryable=True))
        else:
            outcome = "sent"
            async with self.marking, transaction(self.pool) as conn:
                await store_sending.sent(conn, row["notice_id"], self.now)
        self.done.outcomes[name, outcome] += 1

    async def _send(self, letter: Letter) -> None:
        row = letter.row
        channel = self.channels.get(row["channel"])
        if channel is None:
            raise ChannelError(UNKNOWN, retryable=False)
        address = self.directory.people.address(row["post"], row["channel"])
        if address is None:
            raise ChannelError(NO_ADDRESS, retryable=False)
        tail = self.tails.get(row["notice_id"], "")
        await channel.send(address, message(letter, self.directory.names, tail))

    async def _failed(self, row: Mapping[str, Any], error: ChannelError) -> str:
        wait = wait_s(self.directory.notices, row["attempts"], error.retry_after_s)
        async with self.marking, transaction(self.pool) as conn:
            if error.retryable and wait is not None:
                await store_sending.failed(conn, row["notice_id"], error.reason, wait)
                return "failed"
            if not await store_sending.dead(conn, row["notice_id"], error.reason):
                return "failed"
            tried = await store_sending.tried(conn, row["notice_id"])
            instead = self._instead(row, tried)
            if instead is not None:
                await store_notices.plan(conn, [instead], ready=True)
                await store_sending.rejoin(conn, row["notice_id"], instead.notice_id)
            elif not any(one["state"] in _ALIVE for one in tried):
                self.done.unreached += 1
                await self._nobody(conn, row, error.reason)
        return "dead"

    def _instead(self, row: Mapping[str, Any], tried: Sequence[Record]) -> Notice | None:
        """The same through the person's next channel, else to the deputy.

        None when all were tried, or when the person, or a deputy in line, is told besides.
        """
        people, urgency = self.directory.people, Urgency(row["urgency"])
        been = {(one["person"], one["channel"]) for one in tried}
        told = {one["person"] for one in tried if one["state"] in _ALIVE}
        seen: set[str] = set()
        post: str | None = row["post"]
        while post is not None and post not in seen:
            person = self.directory.roster.person(post) or ""
            if person in told:
                return None
            for way in people.ways(post, urgency, self.channels):
                if (person, way.channel) not in been:
                    return self._again(row, post, person, way.channel)
            seen.add(post)
            post = people.deputy(post, self.now)
        return None

    async def _nobody(self, conn: Conn, row: Mapping[str, Any], reason: str) -> None:
        """Nobody is left to be told: on record, and in the log for whoever keeps the directory."""
        detail = {"notice": str(row["notice_id"]), "post": row["post"], "reason": reason}
        about = str(row["ticket_id"] or row["notice_id"])
        await audit.record(conn, [audit.Entry(self.now, ACTOR, "notice.unreached", about, detail)])
        log.error("notice_unreached", **detail)

    def _again(self, row: Mapping[str, Any], post: str, person: str, channel: str) -> Notice:
        return Notice(
            new_id(), row["occasion_id"], row["cause"], row["ticket_id"], row["number"],
            row["unit"], row["area"], Urgency(row["urgency"]), row["level"], post, person, channel,
            "", None, self.now, self.now, row["notice_id"],
        )  # fmt: skip
