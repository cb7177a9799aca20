"""What people do to a secretary's table by hand: put on it, take back, set a care flag; one transaction each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from contracts.escalation import EntryRule
from kit import audit, outbox
from kit.auth import Principal
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.errors import not_found
from kit.ids import new_id
from kit.masking import mask
from kit.outbox import Outgoing
from kit.relay import Relay
from kit.validation import id_of
from services.notifier import queueing
from services.notifier.clocks.clock import FINAL
from services.notifier.directory import Directory
from services.notifier.ending import say
from services.notifier.looking import must_see
from services.notifier.queries import Thing
from services.notifier.reception import handing, store_hand, store_queue, store_reception
from services.notifier.reception.entry import Arrival
from services.notifier.reception.handing import CareFlag, Submission, TakingBack
from services.notifier.reception.item import CARE, Item
from services.notifier.reception.store_reception import item_of


@dataclass(frozen=True, slots=True)
class Tables:
    """What the verbs stand on."""

    pool: Pool
    people: Pool
    """Of the role that sees what the person who asks may see (docs/adr/0036)."""
    relay: Relay

    async def submit(
        self, who: Principal, body: Submission, directory: Directory
    ) -> dict[str, Any]:
        """Put a ticket on a table by hand: one's own, or one above. Raises DomainError 404, 409, 422."""
        named = handing.ticket_name(body.ticket)
        await must_see(self.people, directory, who, Thing.TICKET, *named)
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            row = await self.ticket(conn, *named)
            own = directory.roster.offices_of(who.sub, now)
            level, office = handing.table_for(body.org, own, row["area"], directory.roster)
            if row["status"] in FINAL:
                raise handing.ended()
            arrival = Arrival(
                row["ticket_id"],
                EntryRule.MANUAL,
                now,
                cause=str(new_id()),
                level=level,
                org=office,
                by=who.sub,
                reason=mask(body.reason),
            )
            events = await queueing.enter(conn, [arrival], directory.roster)
            await outbox.append(conn, events)
            found = await store_queue.facts(conn, [row["ticket_id"]])
            shown = await _shown(conn, found[row["ticket_id"]]["item_id"], now)
        self.relay.hint(events)
        return shown

    async def take_back(
        self, item: str, who: Principal, body: TakingBack, directory: Directory
    ) -> dict[str, Any]:
        """Withdraw what one had put there; it stays where a rule holds. Raises DomainError 403, 404, 409."""
        await self._must_see(item, who, directory)
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            row = await self._item(conn, item, who, directory, now)
            reason = mask(body.reason)
            if not await store_hand.take_back(conn, row["item_id"], who.sub, now, reason):
                raise handing.not_yours()
            events = await lighten(conn, row, now)
            detail = {"item": str(row["item_id"]), "reason": reason, "stays": not events}
            entry = audit.Entry(now, who.sub, "reception.withdraw", str(row["ticket_id"]), detail)
            await audit.record(conn, [entry])
            shown = await _shown(conn, row["item_id"], now)
        self.relay.hint(events)
        return shown

    async def care(
        self, item: str, who: Principal, body: CareFlag, directory: Directory
    ) -> dict[str, Any]:
        """Set or take off the care flag. Raises DomainError 404, 409."""
        await self._must_see(item, who, directory)
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            row = await self._item(conn, item, who, directory, now)
            kind = body.kind.value if body.kind else None
            await store_hand.care(conn, row["item_id"], CARE if kind else 0, kind, who.sub)
            detail = {"item": str(row["item_id"]), "kind": kind}
            entry = audit.Entry(now, who.sub, "reception.care", str(row["ticket_id"]), detail)
            await audit.record(conn, [entry])
            return await _shown(conn, row["item_id"], now)

    async def ticket(self, conn: Conn, ticket_id: UUID | None, number: str | None) -> Record:
        """A ticket by id or number, locked. Raises DomainError 404."""
        ticket_id = await store_hand.lock_named(conn, ticket_id, number)
        if ticket_id is None:
            raise not_found("工单", "ticket")
        return (await store_queue.facts(conn, [ticket_id]))[ticket_id]

    async def _must_see(self, item: str, who: Principal, directory: Directory) -> None:
        item_id = id_of(item, *handing.ITEM)
        await must_see(self.people, directory, who, Thing.ITEM, item_id)

    async def _item(
        self, conn: Conn, item: str, who: Principal, directory: Directory, now: datetime
    ) -> Record:
        row = await store_hand.lock_item(conn, id_of(item, *handing.ITEM))
        own = directory.roster.offices_of(who.sub, now)
        if row is None or not handing.may_read(own, row["org"], directory.roster):
            raise handing.no_item()
        if row["closed_at"] is not None:
            raise handing.ended()
        return row


async def lighten(conn: Conn, row: Record, now: datetime) -> list[Outgoing]:
    """Let the rules that are left count for an item, or take it off its table; what was said of it."""
    known = await store_hand.entries(conn, [row["item_id"]])
    rule = handing.left(known[row["item_id"]])
    if rule is not None:
        await store_hand.reweigh(conn, row["item_id"], rule)
        return []
    gone = await store_reception.withdraw(conn, {row["ticket_id"]: now})
    events = [say("reception.withdrawn", i.event(now), to=i.level.value) for i in gone]
    await outbox.append(conn, events)
    return events


async def _shown(conn: Conn, item_id: UUID, now: datetime) -> dict[str, Any]:
    row = await store_hand.item(conn, item_id)
    assert row is not None  # noqa: S101 - it was just written
    known = await store_hand.entries(conn, [item_id])
    item: Item = item_of(row)
    closed = {"closed_at": row["closed_at"].isoformat() if row["closed_at"] else None}
    return item.show(now) | {"rules": handing.rules_of(known[item_id])} | closed
