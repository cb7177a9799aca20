"""Steps of the holder and of who helps that need the directory or what is projected beside the ticket."""

from __future__ import annotations

from contracts.complaint import Urgency
from kit.db import Conn
from kit.validation import wrong_field
from services.router.decision.conflict import TIES
from services.router.desk import choosing
from services.router.desk.suggesting import tie
from services.router.directory.directory import Directory
from services.router.ticket import life, merging, store_life, store_merging
from services.router.ticket.deed import Asked, Deed
from services.router.ticket.store_proof import claim_proof


async def assist(conn: Conn, asked: Asked, directory: Directory) -> list[Deed]:
    """One more unit helps: known, and not tied to anybody complained about. Raises DomainError 409, 422."""
    data, ticket_id = asked.command.data, asked.row["ticket_id"]
    choosing.check_codes(data, directory, asked.at)
    unit = str(data.unit)
    tree = await store_merging.tree(conn, [ticket_id])
    accused = merging.accused(tree, ticket_id)
    if tied := tie(directory, unit, accused, asked.before.area, asked.at):
        zh, en = TIES[tied]
        raise wrong_field(
            "data.unit",
            zh=f"须回避：该单位{zh}，请改选其他单位",
            en=f"may not help: it {en}; choose another unit",
        )
    return [life.assist(asked, unit)]


async def extend(conn: Conn, asked: Asked, directory: Directory) -> list[Deed]:
    """More time asked for, as far as the ticket's profile has any. Raises DomainError 409."""
    before = asked.before
    times = await store_life.times(conn, asked.row["ticket_id"], before.round)
    due_at = times["result"]["due_at"] if "result" in times else None
    allowed = directory.limits(before.profile, Urgency(before.urgency)).extension
    return [life.ask_extension(asked, allowed, due_at)]


async def hold(_conn: Conn, asked: Asked, directory: Directory) -> list[Deed]:
    """A hold asked for, where the ticket's profile knows a review of holds. Raises DomainError 409, 422."""
    before = asked.before
    allowed = directory.limits(before.profile, Urgency(before.urgency)).hold_review
    return [life.ask_hold(asked, allowed)]


async def handle(conn: Conn, asked: Asked, _directory: Directory) -> list[Deed]:
    """Said to be done; what shows it belongs to this ticket from now on. Raises DomainError 422."""
    proof, ticket_id = asked.command.data.proof, asked.row["ticket_id"]
    await claim_proof(conn, proof, ticket_id, asked.actor.person, asked.at)
    return [life.handle(asked)]
