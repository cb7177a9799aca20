"""A person acts on a ticket: the same action, the same answer, over HTTP and over `cmd.<action>.<unit>`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from asyncpg import Record
from pydantic import BaseModel, ValidationError

from contracts.command import Command, CommandRequest, ReplyRequest
from contracts.ticket import TicketStatus
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, keep_in_hand, show, transaction
from kit.errors import DomainError, Kind, not_found, stale
from kit.outbox import Outgoing
from kit.relay import Relay
from kit.validation import invalid, wrong_field
from services.router.desk import desk, effects
from services.router.directory.directory import Directory
from services.router.once import Once
from services.router.publishing.in_use import DirectoryInUse
from services.router.ticket import seeing, store, store_merging
from services.router.ticket.deed import Asked, Deed
from services.router.ticket.seeing import Actor
from services.router.ticket.ticket import Action, By, advance, identify
from services.router.ticket.viewing import changed_view, ticket_view
from services.router.ticket.wanting import check_data
from services.router.whistle import store_whistles

C = TypeVar("C", bound=BaseModel)
_WHO: Final = {
    By.DESK: ("分拨台", "the dispatch desk"),
    By.OVER: ("上级单位、属地书记或分拨台", "a superior, the secretary of the place, or the desk"),
    By.RULING: ("裁定人员", "the ruling officer"),
}


@dataclass(frozen=True, slots=True)
class Office:
    """Where actions are taken: one transaction each, events hinted to the relay after it."""

    pool: Pool
    relay: Relay
    in_use: DirectoryInUse
    people: Pool
    """Of the role that sees what the person who asks may see (docs/adr/0036)."""

    async def act(
        self,
        ticket: str,
        action: str,
        command: Command,
        actor: Actor,
        *,
        expected: str | None = None,
    ) -> dict[str, Any]:
        """Take an action and answer the ticket's new state. Raises DomainError 404, 409, 412, 422.

        `expected` is an If-Match header: the version in quotes that the caller saw.
        """
        async with transaction(self.people) as conn:
            now = await business_now(conn)
            await show(conn, actor.sight(told=actor.units))
            once = Once.of(f"@{actor.person}", command.command_id, [ticket, action, command])
            if (before := await once.before(conn)) is not None:
                return before
            if actor.desk:
                await desk.hold(conn, ticket, action, command.data)
            if expected is not None:
                row = await _visible(conn, ticket, actor, lock=True)
                if expected not in ("*", f'"{row["version"]}"'):
                    raise stale("工单", "The ticket", row["version"], Kind.PRECONDITION)
            seen = command.version is not None or expected not in (None, "*")
            asked = (ticket, action, command, actor, now)
            events, state = await self._act(conn, asked, seen=seen)
            await once.keep(conn, state, now)
        self.relay.hint(events)
        return state

    async def answer(self, action: str, unit: str, raw: Any) -> dict[str, Any]:
        """Answer `cmd.<action>.<unit>`; the same `command_id` gets the same answer.

        Of two copies sent at once the second waits for the first. Raises DomainError; a refusal is not
        remembered.
        """
        command = read_command(CommandRequest, raw)
        if action == "show":
            async with transaction(self.pool) as conn:
                actor = self._member(unit, command.actor, await business_now(conn))
                return ticket_view(await _shown(conn, command.ticket, actor))
        once = Once.of(unit, command.command_id, [action, raw])
        return await self._answer(action, unit, command, once)

    async def reply(self, action: str, reply: ReplyRequest) -> dict[str, Any]:
        """The same for a person who answered a notice by a short reply; the history says so."""
        once = Once.of(f"reply {reply.unit}", reply.command_id, [action, reply])
        return await self._answer(action, reply.unit, reply, once, via="reply")

    async def _answer(
        self, action: str, unit: str, command: CommandRequest, once: Once, *, via: str | None = None
    ) -> dict[str, Any]:
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            actor = replace(self._member(unit, command.actor, now), via=via)
            if (before := await once.before(conn)) is not None:
                return before
            asked = (command.ticket, action, command, actor, now)
            events, state = await self._act(conn, asked, seen=command.version is not None)
            await once.keep(conn, state, now)
        self.relay.hint(events)
        return state

    async def _act(
        self, conn: Conn, asked: tuple[str, str, Command, Actor, datetime], *, seen: bool
    ) -> tuple[list[Outgoing], dict[str, Any]]:
        ticket, name, command, actor, now = asked
        row = await _visible(conn, ticket, actor, lock=True)
        await keep_in_hand(conn, [row["ticket_id"]])
        if command.version is not None and command.version != row["version"]:
            raise stale("工单", "The ticket", row["version"])
        action = _action(name)
        step = advance(TicketStatus(row["status"]), action)
        if not actor.may(step.by, row):
            raise not_found("工单", "ticket") if step.by is By.HOLDER else _not_yours(step.by)
        check_data(action, command.data)
        asked_for = Asked(row, step, command, actor, now, seen)
        deeds = await effects.follow(conn, action, asked_for, self._directory())
        for deed in deeds:
            await _save(conn, deed)
        events = [event for deed in deeds for event in deed.events()]
        await outbox.append(conn, events)
        await audit.record(conn, [_entry(action, deed) for deed in deeds])
        return events, ticket_view(row) | changed_view(deeds[0])

    def _member(self, unit: str, person: str, now: datetime) -> Actor:
        """The person, if the directory knows a post of that person in that unit. Raises 422."""
        member = seeing.actor(person, self._directory(), now, unit=unit)
        if not member.units:
            raise wrong_field(
                "actor", zh="不是本单位在岗人员，请核对工号", en="holds no post in this unit"
            )
        return member

    def _directory(self) -> Directory:
        return self.in_use.needed()


def read_command(model: type[C], raw: Any) -> C:
    """Raises DomainError 422 that names the field."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise invalid(error) from None


