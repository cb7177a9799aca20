"""At the services' doors: what residents and offices send in, and send again when nobody answered."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast
from uuid import UUID

from contracts.complaint import Channel, ComplaintChanged, ComplaintReceived, Kind
from kit import outbox
from kit.errors import DomainError
from kit.outbox import Outgoing, outgoing
from services.router.acting import Office
from tests.simulation import chance
from tests.simulation.memory import Connection, Killed, Row
from tests.simulation.people import CLOSED, Deed, Fact

if TYPE_CHECKING:
    from tests.simulation.world import World

Action: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
UNANSWERED: Final = frozenset({"declined", "withdrawn"})
"""Ends after which nobody may go on following a ticket (domain.md E19)."""


class Doors:
    """Everything that comes into a world from outside."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._commands = 0

    def filing(self, n: int) -> Action:
        """The n-th complaint, filed again under its key until somebody answers; then people look at it."""
        world, fields = self._world, self._world.people.complaint()

        async def file() -> None:
            if await self.file(n, fields) is None:
                world.at(world.now + timedelta(seconds=30), file)
                return
            complaint_id = chance.ticket_id(world.plan.seed, n)
            world.at(world.now + world.people.wait(), self._looking(complaint_id))

        return file

    async def file(self, n: int, fields: dict[str, Any]) -> str | None:
        """Mirrors intake's SQL_FILE: the key decides. The number; None when nobody answered."""
        world, number = self._world, f"2611{n:08}"
        complaint_id, store = chance.ticket_id(world.plan.seed, n), world.intake.store
        try:
            async with Connection(store).transaction():
                if store["complaint"].add(complaint_id, Row(number=number)):
                    event = self._received(complaint_id, number, fields)
                    await outbox.append(cast("Any", Connection(store)), [event])
                    world.intake.relay.hint([event])
        except Killed:
            world.intake.died()
            return None
        world.told.acknowledged[complaint_id] = number
        world.note("filed", number)
        return number

    def _received(self, complaint_id: UUID, number: str, fields: dict[str, Any]) -> Outgoing:
        now = self._world.intake.store.now
        data = ComplaintReceived(
            complaint_id=str(complaint_id), number=number, channel=Channel.HOTLINE,
            kind=Kind.COMPLAINT, received_at=now, area=fields["grid_code"], **fields,
        )  # fmt: skip
        return outgoing(
            "complaint.received", data, source="intake", about=number, at=now,
            area=fields["grid_code"],
        )  # fmt: skip

    def _looking(self, complaint_id: UUID) -> Action:
        world = self._world

        async def look() -> None:
            row = world.router.store["ticket"].get(complaint_id)
            if row is not None:
                if row["status"] in CLOSED:
                    return
                await self.look(complaint_id, row)
            if row is None or row["status"] != "closed" or world.random.random() < 0.3:
                world.at(world.now + world.people.wait(), self._looking(complaint_id))

        return look

    async def look(self, complaint_id: UUID, row: Row) -> None:
        """Somebody looks at a ticket and does, says or leaves what is plausible."""
        world = self._world
        self._followed(row)
        others = [str(one) for one in list(world.router.store["ticket"])[-20:]]
        what = world.people.next(row, others, world.router.store.now)
        if isinstance(what, Deed):
            self._commands += 1
            await self._try(complaint_id, what, f"c{self._commands}", 0)
        elif what is not None:
            await self.say(complaint_id, row, what)

    def _followed(self, row: Row) -> None:
        store, top = self._world.router.store, row
        while (joined := store["follower"].get(top["ticket_id"])) is not None:
            top = store["ticket"][joined["into_ticket"]]
        if top is not row and top["status"] in UNANSWERED:
            self._world.told.broken.append(f"{row['number']} follows a {top['status']} ticket")

    async def _try(self, ticket_id: UUID, deed: Deed, command_id: str, tries: int) -> None:
        """As a client does: again with the same id when nobody answered, and now and then for no reason."""
        world = self._world
        try:
            answer = await self.do(ticket_id, deed, command_id)
        except DomainError as error:
            world.told.refused += 1
            world.note("refused", deed.action, error.slug)
            return
        if answer is None:
            if tries < 3:
                again = self._again(ticket_id, deed, command_id, tries + 1)
                world.at(world.now + timedelta(seconds=5), again)
            return
        world.told.done += 1
        world.note(deed.action, answer["number"], answer["version"])
        if world.random.random() < 0.02:
            self.same(command_id, answer, await self.do(ticket_id, deed, command_id))

    def _again(self, ticket_id: UUID, deed: Deed, command_id: str, tries: int) -> Action:
        return lambda: self._try(ticket_id, deed, command_id, tries)

    async def do(self, ticket_id: UUID, deed: Deed, command_id: str) -> dict[str, Any] | None:
        """One command at the router's office; None when nobody answered. Raises DomainError when refused."""
        router, pool = self._world.router, cast("Any", self._world.router.pool)
        office = Office(pool, cast("Any", router.relay), self._world.in_use, pool)
        command = deed.command(command_id)
        try:
            return await office.act(
                str(ticket_id), deed.action, command, deed.actor, expected=deed.expected
            )
        except Killed:
            router.died()
        except OSError:
            pass
        return None

    def same(self, command_id: str, first: dict[str, Any], then: dict[str, Any] | None) -> None:
        """The same command once more: the same answer, and nothing done."""
        names = ("number", "version")
        if then is not None and any(then[name] != first[name] for name in names):
            self._world.told.broken.append(f"{command_id} was answered differently the second time")

    async def say(self, complaint_id: UUID, row: Row, fact: Fact) -> None:
        """Mirrors intake's later words: one row and one event in one transaction."""
        intake, number = self._world.intake, self._world.told.acknowledged[complaint_id]
        about = dict(fact.about) | {"ticket_round": row["round"]}
        data = ComplaintChanged(complaint_id=str(complaint_id), number=number, **about)
        event = outgoing(
            f"complaint.{fact.event}", data, source="intake", about=number, at=intake.store.now
        )
        try:
            async with Connection(intake.store).transaction():
                await outbox.append(cast("Any", Connection(intake.store)), [event])
        except Killed:
            intake.died()
            return
        intake.relay.hint([event])
        self._world.note(fact.event, number)
