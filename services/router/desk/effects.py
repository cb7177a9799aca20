"""What follows from an action: rules for which the ticket is enough, and those that ask further."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

from kit.db import Conn
from services.router.desk import desk, helping, rerouting, returning
from services.router.directory.directory import Directory
from services.router.ticket import life
from services.router.ticket.deed import Asked, Deed
from services.router.ticket.ticket import Action

Effect: TypeAlias = Callable[[Conn, Asked, Directory], Awaitable[list[Deed]]]

EFFECTS: Final[Mapping[Action, Effect]] = {
    Action.DISPATCH: partial(desk.dispatch, action=Action.DISPATCH),
    Action.REASSIGN: partial(desk.dispatch, action=Action.REASSIGN),
    Action.RETURN: returning.give_back,
    Action.RULE: returning.rule,
    Action.RECATEGORISE: rerouting.recategorise,
    Action.ASSIST: helping.assist,
    Action.EXTEND: helping.extend,
    Action.APPROVE_EXTENSION: helping.answer_extension,
    Action.HOLD: helping.hold,
    Action.APPROVE_HOLD: helping.answer_hold,
    Action.CONTACT: helping.contact,
    Action.HANDLE: helping.handle,
    Action.DECLINE: desk.decline,
    Action.MERGE: desk.merge,
    Action.UNMERGE: desk.unmerge,
}
"""Together with life.PLAIN: every action once."""


async def follow(conn: Conn, action: Action, asked: Asked, directory: Directory) -> list[Deed]:
    """The deeds of an action that was judged and allowed. Raises DomainError 409, 422."""
    if action in life.PLAIN:
        return [life.PLAIN[action](asked)]
    return await EFFECTS[action](conn, asked, directory)
