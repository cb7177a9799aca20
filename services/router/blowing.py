"""Whistles: blown, signed, answered, rated; the same step, the same answer, over HTTP and over NATS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.clock import ClockKind
from contracts.whistle import WhistleEvent, WhistleKind
from contracts.whistle_command import Blowing, WhistleCommand, WhistleRequest
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, keep_in_hand, show, transaction
from kit.errors import DomainError, Kind, not_found, stale
from kit.outbox import Outgoing, outgoing
from kit.relay import Relay
from kit.validation import id_of, wrong_field
from services.router.acting import read_command
from services.router.drafting import draft
from services.router.once import Once, Reply
from services.router.publishing.in_use import DirectoryInUse
from services.router.ticket import seeing, store
from services.router.ticket.seeing import Actor
from services.router.ticket.store_proof import claim_proof
from services.router.ticket.ticket import identify
from services.router.whistle import permits, store_whistles
from services.router.whistle.deeds import Asked, Deed, said
from services.router.whistle.states import STEPS, Act, By
from services.router.whistle.steps import take
from services.router.whistle.viewing import whistle_view

SERVICE: Final = "router"
PREFIX: Final = "whistle-"
"""Of the commands by which departments answer."""


@dataclass(frozen=True, slots=True)
class WhistleOffice:
    """Where whistles are blown and answered: one transaction each, events hinted to the relay after it."""

    pool: Pool
    relay: Relay
    in_use: DirectoryInUse
    people: Pool
    """Of the role that sees what the person who asks may see (docs/adr/0036)."""

    async def blow(self, body: Blowing, actor: Actor) -> Reply:
        """Blow a whistle; an emergency is issued at once. Raises DomainError 403, 404, 409, 422."""
        async with transaction(self.people) as conn:
            now = await business_now(conn)
            await show(conn, actor.sight(told=actor.units))
            once = Once.of(f"@{actor.person}", body.command_id, ["blow", body])
            if (before := await once.before(conn)) is not None:
                return before
            blown = await draft(conn, self.in_use.needed(), body, actor, now)
            asked = Asked(Act.BLOW, actor.person, now, cause=body.command_id)
            deeds = [take(blown, asked)]
            if body.kind is WhistleKind.EMERGENCY:
                issuing = Asked(Act.ISSUE, actor.person, now, cause=body.command_id)
                deeds.append(take(deeds[0].after, issuing))
            await keep_in_hand(conn, [blown.whistle_id])
            await store_whistles.add(conn, Deed(asked, blown, deeds[-1].after, ()))
            events = await _keep(conn, deeds)
            state = whistle_view(deeds[-1].after, [], actor.units)
            await once.keep(conn, state, now)
        self.relay.hint(events)
        return state

    async def act(
        self, ident: str, name: str, command: WhistleCommand, actor: Actor, seen: frozenset[str]
    ) -> Reply:
        """A person's step over HTTP. Raises DomainError 403, 404, 409, 422.

        `seen` are the units for which the person may know of whistles: the own ones and those below.
        """
        act = permits.act_of(name, command.data)
        if act is None:
            raise not_found("操作", "action")
        async with transaction(self.people) as conn:
            now = await business_now(conn)
            await show(conn, actor.sight(told=seen | actor.units))
            once = Once.of(f"@{actor.person}", command.command_id, [ident, name, command])
            if (before := await once.before(conn)) is not None:
                return before
            events, state = await self._act(
                conn, id_of(ident, "吹哨", "whistle"), act, command, (actor, seen, now)
            )
            await once.keep(conn, state, now)
        self.relay.hint(events)
        return state

    async def answer(self, action: str, unit: str, raw: Any) -> Reply:
        """Answer `cmd.whistle-….<unit>`; the same `command_id` gets the same answer. Raises DomainError."""
        command = read_command(WhistleRequest, raw)
        act = permits.act_of(action.removeprefix(PREFIX), command.data)
        if act is None or not _is_departments(act):
            raise not_found("操作", "action")
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            actor = seeing.actor(command.actor, self.in_use.needed(), now, unit=unit)
            if not actor.units:
                raise wrong_field(
                    "actor", zh="不是本单位在岗人员，请核对工号", en="holds no post in this unit"
                )
            once = Once.of(unit, command.command_id, [action, raw])
            if (before := await once.before(conn)) is not None:
                return before
            whistle_id = await _named(conn, command, unit)
            who = (actor, actor.units, now)
            events, state = await self._act(conn, whistle_id, act, command, who)
            await once.keep(conn, state, now)
        self.relay.hint(events)
        return state

    async def _act(
        self,
        conn: Conn,
        whistle_id: UUID,
        act: Act,
        command: WhistleCommand,
        who: tuple[Actor, frozenset[str], datetime],
    ) -> tuple[list[Outgoing], Reply]:
        actor, seen, now = who
        whistle = await store_whistles.whistle(conn, whistle_id, lock=True)
        if whistle is None or not whistle.known_to(seen | actor.units, actor.kin):
            raise not_found("吹哨", "whistle")
        owner = whistle.ticket_id or whistle_id
        await keep_in_hand(conn, {whistle_id, owner})
        if command.version is not None and command.version != whistle.version:
            raise stale("这次吹哨", "The whistle", whistle.version)
        by = next(step.by for (_, one), step in STEPS.items() if one is act)
        if not permits.may(whistle, by, self.in_use.needed(), actor, now):
            raise _forbidden(by)
        permits.check_data(act, command.data)
        clocks = (await store_whistles.clocks(conn, [whistle_id])).get(whistle_id, [])
        unit = command.data.unit if act is Act.EXCUSE else None
        if by is By.CALLED:
            unit = permits.called_unit(whistle, actor.units, command.data.unit)
            permits.check_person(self.in_use.needed(), unit, command.data.person, now)
        due = {c["unit"]: c["due_at"] for c in clocks if c["kind"] == ClockKind.CHECK_IN.value}
        asked = Asked(
            act, actor.person, now, command.data, unit, due.get(unit or ""), command.command_id
        )
        deed = take(whistle, asked)
        await claim_proof(conn, command.data.proof, owner, actor.person, now)
        events = await save(conn, deed)
        return events, whistle_view(deed.after, clocks, seen | actor.units)


async def save(conn: Conn, deed: Deed) -> list[Outgoing]:
    """Compare and set on the version; history, outbox and audit in the same transaction. Raises 409."""
    if not await store_whistles.move(conn, deed):
        raise stale("这次吹哨", "The whistle", deed.before.version)
    return await _keep(conn, [deed])


async def _keep(conn: Conn, deeds: Sequence[Deed]) -> list[Outgoing]:
    for deed in deeds:
        await store_whistles.append_history(conn, deed)
    events = [_say(name, data) for deed in deeds for name, data in deed.told()]
    await outbox.append(conn, events)
    await audit.record(conn, [_entry(deed) for deed in deeds])
    return events


def _say(name: str, data: WhistleEvent) -> Outgoing:
    return outgoing(
        name,
        data,
        source=SERVICE,
        about=data.whistle_id,
        at=data.at,
        to=data.unit,
        area=data.area,
    )


def _entry(deed: Deed) -> audit.Entry:
    asked = deed.asked
    detail = {"status": deed.after.status.value, "unit": asked.unit, **said(asked.data)}
    action = f"whistle.{asked.act.value}"
    return audit.Entry(asked.at, asked.actor, action, str(deed.after.whistle_id), detail)


async def _named(conn: Conn, command: WhistleRequest, unit: str) -> UUID:
    """The whistle a command is about. Raises DomainError 404, 422."""
    if command.data.whistle is not None:
        return id_of(command.data.whistle, "吹哨", "whistle")
    if command.ticket is None:
        raise wrong_field(
            "data.whistle", zh="请写明哪一次吹哨，或哪张工单", en="name the whistle, or the ticket"
        )
    row = await store.ticket(conn, *identify(command.ticket))
    found = await store_whistles.calling(conn, row["ticket_id"], unit) if row else []
    if not found:
        raise not_found("吹哨", "whistle")
    if len(found) > 1:
        ids = [str(one) for one in found]
        raise wrong_field(
            "data.whistle",
            zh=f"这张工单有几次吹哨叫了本单位，请写明是哪一次：{', '.join(ids)}",
            en=f"several whistles of this ticket call the unit; name one of {', '.join(ids)}",
            whistles=ids,
        )
    return found[0]


def _is_departments(act: Act) -> bool:
    return any(step.by is By.CALLED for (_, one), step in STEPS.items() if one is act)


_BY: Final[dict[By, tuple[str, str]]] = {
    By.BLOWER: ("这一步由吹哨单位办理。", "This step is the blower's."),
    By.SIGNER: (
        "这一步由街道值班领导办理，吹哨人本人不能签批。",
        "This step is the street duty leader's, and never of who blew the whistle.",
    ),
    By.CALLED: ("这一步由被叫单位办理。", "This step is a called department's."),
}


def _forbidden(by: By) -> DomainError:
    zh, en = _BY[by]
    return DomainError("forbidden", Kind.FORBIDDEN, zh=zh, en=en)
