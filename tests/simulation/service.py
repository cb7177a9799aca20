"""A service as one process: its store stays, its memory goes when it is killed; relay and reconciler beside it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from contracts.catalog import BY_NAME
from contracts.topology import ConsumerSpec
from kit.deadletters.replaying import Replayer
from kit.delivery import Delivery, Handler
from kit.outbox import LEASE_S, Outgoing
from kit.reconcile.merging import Merge, event_id
from tests.simulation.bus import Bus
from tests.simulation.memory import Killed, Pool, Row, Store, seconds

GROUP: Final = 256


class Relay:
    """Mirrors `kit.relay`: hints from memory, leases that ran out, unknown stays pending, marks after the answer."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store, self._bus = store, bus
        self._hinted: deque[Outgoing] = deque()
        self.kill_before_mark = False

    def hint(self, events: Iterable[Outgoing]) -> None:
        """Committed just now by this process."""
        self._hinted.extend(events)

    def work(self) -> None:
        """Publish what was hinted, then what nobody published in time."""
        hinted, self._hinted = list(self._hinted), deque()
        self._publish(hinted)
        self._publish(self._taken_over())

    def _taken_over(self) -> list[Outgoing]:
        """Mirrors outbox.SQL_CLAIM."""
        store, found = self._store, []
        for key, row in list(store["outbox_pending"].items())[:GROUP]:
            if row["lease_until"] < store.wall:
                lease = row.changed(lease_until=store.wall + seconds(LEASE_S))
                store["outbox_pending"].put(key, lease)
                found.append(outgoing_of(store, key, row["attempt"]))
        store.commit()
        return found

    def _publish(self, events: list[Outgoing]) -> None:
        done = [event.event_id for event in events if self._bus.publish(event)]
        if done and self.kill_before_mark:
            self.kill_before_mark = False
            raise Killed
        for one in done:
            self._store["outbox_pending"].drop(one)
        self._store.commit()


def outgoing_of(store: Store, key: Any, attempt: int = 0) -> Outgoing:
    """A row of the outbox as the relay publishes it."""
    row = store["outbox"][key]
    stream = BY_NAME[".".join(row["subject"].split(".", 2)[:2])].stream
    return Outgoing(key, row["subject"], stream, row["body"], attempt)


class Service:
    """A store, the handlers of its consumers, and whatever a process holds in memory."""

    def __init__(self, name: str, bus: Bus, handlers: Mapping[ConsumerSpec, Handler]) -> None:
        self.name, self.store, self._bus = name, Store(name), bus
        self.pool = Pool(self.store)
        self.handlers = dict(handlers)
        self.round = 0
        self.deaths = 0
        self.start()

    def start(self) -> None:
        """A new process on the same store."""
        self.relay = Relay(self.store, self._bus)
        self.store.kill_at, self.store.unreachable = None, 0
        self.deliveries = {
            spec.name: Delivery(
                spec,
                handler,
                pool=cast("Any", self.pool),
                relay=cast("Any", self.relay),
                once=spec.name not in NOT_ONCE,
            )
            for spec, handler in self.handlers.items()
        }
        self.replayer = Replayer(
            cast("Any", self.pool), cast("Any", self.relay), list(self.deliveries.values())
        )

    def died(self) -> None:
        """What was not committed is gone; a supervisor starts it again."""
        self.deaths += 1
        self.store.back(0)
        self.start()

    async def take(self, consumer: str) -> int:
        """Fetch once and deliver; how many messages came."""
        messages = self._bus.fetch(consumer)
        if messages:
            try:
                await self.deliveries[consumer](cast("Any", messages))
            except Killed:
                self.died()
        return len(messages)

    async def mend(self) -> None:
        """Try once more what lacked an earlier event."""
        try:
            await self.replayer.mend()
        except Killed:
            self.died()
        except OSError:
            return

    def publish(self) -> None:
        """One turn of the relay."""
        try:
            self.relay.work()
        except Killed:
            self.died()

    def reconcile(self) -> int:
        """Offer again what was published and the stream does not hold (mirrors kit.reconcile; its own Merge)."""
        merge = Merge()
        for stream in self._bus.streams.values():
            merge.came_back(event_id(one.message_id) for one in stream.messages.values())
        merge.kept(map(str, self.store["outbox"]))
        pending, kept = self.store["outbox_pending"], {str(k): k for k in self.store["outbox"]}
        self.round += 1
        offered = 0
        for one in merge.missing:
            row = {"event_id": kept[one], "attempt": self.round, "lease_until": self.store.wall}
            offered += pending.add(kept[one], Row(row))
        self.save()
        return offered

    def save(self) -> None:
        """Commit what was done beside the verbs."""
        try:
            self.store.commit()
        except Killed:
            self.died()


NOT_ONCE: Final = frozenset({"router-clocks", "router-escalations"})
"""Durables without an inbox, as services/router/app.py binds them."""
