"""A transaction that sees what somebody may see (docs/adr/0036; migrations/0017)."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from kit.auth import Principal
from kit.db import Conn, Pool
from kit.errors import not_found
from kit.looking import look
from kit.relay import Relay
from kit.sight import Sight
from services.notifier.directory import Directory, Holder
from services.notifier.queries import Thing, seen
from services.notifier.receiving.staff import KEEPING
from services.notifier.reception.handing import may_read

EVERYWHERE: Final = ("admin", "auditor", "dispatcher", "dashboard", "operator", "ruling", "service")
"""Roles that see all areas; a secretary sees those of the offices in which a post is held."""


@dataclass(frozen=True, slots=True)
class Doors:
    """What the routes call."""

    pool: Pool
    people: Pool
    """Of the role that sees what the person who asks may see (docs/adr/0036)."""
    relay: Relay
    holder: Holder


def looking(
    people: Pool, directory: Directory, who: Principal
) -> AbstractAsyncContextManager[tuple[Conn, datetime]]:
    """A connection that sees what somebody may see, and business time."""
    return look(people, partial(sight_of, directory, who))


def sight_of(directory: Directory, who: Principal, now: datetime) -> Sight:
    """What the row policies are told: areas and tables of one's offices, units of one's posts.

    `told` are offices whose table may be read, `below` those whose receptions the person keeps.
    """
    roster = directory.roster
    held = roster.held_by(who.sub, now)
    own = roster.offices_of(who.sub, now) if who.has("secretary") else {}
    tables = [unit.code for unit in roster.units if own and may_read(own, unit.code, roster)]
    return Sight(
        person=who.sub,
        everything=who.has(*EVERYWHERE),
        units=frozenset(post.unit for post in held),
        below=frozenset(post.unit for post in held if post.role in KEEPING),
        areas=frozenset(area for areas in own.values() for area in areas),
        kin=roster.kin(who.sub, now),
        told=frozenset(tables),
    )


async def must_see(
    people: Pool, directory: Directory, who: Principal, thing: Thing, *key: UUID | str | None
) -> None:
    """What somebody acts on has to be there for them, before the worker's role acts. Raises DomainError 404."""
    async with looking(people, directory, who) as (conn, _):
        if not await seen(conn, thing, *key):
            raise not_found(*thing.names)
