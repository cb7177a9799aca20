"""Steps of the holder and of who helps that need the directory or what is projected beside the ticket."""

from __future__ import annotations

from datetime import datetime

from contracts.complaint import Urgency
from contracts.limits import Limits
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
    return [life.ask_extension(asked, *await _more_time(conn, asked, directory))]


async def answer_extension(conn: Conn, asked: Asked, directory: Directory) -> list[Deed]:
    """More time granted or refused. Raises DomainError 403, 409."""
    return [life.answer_extension(asked, *await _more_time(conn, asked, directory))]


async def hold(conn: Conn, asked: Asked, directory: Directory) -> list[Deed]:
    """A hold asked for, where the ticket's profile knows a review of holds. Raises DomainError 409, 422."""
    deed = life.ask_hold(asked, _limits(asked, directory).hold_review)
    await _claim(conn, asked)
    return [deed]


async def answer_hold(_conn: Conn, asked: Asked, directory: Directory) -> list[Deed]:
    """A hold approved or refused. Raises DomainError 403, 409, 422."""
    return [life.answer_hold(asked, _limits(asked, directory).hold_review)]


async def contact(conn: Conn, asked: Asked, _directory: Directory) -> list[Deed]:
    """The resident was spoken to or the place looked at; photos of the visit belong to the ticket. Raises 422."""
    await _claim(conn, asked)
    return [life.plain(asked)]


async def handle(conn: Conn, asked: Asked, _directory: Directory) -> list[Deed]:
    """Said to be done; what shows it belongs to this ticket from now on. Raises DomainError 422."""
    await _claim(conn, asked)
    return [life.handle(asked)]


async def _claim(conn: Conn, asked: Asked) -> None:
    proof, ticket_id = asked.command.data.proof, asked.row["ticket_id"]
    await claim_proof(conn, proof, ticket_id, asked.actor.person, asked.at)


async def _more_time(conn: Conn, asked: Asked, directory: Directory) -> tuple[str, datetime | None]:
    times = await store_life.times(conn, asked.row["ticket_id"], asked.before.round)
    due_at = times["result"]["due_at"] if "result" in times else None
    return _limits(asked, directory).extension, due_at


def _limits(asked: Asked, directory: Directory) -> Limits:
    return directory.limits(asked.before.profile, Urgency(asked.before.urgency))