async def _save(conn: Conn, deed: Deed) -> None:
    """Compare and set on the version, and the history in the same transaction."""
    if not await store.move(conn, deed.row, deed.after, deed.version, deed.asked.at):
        raise stale("工单", "The ticket", deed.row["version"])
    await store.append_history(conn, deed.lines())


def _entry(action: Action, deed: Deed) -> audit.Entry:
    """Codes, and the reason masked: why somebody decided over a caller's ticket is asked for later."""
    detail = dict(deed.detail) | ({"reason": deed.reason} if deed.reason else {})
    detail |= deed.asked.actor.how()
    actor, ticket_id = deed.asked.actor.person, str(deed.row["ticket_id"])
    return audit.Entry(deed.asked.at, actor, f"ticket.{action.value}", ticket_id, detail)


async def _shown(conn: Conn, ticket: str, actor: Actor) -> Record:
    """The ticket as well for a department that an open whistle calls."""
    row = await store.ticket(conn, *identify(ticket))
    called = await store_whistles.called_for(conn, row["ticket_id"]) if row else frozenset()
    about = await store_merging.about(conn, row["ticket_id"]) if row else frozenset()
    if row is None or not actor.sees({**row, "assists": [*row["assists"], *called]}, about):
        raise not_found("工单", "ticket")
    return row


async def _visible(conn: Conn, ticket: str, actor: Actor, *, lock: bool = False) -> Record:
    """The ticket if the actor may see it; another unit's is not known to exist."""
    ticket_id, number = identify(ticket)
    row = await store.ticket(conn, ticket_id, number, lock=lock)
    about = await store_merging.about(conn, row["ticket_id"]) if row else frozenset()
    if row is None or not actor.sees(row, about):
        raise not_found("工单", "ticket")
    return row


def _action(name: str) -> Action:
    try:
        return Action(name)
    except ValueError:
        raise not_found("操作", "action") from None


def _not_yours(by: By) -> DomainError:
    zh, en = _WHO[by]
    return DomainError(
        "forbidden", Kind.FORBIDDEN, zh=f"这一步由{zh}办理。", en=f"This step is taken by {en}."
    )
