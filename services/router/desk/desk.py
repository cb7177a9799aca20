"""What the dispatch desk does to a ticket: who gets it, and what is worked on together.

Called by acting.py inside its transaction, when the step was judged and allowed.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from asyncpg import Record

from contracts.command import CommandData
from contracts.ticket import TicketStatus
from kit.db import Conn
from kit.errors import DomainError, Kind
from kit.validation import wrong_field
from services.router.decision import receipt
from services.router.decision.labels import Labels
from services.router.desk import choosing, deciding, returning
from services.router.desk.choosing import Choice, Offer
from services.router.desk.deciding import Against
from services.router.desk.suggesting import Matter, suggest, tie
from services.router.directory.directory import Directory
from services.router.ticket import life, merging, releasing, store, store_merging
from services.router.ticket.deed import Asked, Deed, Tie, dispatched, masked
from services.router.ticket.merging import Tree
from services.router.ticket.standing import Standing
from services.router.ticket.ticket import Action, identify


async def hold(conn: Conn, ticket: str, action: str, data: CommandData) -> None:
    """Lock every ticket that a merger, or its end, touches, in order of id, before any one of them is locked.

    The ticket that is worked on is always among them, so its tree stays as it is read afterwards.
    Raises DomainError 409 when somebody else is moving that tree right now.
    """
    if action not in {Action.MERGE, Action.UNMERGE, Action.DECLINE}:
        return
    named = [ticket, data.into] if data.into else [ticket]
    rows = [await _find(conn, name) for name in named]
    ids = {row["ticket_id"] for row in rows if row is not None}
    if action == Action.UNMERGE:
        ids |= await _above(conn, ids)
    if action == Action.DECLINE:
        tree = await store_merging.tree(conn, list(ids))
        ids |= {child for one in ids for child in releasing.children(tree, one)}
    await store_merging.lock(conn, sorted(ids))
    if action == Action.UNMERGE and not await _above(conn, ids) <= ids:
        raise DomainError(
            "stale-version",
            Kind.CONFLICT,
            field="version",
            zh="这些工单刚被他人并单，请刷新后再办。",
            en="Somebody has just merged these tickets; reload and try again.",
        )


async def _above(conn: Conn, ids: set[UUID]) -> set[UUID]:
    tree = await store_merging.tree(conn, list(ids))
    return {member.ticket_id for one in ids for member in merging.upwards(tree, one)}


async def dispatch(conn: Conn, asked: Asked, directory: Directory, *, action: Action) -> list[Deed]:
    """Make a unit responsible by a person's decision. Raises DomainError 409, 422."""
    data, before, ticket_id = asked.command.data, asked.before, asked.row["ticket_id"]
    choosing.check_codes(data, directory, asked.at)
    against = await returning.held_against(conn, asked, directory)
    if action is Action.REASSIGN:
        returning.not_over_a_ruling(before)
        decided = deciding.reassign(data, before, against)
    else:
        decided = deciding.dispatch(_choice(asked, against), before, against)
    await returning.answered(conn, asked, decided.after.unit)
    await store.add_receipt(conn, against.receipt_id, ticket_id, receipt.dump(decided.receipt))
    after = replace(decided.after, pending=None)
    return [dispatched(asked, after, decided.reason, decided.detail)]


