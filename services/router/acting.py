"""A person acts on a ticket: the same action, the same answer, over HTTP and over `cmd.<action>.<unit>`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from asyncpg import Record
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.ticket import TicketDispatched, TicketEvent, TicketStatus
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.errors import DomainError, Kind, not_found
from kit.outbox import Outgoing
from kit.relay import Relay
from kit.validation import invalid, wrong_field
from services.router import duty, store
from services.router.catalogue import DirectoryInUse
from services.router.directory import Directory
from services.router.routing import say
from services.router.ticket import Action, By, Step, advance

DESK_ROLES: Final = ("dispatcher", "admin")


class Data(BaseModel):
    """What an action may carry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,32}$")] | None = None
    """New lead of `dispatch` and `reassign`."""
    reason: Annotated[str, Field(max_length=500)] | None = None
    note: Annotated[str, Field(max_length=2_000)] | None = None
    """What was said or done; kept in the history, shown to who holds the ticket."""
    result: Annotated[str, Field(max_length=50)] | None = None
    proof: tuple[str, ...] = ()


class Command(BaseModel):
    """The body of an action over HTTP; over NATS it also names the ticket and the actor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    ticket: Annotated[str, Field(max_length=40)] | None = None
    version: int | None = None
    actor: Annotated[str, Field(max_length=32)] | None = None
    data: Data = Data()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, the units that person stands for, and whether for the desk."""

    person: str
    units: frozenset[str]
    desk: bool = False


async def act(  # noqa: PLR0913 - wiring of one action
    pool: Pool,
    relay: Relay,
    in_use: DirectoryInUse,
    *,
    ticket: str,
    action: str,
    command: Command,
    actor: Actor,
) -> dict[str, Any]:
    """Take an action and answer the ticket's new state. Raises DomainError 404, 409, 422."""
    async with transaction(pool) as conn:
        now = await business_now(conn)
        events, state = await _act(conn, in_use, ticket, _action(action), command, actor, now)
    relay.hint(events)
    return state


async def answer_command(
    pool: Pool, relay: Relay, in_use: DirectoryInUse, *, action: str, unit: str, raw: Any
) -> dict[str, Any]:
    """Answer `cmd.<action>.<unit>`; the same `command_id` gets the same answer. Raises DomainError."""
    command = read_command(raw)
    if command.command_id is None or command.ticket is None or command.actor is None:
        missing = next(n for n in ("command_id", "ticket", "actor") if getattr(command, n) is None)
        raise wrong_field(missing, zh="缺少此项, 请补上", en="is missing; add it")
    body_hash = hashlib.sha256(orjson.dumps([action, raw], option=orjson.OPT_SORT_KEYS)).digest()
    async with transaction(pool) as conn:
        now = await business_now(conn)
        before = await store.command(conn, unit, command.command_id)
        if before is not None:
            if before["body_hash"] != body_hash:
                raise _id_reused()
            known: dict[str, Any] = before["reply"]
            return known
        actor = _member(in_use.directory, unit, command.actor, now)
        if action == "show":
            return ticket_view(await _visible(conn, command.ticket, actor))
        events, state = await _act(
            conn, in_use, command.ticket, _action(action), command, actor, now
        )
        await store.keep_command(conn, command.command_id, unit, body_hash, state, now)
    relay.hint(events)
    return state


def read_command(raw: Any) -> Command:
    """Raises DomainError 422 that names the field."""
    try:
        return Command.model_validate(raw)
    except ValidationError as error:
        raise invalid(error) from None


def ticket_view(row: Record) -> dict[str, Any]:
    """A ticket as lists show it (product.md section 4)."""
    words = {} if row["confidential"] else {"title": row["title"], "address": row["address"]}
    return {
        "ticket_id": str(row["ticket_id"]),
        "number": row["number"],
        "complaint_id": str(row["ticket_id"]),
        "status": row["status"],
        "unit": row["unit"],
        "post": row["post"],
        "assists": row["assists"],
        "grid": row["area"],
        "category": row["category"],
        "urgency": row["urgency"],
        "round": row["round"],
        "version": row["version"],
        "escalation_level": row["escalation_level"],
        "channel": row["channel"],
        "kind": row["kind"],
        **words,
        "text": row["body"],
        "received_at": row["received_at"].isoformat(),
    }


async def _act(  # noqa: PLR0913 - one action with everything it is judged by
    conn: Conn,
    in_use: DirectoryInUse,
    ticket: str,
    action: Action,
    command: Command,
    actor: Actor,
    now: datetime,
) -> tuple[list[Outgoing], dict[str, Any]]:
    row = await _visible(conn, ticket, actor, lock=True)
    if command.version is not None and command.version != row["version"]:
        raise _stale(row["version"])
    step = advance(TicketStatus(row["status"]), action)
    if step.by is By.HOLDER and row["unit"] not in actor.units:
        raise not_found("工单", "ticket")
    if step.by is By.DESK and not actor.desk:
        raise _desk_only()
    directory = in_use.directory
    assert directory is not None  # noqa: S101 - a ticket exists, so a version does
    unit, post = _lead(directory, row, step, command, now)
    events, lines = _consequences(row, step, command, actor, unit=unit, post=post, now=now)
    version = row["version"] + len(lines)
    moved = await store.move(
        conn, row["ticket_id"], row["version"], step.to.value, unit, post, version, now,
        now if step.event == "dispatched" else None, None,
    )  # fmt: skip
    if not moved:
        raise _stale(row["version"])
    await store.append_history(conn, lines)
    await outbox.append(conn, events)
    entry = audit.Entry(now, actor.person, f"ticket.{action.value}", str(row["ticket_id"]))
    await audit.record(conn, [entry])
    state = ticket_view(row) | {
        "status": step.to.value, "unit": unit, "post": post, "version": version,
    }  # fmt: skip
    return events, state


