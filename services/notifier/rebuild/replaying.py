"""The service's life once more: the same messages to the same code, ticks at the times they were made.

Only the consumers' own actions and the tick write the scratch schema; nothing here knows a rule. The
scratch database has a business clock of its own, which stands still between two steps.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import orjson

from contracts.topology import NOTIFIER_COMPLAINTS, NOTIFIER_DIRECTORY, NOTIFIER_TICKETS
from kit.clock import business_now, set_business_clock
from kit.db import Conn, Pool, reading, transaction
from kit.delivery import Effects, Received
from services.notifier import actions, recounting
from services.notifier.directory import Directory
from services.notifier.rebuild import store_rebuild
from services.notifier.rebuild.order import Heard, Spoke, Versions, steps
from services.notifier.ticking import tick

Tell = Callable[[str, int, int], None]
Apply = Callable[[Conn, Sequence[Received], Directory], Awaitable[Effects]]
CONSUMERS: Final[Mapping[str, tuple[str, Apply]]] = {
    NOTIFIER_COMPLAINTS.name: ("intake", actions.apply_complaints),
    NOTIFIER_TICKETS.name: ("router", actions.apply_tickets),
}
"""By durable: whose events it hears, and the action that applies them."""
TICKED: Final = ("clock.near_due", "clock.breached", "escalation.raised")
NOTED: Final = ("escalation.raise", "escalation.skip")
SETTLED: Final = timedelta(seconds=5)
"""What was due that long ago must have been raised by now."""
FETCH_S: Final = timedelta(seconds=2)
"""A version that was announced is in use after about that long; a clock that names it says so at once."""
STEP: Final = 200


class Source(Protocol):
    """Where the kept events of others come from."""

    def events(self, service: str) -> AsyncIterator[Received]:
        """Everything a service has said, in its order."""
        ...

    async def directory(self, version: int) -> Directory:
        """A version of the directory."""
        ...


@dataclass(slots=True)
class Material:
    """What the service heard and did up to one moment."""

    now: datetime
    """Business time of that moment."""
    heard: list[Heard[Received]] = field(default_factory=list)
    ticks: list[Spoke] = field(default_factory=list)
    versions: Versions = field(default_factory=Versions)
    runs: dict[int, datetime] = field(default_factory=dict)
    """Business time at which a directory version's calendars were taken to the open clocks."""
    waiting: int = 0
    """Events that were said and not applied yet."""


async def gather(conn: Conn, source: Source, tell: Tell) -> Material:
    """Collect, as one snapshot sees it, what has been applied so far, from whoever said it."""
    found = Material(await business_now(conn), runs=await store_rebuild.runs(conn))
    for consumer, (service, _) in CONSUMERS.items():
        applied = await store_rebuild.applied(conn, consumer)
        nouns = _nouns(consumer)
        place = 0
        async for one in source.events(service):
            place += 1
            if one.name.partition(".")[0] not in nouns:
                continue
            at = applied.pop(one.event_id, None)
            if at is None:
                found.waiting += 1
            else:
                found.heard.append(Heard(at, consumer, place, one))
            if place % STEP == 0:
                tell("events", len(found.heard), 0)
        tell("events", len(found.heard), 0)
    await _own(conn, found)
    await _published(conn, source, found)
    found.versions.ready()
    return found


async def _own(conn: Conn, found: Material) -> None:
    """When the ticks were, and which directory version clocks were set with."""
    async for row in store_rebuild.said(conn, [*TICKED, "clock.set"]):
        event: dict[str, Any] = orjson.loads(row["body"])
        data = event["data"]
        if "clock.set" in event["type"]:
            found.versions.note(row["created_at"], data["trace"]["calendar_version"])
        else:
            found.ticks.append(Spoke(row["created_at"], datetime.fromisoformat(data["at"])))
    found.ticks += [Spoke(None, at) for at in await store_rebuild.noted(conn, list(NOTED))]


async def _published(conn: Conn, source: Source, found: Material) -> None:
    applied = await store_rebuild.applied(conn, NOTIFIER_DIRECTORY.name)
    async for one in source.events("router"):
        if one.name == "directory.published" and one.event_id in applied:
            found.versions.note(applied[one.event_id] + FETCH_S, one.event.data.version)


async def replay(scratch: Pool, material: Material, source: Source, tell: Tell) -> int:
    """Do everything again in the scratch schema; how many steps that took."""
    todo = list(steps(material.heard, material.ticks))
    again = Again(scratch, material, source)
    for done, step in enumerate(todo, 1):
        directory = await again.directory_at(step.at)
        if step.tick is not None:
            await again.tick(step.tick, directory)
        else:
            await again.apply(step.consumer, step.messages, directory)
        if done % STEP == 0 or done == len(todo):
            tell("rebuild", done, len(todo))
    if todo:
        directory = await again.directory_at(todo[-1].at)
        for consumer in CONSUMERS:
            await again.apply(consumer, (), directory)
        await again.tick(material.now - SETTLED, directory)
    return len(todo)


@dataclass(slots=True)
class Again:
    """The scratch schema, its clock, and the directory version in use."""

    scratch: Pool
    material: Material
    source: Source
    _directory: Directory | None = None
    _ticked_at: datetime | None = None
    _early: dict[str, list[Received]] = field(default_factory=dict)
    """By consumer: what came before its turn. Of two transactions one may begin first and be let in last."""

    async def directory_at(self, moment: datetime) -> Directory:
        """The version in use then; a new one's calendars are first taken to the open clocks."""
        version = self.material.versions.at(moment)
        before = self._directory
        if before is not None and before.version == version:
            return before
        directory = self._directory = await self.source.directory(version)
        if before is not None and before.digests != directory.digests:
            at = self.material.runs.get(version) or self._ticked_at or self.material.now
            await self._set(at)
            await recounting.begin(self.scratch, directory)
            while await recounting.step(self.scratch, directory) is not None:
                pass
        return directory

    async def apply(
        self, consumer: str, messages: Sequence[Received], directory: Directory
    ) -> None:
        """Messages of one transaction, with those that had to wait for them."""
        due = [*self._early.pop(consumer, []), *messages]
        if due:
            _, apply = CONSUMERS[consumer]
            async with transaction(self.scratch) as conn:
                self._early[consumer] = list((await apply(conn, due, directory)).waiting)

    async def tick(self, at: datetime, directory: Directory) -> None:
        """Everything that was due by then."""
        self._ticked_at = at
        await self._set(at)
        while (await tick(self.scratch, directory)).more:
            pass

    async def _set(self, at: datetime) -> None:
        async with reading(self.scratch) as conn:
            await set_business_clock(conn, at)


def _nouns(consumer: str) -> set[str]:
    spec = next(s for s in (NOTIFIER_COMPLAINTS, NOTIFIER_TICKETS) if s.name == consumer)
    return {subject.partition(".")[0] for subject in spec.filters}