async def merge(conn: Conn, asked: Asked, directory: Directory) -> list[Deed]:
    """Let the work go on under another ticket; the caller follows. Raises DomainError 409, 422."""
    one, data = asked.row["ticket_id"], asked.command.data
    reason = masked(choosing.reason_of(data))
    target = await _target(conn, data)
    tree = await store_merging.tree(conn, [one, target["ticket_id"]])
    grown = merging.merge(tree, one, target["ticket_id"])
    accused, area = merging.accused(tree, one), target["area"]
    units = tree[target["ticket_id"]].units
    if any(tie(directory, unit, accused, area, asked.at) for unit in units):
        raise wrong_field(
            "data.into",
            zh="被反映的单位正在办理该工单，不能并入",
            en="is handled by the party complained about; choose another",
        )
    before = asked.before
    theirs = merging.accused(tree, merging.root(tree, target["ticket_id"]).ticket_id)
    told = (before.unit, *before.assists)
    if any(tie(directory, unit, theirs, before.area, asked.at) for unit in told):
        raise wrong_field(
            "data.into",
            zh="该工单反映的正是本工单的承办单位或其上级，并入会让对方得知；请先改派本工单",
            en="is about who works on this ticket, or is right below them, and they would hear of it;"
            " reassign this one first",
        )
    await store_merging.follow(conn, one, target["ticket_id"], before.status, asked.at)
    detail = {"before": before.status.value, "into": target["number"]}
    leaving = Deed(
        asked,
        before.moved(TicketStatus.MERGED),
        tuple(("merged", unit) for unit in (before.unit, *before.assists)),
        asked.row,
        detail,
        Tie(into=target["number"]),
        reason,
    )
    return [leaving, _other_side(asked, target, grown, reason)]


async def unmerge(conn: Conn, asked: Asked, _directory: Directory) -> list[Deed]:
    """Let a merged ticket stand by itself again, as it stood; also when the other one has ended."""
    one, before = asked.row["ticket_id"], asked.before
    reason = masked(choosing.reason_of(asked.command.data))
    tree = await store_merging.tree(conn, [one])
    parted = merging.unmerge(tree, one)
    top = merging.root(tree, one)
    target = await store.ticket(conn, top.ticket_id, None)
    assert target is not None  # noqa: S101 - it is in the tree, and held
    await store_merging.leave(conn, one)
    back = Deed(
        asked,
        before.moved(parted[one].status),
        tuple(("unmerged", unit) for unit in (before.unit, *before.assists)),
        asked.row,
        {"from": top.number},
        _tie(parted, one, into=top.number),
        reason,
    )
    return [back, _other_side(asked, target, parted, reason)]


async def decline(conn: Conn, asked: Asked, _directory: Directory) -> list[Deed]:
    """Not a matter for this city's units; who followed it goes on by itself."""
    one = asked.row["ticket_id"]
    tree = await store_merging.tree(conn, [one])
    let_go = await releasing.let_go(conn, asked, tree, releasing.children(tree, one))
    return [life.decline(asked), *let_go]


def _other_side(asked: Asked, target: Record, tree: Tree, reason: str | None) -> Deed:
    """The holder of the ticket that is worked on hears who waits for it now."""
    step, number = asked.step.event, asked.row["number"]
    return Deed(
        asked,
        Standing.of(target),
        ((step, target["unit"]),),
        target,
        {"follower": number},
        _tie(tree, target["ticket_id"]),
        reason,
    )


def _tie(tree: Tree, one: UUID, *, into: str | None = None) -> Tie:
    waiting = merging.followers(tree, one)
    return Tie(into, tuple(m.number for m in waiting), merging.since(tree, one))


def _choice(asked: Asked, against: Against) -> Choice:
    """The unit that was named, or the suggestion as it stands now."""
    before, directory, guess = asked.before, against.directory, against.guess
    matter = Matter(before.unit, before.category, before.area, guess, against.accused, against.at)
    offer = Offer(suggest(matter, directory), Labels(directory), asked.seen)
    return choosing.choose(asked.command.data, offer, before)


async def _target(conn: Conn, data: CommandData) -> Record:
    if data.into is None:
        raise wrong_field("data.into", zh="请给出并入哪张工单", en="name the ticket to merge into")
    found = await _find(conn, data.into)
    if found is None:
        raise wrong_field("data.into", zh="没有这张工单，请核对编号", en="is no ticket; check it")
    return found


async def _find(conn: Conn, name: str) -> Record | None:
    try:
        return await store.ticket(conn, *identify(name))
    except DomainError:
        return None
