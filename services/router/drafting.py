"""A whistle as it is drafted: what it is about, where, and whom it calls, judged before it is blown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asyncpg import Record

from contracts.whistle import WhistleKind, WhistleStatus
from contracts.whistle_command import Blowing
from kit.db import Conn
from kit.errors import DomainError, Kind, not_found
from kit.ids import new_id
from kit.masking import mask
from kit.validation import wrong_field
from services.router.directory.directory import Directory
from services.router.ticket import merging, store, store_merging
from services.router.ticket.seeing import Actor
from services.router.ticket.ticket import identify
from services.router.whistle import permits
from services.router.whistle.permits import Matter
from services.router.whistle.whistle import Call, Whistle


async def draft(
    conn: Conn, directory: Directory, body: Blowing, actor: Actor, now: datetime
) -> Whistle:
    """The whistle as a draft that may be blown. Raises DomainError 403, 404, 409, 422."""
    blower = permits.blower_of(directory, actor.leads, body.unit)
    ticket, accused = await _ticket(conn, body, actor)
    matter = Matter(_area(directory, body, ticket, blower), accused)
    if body.meet_at is not None and not now <= body.meet_at <= now + permits.AHEAD:
        raise wrong_field(
            "meet_at",
            zh="集合时间应在今后 30 天内",
            en="must lie within the next 30 days",
        )
    permits.check_called(directory, body, blower, matter, now)
    unsigned = body.kind is WhistleKind.EMERGENCY
    return Whistle(
        whistle_id=new_id(),
        kind=body.kind,
        status=WhistleStatus.DRAFTED,
        version=0,
        blower=blower,
        person=actor.person,
        office=permits.office_of(directory, blower, matter, now, unsigned=unsigned),
        area=matter.area,
        ticket_id=ticket["ticket_id"] if ticket else None,
        number=ticket["number"] if ticket else None,
        round=ticket["round"] if ticket else None,
        confidential=bool(ticket and ticket["confidential"]),
        reason=body.reason.value,
        text=mask(body.text),
        place=mask(body.place) if body.place else None,
        meet_at=body.meet_at,
        blown_at=now,
        changed_at=now,
        accused=sorted(matter.accused),
        calls=tuple(Call(s.unit, s.required) for s in sorted(body.units, key=_by_unit)),
    )


def _by_unit(summons: Any) -> str:
    return str(summons.unit)


async def _ticket(conn: Conn, body: Blowing, actor: Actor) -> tuple[Record | None, frozenset[str]]:
    """The ticket and the parties complained about. Raises DomainError 404, 409, 422."""
    if body.ticket is None:
        if body.kind is WhistleKind.RESIDENT_REQUEST:
            raise wrong_field(
                "ticket", zh="群众诉求哨要写明工单", en="a resident's request has a ticket; name it"
            )
        return None, frozenset()
    row = await store.ticket(conn, *identify(body.ticket))
    about = await store_merging.about(conn, row["ticket_id"]) if row else frozenset()
    if row is None or not actor.sees(row, about):
        raise not_found("工单", "ticket")
    if row["status"] in merging.FINAL:
        raise DomainError(
            "ticket-over",
            Kind.CONFLICT,
            field="ticket",
            zh="工单已经结束，不能再为它吹哨。",
            en="The ticket is over; no whistle can be blown for it.",
            extra={"status_now": row["status"]},
        )
    return row, about


def _area(directory: Directory, body: Blowing, ticket: Record | None, blower: str) -> str:
    """Where it is about: as the ticket says, else as given, inside the blower's own. Raises DomainError 422."""
    known = ticket["area"] if ticket else None
    if known is not None:
        if body.area not in (None, known):
            raise wrong_field(
                "area", zh="以工单的网格为准，请删去", en="is the ticket's; remove it"
            )
        return str(known)
    own = directory.units[blower].area
    if body.area is None or not body.area.startswith(own) or body.area not in directory.chains:
        hint = ", ".join(own) or "-"
        raise wrong_field(
            "area",
            zh=f"请给出本单位范围内的网格代码：{hint}",
            en=f"give an area code inside the unit's own: {hint}",
        )
    return body.area
