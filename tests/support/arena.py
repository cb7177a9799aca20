"""A real nats-server full of offices, each with messages of its own, and the city's eyes on all of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from contracts.topology import CONSUMERS, JS_PREFIX, STREAMS
from kit.accounts import OPS_USER
from tests.support.attacks import Office
from tests.support.leaks import Leak, held
from tests.support.nats_wire import Wire
from tests.support.servers import Broker

AREAS: Final = ("370105.001.001.001", "370106.001.001.001", "370106.002.001.001")
UNIT_NOUNS: Final = ("ticket", "whistle", "clock")
READER_NOUNS: Final = ("escalation", "reception")


def offices(units: int) -> list[Office]:
    """So many units in three areas, and two readers that may follow two of these."""
    made = [Office(f"U-{n:02}", AREAS[n % len(AREAS)]) for n in range(units)]
    return [*made, *(Office(f"R-{n:02}", AREAS[n - 1], reader=True) for n in (1, 2))]


class Arena:
    """Offices with a hand that attacks and an ear that listens."""

    def __init__(self, broker: Broker, offices: Sequence[Office]) -> None:
        self._broker = broker
        self.offices = list(offices)
        self.leaks: list[Leak] = []
        self._said = 0
        self._wires: list[Wire] = []
        self._hands: list[Wire] = []
        self._ears: list[Wire] = []

    async def open(self) -> None:
        """Connect everybody and give each office messages of its own, two of which it holds."""
        self._ops = await self._wire(OPS_USER)
        self._router = await self._wire("router")
        self._router.answer = b"answered"
        self._router.subscribe("cmd.*.*", "router")
        for office in self.offices:
            self._hands.append(await self._wire(office.durable))
            self._ears.append(await self._wire(office.durable))
        for _ in range(3):
            self._say_something_to_everybody("kept")
        await self._ops.flush()
        await asyncio.gather(*(self._hold(n) for n in range(len(self.offices))))

    async def close(self) -> None:
        """Hang up."""
        await asyncio.gather(*(wire.close() for wire in self._wires))

    async def state(self) -> dict[str, Any]:
        """Streams and consumers as the city sees them."""
        found: dict[str, Any] = {}
        for spec in STREAMS:
            info = await self._ask(f"STREAM.INFO.{spec.name}")
            found[spec.name] = (info.get("config"), info.get("state"))
        for consumer in CONSUMERS:
            info = await self._ask(f"CONSUMER.INFO.{consumer.stream}.{consumer.name}")
            found[consumer.name] = (info.get("config"), held(info))
        for office in self.offices:
            info = await self._ask(f"CONSUMER.INFO.{office.stream}.{office.durable}")
            found[office.durable] = (info.get("config"), held(info))
        return found

    async def _stored(self) -> list[int]:
        infos = [await self._ask(f"STREAM.INFO.{spec.name}") for spec in STREAMS]
        return [info["state"]["messages"] for info in infos]

    async def _wire(self, user: str) -> Wire:
        wire = await Wire.open(self._broker.url, self._broker.seeds[user])
        self._wires.append(wire)
        return wire

    async def _flush(self, wires: Iterable[Wire]) -> None:
        await asyncio.gather(*(wire.flush() for wire in wires))

    async def _ask(self, subject: str) -> dict[str, Any]:
        """A question of the city's own to JetStream."""
        number = self._ops.subscribe("_INBOX.ops")
        self._ops.heard.clear()
        self._ops.publish(f"$JS.API.{subject}", b"", "_INBOX.ops")
        async with asyncio.timeout(10):
            while not self._ops.heard:
                await self._ops.flush()
        answer: dict[str, Any] = json.loads(self._ops.heard[0].data)
        self._ops.unsubscribe(number)
        return answer

    def _say_something_to_everybody(self, how: str) -> None:
        for office in self.offices:
            secret = f"{how} secret of {office.code}".encode()
            if office.reader:
                subjects = [f"{noun}.{how}.1.{office.area}" for noun in READER_NOUNS]
            else:
                subjects = [f"{noun}.{how}.{office.code}.{office.area}" for noun in UNIT_NOUNS]
            for subject in subjects:
                self._ops.publish(subject, secret)
            self._said += len(subjects)

    async def _hold(self, n: int) -> None:
        """Fetch two of one's own messages and acknowledge none: what a forged one would change."""
        office, hand = self.offices[n], self._hands[n]
        number = hand.subscribe(f"_INBOX.hold.{office.code}")
        own = f"{JS_PREFIX}.CONSUMER.MSG.NEXT.{office.stream}.{office.durable}"
        hand.publish(own, b'{"batch":2}', f"_INBOX.hold.{office.code}")
        async with asyncio.timeout(20):
            while len(hand.heard) < 2:
                await hand.flush()
                await asyncio.sleep(0.01)
        self.offices[n] = replace(office, ack=hand.heard[0].reply)
        hand.unsubscribe(number)
        hand.heard.clear()
