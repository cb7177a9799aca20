"""A broker that is as hostile as the real one was measured to be (reliability.md A.1 rows 4, 7 to 12, 36, 37).

Publishes time out and are stored all the same, or not; acknowledgements and what it knew of repeats are
forgotten; messages come twice and in any order; a stream loses its tail and uses the numbers again, or is
gone with all it held; a consumer begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace

from contracts.topology import ConsumerSpec
from kit.outbox import Outgoing
from tests.simulation.memory import Killed, seconds


@dataclass(slots=True)
class Odds:
    """How often what goes wrong; all 0 is a good day."""

    unknown: float = 0.0
    """A publish times out; half of those are stored."""
    again: float = 0.0
    """A message is delivered once more though it was acknowledged."""
    shuffled: float = 0.0
    """What is fetched comes in another order."""
    late: float = 0.0
    """A fetch brings nothing, though there is something."""
    overtaken: float = 0.0
    """A message comes hours after those behind it."""


@dataclass(slots=True)
class Stored:
    """A message of a stream."""

    seq: int
    subject: str
    body: bytes
    message_id: str


class Stream:
    """Keeps messages under growing numbers and knows repeats by their id, while it remembers."""

    def __init__(self) -> None:
        self.messages: dict[int, Stored] = {}
        self.last_seq = 0
        self.known: set[str] = set()

    def store(self, event: Outgoing) -> None:
        """Keep a message, once."""
        if event.message_id not in self.known:
            self.last_seq += 1
            one = Stored(self.last_seq, event.subject, event.body, event.message_id)
            self.messages[self.last_seq] = one
            self.known.add(event.message_id)


@dataclass(slots=True)
class Consumer:
    """A durable: how far it read, and what was delivered and not acknowledged."""

    spec: ConsumerSpec
    cursor: int = 1
    waiting: dict[int, tuple[datetime, int]] = field(default_factory=dict)
    """By number: when it is delivered again, and how often it was."""
    acked: list[int] = field(default_factory=list)
    """Acknowledged since the server last wrote that down."""

    @property
    def room(self) -> int:
        """How much may be delivered and not acknowledged, what waits for an earlier version included."""
        return self.spec.max_ack_pending

    def wants(self, subject: str) -> bool:
        """By its filters; all of them name a noun, some an event."""
        for wanted in self.spec.filters:
            head = wanted.partition(".*")[0]
            if subject.startswith(head + "."):
                return True
        return False

    def reset(self) -> None:
        """From the first message again."""
        self.cursor = 1
        self.waiting.clear()
        self.acked.clear()


class Message:
    """What a delivery takes as a message."""

    headers: dict[str, str] | None = None

    def __init__(self, bus: Bus, consumer: Consumer, one: Stored, delivered: int) -> None:
        self.subject, self.data = one.subject, one.body
        spec = consumer.spec
        self.reply = f"$JS.ACK.{spec.stream}.{spec.name}.{delivered}.{one.seq}.{one.seq}.0.0"
        sequence = SimpleNamespace(stream=one.seq)
        self.metadata = SimpleNamespace(stream=spec.stream, sequence=sequence)
        self._bus, self._consumer, self._seq, self._delivered = bus, consumer, one.seq, delivered

    async def ack(self) -> None:
        """Done with; a bus that forgets delivers it again."""
        self._bus.reached_ack()
        self._consumer.waiting.pop(self._seq, None)
        self._consumer.acked.append(self._seq)
        if self._bus.random.random() < self._bus.odds.again:
            self._consumer.waiting[self._seq] = (self._bus.now, self._delivered)

    async def nak(self, delay: float) -> None:
        """Again, after a while."""
        at = self._bus.now + seconds(delay)
        self._consumer.waiting[self._seq] = (at, self._delivered)

    async def term(self) -> None:
        """Never again."""
        self._consumer.waiting.pop(self._seq, None)


class Bus:
    """Streams, consumers and their moods."""

    def __init__(self, specs: list[ConsumerSpec], random: Random, odds: Odds, batch: int) -> None:
        self.batch = batch
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.random, self.odds = random, odds
        self.consumers = {spec.name: Consumer(spec) for spec in specs}
        self.streams = {spec.stream: Stream() for spec in specs}
        self.kill_at_ack: int | None = None
        """So many acknowledgements from now the process dies."""

    def publish(self, event: Outgoing) -> bool:
        """True when the broker said so. False is unknown, not no."""
        stream = self.streams[event.stream]
        if self.random.random() < self.odds.unknown:
            if self.random.random() < 0.5:
                stream.store(event)
            return False
        stream.store(event)
        return True

    def fetch(self, name: str) -> list[Message]:
        """A batch: what is due again, then what is new."""
        consumer = self.consumers[name]
        if self.random.random() < self.odds.late:
            return []
        stream = self.streams[consumer.spec.stream]
        found = list(self._again(consumer, stream))
        while (
            len(found) < self.batch
            and consumer.cursor <= stream.last_seq
            and len(consumer.waiting) < consumer.room
        ):
            one = stream.messages.get(consumer.cursor)
            consumer.cursor += 1
            if one is None or not consumer.wants(one.subject):
                continue
            if self.random.random() < self.odds.overtaken:
                at = self.now + seconds(self.random.uniform(0, 7_200))
                consumer.waiting[one.seq] = (at, 0)
            else:
                found.append(self._deliver(consumer, one, 1))
        if self.random.random() < self.odds.shuffled:
            self.random.shuffle(found)
        return found

    def _again(self, consumer: Consumer, stream: Stream) -> Iterator[Message]:
        due = [seq for seq, (at, _) in consumer.waiting.items() if at <= self.now]
        for seq in due[: self.batch]:
            one, delivered = stream.messages.get(seq), consumer.waiting[seq][1]
            if one is None:
                del consumer.waiting[seq]
            else:
                yield self._deliver(consumer, one, delivered + 1)

    def _deliver(self, consumer: Consumer, one: Stored, delivered: int) -> Message:
        again = self.now + seconds(consumer.spec.ack_wait_s)
        consumer.waiting[one.seq] = (again, delivered)
        return Message(self, consumer, one, delivered)

    def idle(self, name: str) -> bool:
        """Nothing lies there for this consumer, now or later."""
        consumer = self.consumers[name]
        return (
            not consumer.waiting and consumer.cursor > self.streams[consumer.spec.stream].last_seq
        )

    def reached_ack(self) -> None:
        """Between the effect and the acknowledgement is where processes die."""
        if self.kill_at_ack is not None:
            self.kill_at_ack -= 1
            if self.kill_at_ack < 0:
                self.kill_at_ack = None
                raise Killed

    def forget_acks(self) -> None:
        """Kill -9 of the server: what was acknowledged a moment ago was not written down (row 7)."""
        for consumer in self.consumers.values():
            for seq in consumer.acked:
                consumer.waiting.setdefault(seq, (self.now, 1))
            consumer.acked.clear()

    def flush(self) -> None:
        """The server writes consumers' positions down, about ten times a second."""
        for consumer in self.consumers.values():
            consumer.acked.clear()

    def forget_repeats(self) -> None:
        """The window of repeats closed, or the server lost it (rows 2 and 8)."""
        for stream in self.streams.values():
            stream.known.clear()

    def reset_consumer(self, name: str) -> None:
        """Its position is lost: everything comes again (row 10)."""
        self.consumers[name].reset()

    def lose_tail(self, name: str, count: int) -> None:
        """Power cut without sync: the newest are gone and their numbers are used again (row 9)."""
        stream = self.streams[name]
        cut = max(0, stream.last_seq - count)
        for seq in range(cut + 1, stream.last_seq + 1):
            gone = stream.messages.pop(seq, None)
            if gone is not None:
                stream.known.discard(gone.message_id)
        stream.last_seq = cut
        for consumer in self.consumers.values():
            if consumer.spec.stream == name:
                consumer.cursor = min(consumer.cursor, cut + 1)
                consumer.waiting = {s: w for s, w in consumer.waiting.items() if s <= cut}

    def lose_some(self, name: str, share: float) -> None:
        """Flipped bits: messages in the middle are gone and nobody says so (row 11)."""
        stream = self.streams[name]
        for seq in [s for s in stream.messages if self.random.random() < share]:
            gone = stream.messages.pop(seq)
            stream.known.discard(gone.message_id)

    def lose_stream(self, name: str) -> None:
        """The store is gone; provisioning makes stream and consumers anew (row 12)."""
        self.streams[name] = Stream()
        for consumer in self.consumers.values():
            if consumer.spec.stream == name:
                consumer.reset()