def _lead(
    directory: Directory, row: Record, step: Step, command: Command, now: datetime
) -> tuple[str, str | None]:
    """The lead unit and its post after the step; `dispatch` and `reassign` must name one."""
    if step.event != "dispatched":
        return row["unit"], row["post"]
    unit = command.data.unit
    if unit is None or unit not in directory.units:
        raise wrong_field("data.unit", zh="请给出目录中的单位代码", en="name a unit of the directory")
    if duty.conflicts(directory, unit, row["accused"]):
        raise wrong_field(
            "data.unit",
            zh="不能派给被反映的单位或其直接上级",
            en="may not go to the party complained about or the unit above it",
        )
    post = duty.answering_post(directory, unit, row["area"], now)
    return unit, post.post if post else None


def _consequences(  # noqa: PLR0913 - everything an event tells of
    row: Record,
    step: Step,
    command: Command,
    actor: Actor,
    *,
    unit: str,
    post: str | None,
    now: datetime,
) -> tuple[list[Outgoing], list[tuple[Any, ...]]]:
    """Events and history lines of a step; a move tells the old unit first, then the new one."""
    told = [(step.event, unit)]
    if step.event == "dispatched" and row["unit"] != unit and row["status"] != "triage":
        told.insert(0, ("reassigned", row["unit"]))
    events, lines = [], []
    for n, (event, addressee) in enumerate(told, row["version"] + 1):
        data = _event_data(row, step, command, actor, (event, addressee, n), (unit, post), now)
        events.append(say(event, data, now))
        lines.append(
            (
                row["ticket_id"], n, event, step.to.value, addressee, row["round"], actor.person,
                command.data.reason, command.command_id, command.data.model_dump(exclude_none=True),
                now,
            )
        )  # fmt: skip
    return events, lines


def _event_data(  # noqa: PLR0913 - everything an event tells of
    row: Record,
    step: Step,
    command: Command,
    actor: Actor,
    told: tuple[str, str, int],
    lead: tuple[str, str | None],
    now: datetime,
) -> TicketEvent:
    event, addressee, version = told
    common: dict[str, Any] = {
        "ticket_id": str(row["ticket_id"]), "number": row["number"],
        "complaint_id": str(row["ticket_id"]), "version": version, "round": row["round"],
        "status": step.to, "unit": addressee, "holder": lead[0], "area": row["area"] or "",
        "category": row["category"], "urgency": row["urgency"], "actor": actor.person,
        "reason": command.data.reason, "rule_version": row["rule_version"],
        "receipt_id": str(row["receipt_id"]), "cause": command.command_id,
    }  # fmt: skip
    if event != "dispatched":
        return TicketEvent(**common)
    secret = row["confidential"]
    return TicketDispatched(
        **common, channel=row["channel"], kind=row["kind"], confidential=secret,
        title=None if secret else row["title"], text=None if secret else row["body"],
        address=None if secret else row["address"], assists=tuple(row["assists"]), post=lead[1],
        profile=row["profile"], received_at=row["received_at"], dispatched_at=now,
    )  # fmt: skip


async def _visible(conn: Conn, ticket: str, actor: Actor, *, lock: bool = False) -> Record:
    """The ticket if the actor's units hold it or assist; another unit's is not even known to exist."""
    ticket_id, number = identify(ticket)
    row = await store.ticket(conn, ticket_id, number, lock=lock)
    if row is None or not (actor.desk or actor.units & {row["unit"], *row["assists"]}):
        raise not_found("工单", "ticket")
    return row


def identify(ticket: str) -> tuple[UUID | None, str | None]:
    """Id or number. Raises DomainError 404."""
    if ticket.isascii() and ticket.isdigit():
        return None, ticket
    try:
        return UUID(ticket), None
    except ValueError:
        raise not_found("工单", "ticket") from None


def _action(name: str) -> Action:
    try:
        return Action(name)
    except ValueError:
        raise not_found("操作", "action") from None


def _member(directory: Directory | None, unit: str, person: str, now: datetime) -> Actor:
    """The person, if the directory knows a post of that person in that unit. Raises DomainError 422."""
    if directory is None or unit not in directory.units_of(person, now):
        raise wrong_field(
            "actor", zh="不是本单位在岗人员, 请核对工号", en="holds no post in this unit"
        )
    return Actor(person, frozenset({unit}))


def _stale(version: int) -> DomainError:
    return DomainError(
        "stale-version",
        Kind.CONFLICT,
        field="version",
        zh=f"工单已有变化 (现为第 {version} 版), 请刷新后再办。",
        en=f"The ticket has changed (now version {version}); reload and try again.",
        extra={"version_now": version},
    )


def _desk_only() -> DomainError:
    return DomainError(
        "forbidden",
        Kind.FORBIDDEN,
        zh="这一步由分拨台办理。",
        en="This step is the dispatch desk's.",
    )


def _id_reused() -> DomainError:
    return DomainError(
        "command-reused",
        Kind.INVALID,
        field="command_id",
        zh="这个 command_id 已用于另一条指令, 请换一个。",
        en="This command_id was used for another command; take a new one.",
    )
