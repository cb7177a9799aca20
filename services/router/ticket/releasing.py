"""Who followed a ticket that ends without an answer stands by itself again (domain.md E19; docs/adr/0018)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID

from asyncpg import Record

from contracts.ticket import TicketStatus
from kit.db import Conn
from services.router.ticket import merging, store, store_merging
from services.router.ticket.deed import Asked, Deed, Tie
from services.router.ticket.merging import Tree
from services.router.ticket.standing import Standing
from services.router.ticket.ticket import TRANSITIONS, Action

_UNMERGING: Final = TRANSITIONS[TicketStatus.MERGED, Action.UNMERGE]


def children(tree: Tree, one: UUID) -> list[UUID]:
    """Tickets merged into one directly, in order of id."""
    return sorted(m.ticket_id for m in tree.values() if m.into == one)


async def let_go(conn: Conn, asked: Asked, tree: Tree, ended: Iterable[UUID]) -> list[Deed]:
    """Each follower in the state it had, with who followed it; their rows are locked by the caller."""
    deeds = []
    for one in ended:
        row = await store.ticket(conn, one, None)
        if row is None:
            continue
        parted = merging.unmerge(tree, one)
        await store_merging.leave(conn, one)
        before = Standing.of(row)
        waiting = tuple(m.number for m in merging.followers(parted, one))
        deeds.append(
            Deed(
                replace(asked, row=row, step=_UNMERGING),
                before.moved(parted[one].status),
                tuple(("unmerged", unit) for unit in (before.unit, *before.assists)),
                row,
                {"from": asked.row["number"]},
                Tie(asked.row["number"], waiting, merging.since(parted, one)),
            )
        )
    return deeds


async def taken_out(conn: Conn, asked: Asked, worked_on: Record) -> Deed:
    """A follower took the matter back: whoever works on it hears who waits for it still, and since when."""
    await store_merging.leave(conn, asked.row["ticket_id"])
    top = worked_on["ticket_id"]
    tree = await store_merging.tree(conn, [top])
    waiting = tuple(m.number for m in merging.followers(tree, top))
    return Deed(
        replace(asked, row=worked_on, step=_UNMERGING),
        Standing.of(worked_on),
        (("unmerged", worked_on["unit"]),),
        worked_on,
        {"follower": asked.row["number"]},
        Tie(None, waiting, merging.since(tree, top)),
    )
