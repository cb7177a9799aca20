"""Where reception sessions are set up and held (domain.md D7).

Every step is one transaction under the session's lock; then the matters it is about are locked in order of
id. Whoever may not know of an office's sessions gets 404.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kit import audit, outbox
from kit.clock import business_now
from kit.db import Pool, transaction
from kit.errors import not_found, stale
from kit.ids import new_id
from kit.relay import Relay
from kit.validation import wrong_field
from services.notifier.directory import Directory, Holder
from services.notifier.looking import must_see
from services.notifier.queries import Thing
from services.notifier.receiving import deciding, hearing
from services.notifier.receiving.pages import whole
from services.notifier.receiving.room import Room, known
from services.notifier.receiving.staff import Asked, Reply, Staff
from services.notifier.reception import bodies, store_sessions
from services.notifier.reception.session import Session, SessionState

Step = Callable[[Room, Any], Awaitable[Session]]
"""What a step does; the session as it is afterwards."""


@dataclass(frozen=True, slots=True)
class Way:
    """A step: what it takes, what it does, whether only the secretary may."""

    body: type[bodies.Body]
    take: Step
    decides: bool = False


STEPS: Final[Mapping[str, Way]] = {
    "schedule": Way(bodies.Scheduling, hearing.schedule),
    "hear": Way(bodies.Hearing, hearing.hear),
    "decide": Way(bodies.Decisions, deciding.decide, decides=True),
    "carry-over": Way(bodies.CarryingOver, hearing.put_off),
    "close": Way(bodies.Closing, hearing.close),
}


@dataclass(frozen=True, slots=True)
class Sessions:
    """Where sessions are held."""

    pool: Pool
    people: Pool
    """Of the role that sees what the person who asks may see (docs/adr/0036)."""
    relay: Relay
    holder: Holder

    async def create(self, body: bodies.NewSession, asked: Asked) -> Reply:
        """Set up a session. Raises DomainError 403, 404, 422."""
        directory = self.holder.directory
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            if (before := await asked.before(conn, ["create", body])) is not None:
                return before
            staff = Staff.of(asked.who, directory, now)
            session = _new(body, directory, staff, now)
            await store_sessions.add(conn, session)
            known = {"org": session.org, "starts_at": session.starts_at.isoformat()}
            about = str(session.session_id)
            await audit.record(
                conn, [audit.Entry(now, staff.person, "reception.session", about, known)]
            )
            reply = await whole(conn, directory, session, staff, now)
            await asked.keep(conn, ["create", body], reply, now)
        return reply

    async def act(self, session_id: UUID, name: str, body: bodies.Body, asked: Asked) -> Reply:
        """A step in a session. Raises DomainError 403, 404, 409, 412, 422."""
        await must_see(self.people, self.holder.directory, asked.who, Thing.SESSION, session_id)
        step = STEPS[name]
        said = [str(session_id), name, body]
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            if (before := await asked.before(conn, said)) is not None:
                return before
            directory = self.holder.directory
            staff = Staff.of(asked.who, directory, now)
            session = await store_sessions.session(conn, session_id, lock=True)
            if session is None:
                raise not_found("接待", "reception session")
            (staff.must_decide if step.decides else staff.must_keep)(session.org)
            asked.fresh(session.version, body.version)
            session.still_open()
            lines = await store_sessions.agenda(conn, session_id)
            room = Room(conn, directory, session, staff, now, lines)
            after = await step.take(room, body)
            version = await store_sessions.move(conn, session, after)
            if version is None:
                raise stale("接待", "The session", session.version)
            await outbox.append(conn, room.events)
            await audit.record(conn, room.entries)
            session = replace(after, version=version)
            reply = await whole(conn, directory, session, staff, now)
            await asked.keep(conn, said, reply, now)
        self.relay.hint(room.events)
        return reply


def _new(body: bodies.NewSession, directory: Directory, staff: Staff, now: datetime) -> Session:
    level = directory.roster.level(body.org)
    if level is None or not staff.knows(body.org):
        raise not_found("接待单位", "office that receives")
    staff.must_keep(body.org)
    if not now <= body.starts_at:
        raise wrong_field("starts_at", zh="须在此刻之后", en="must lie in the future")
    for code in body.participants:
        known("participants", code, directory)
    return Session(
        session_id=new_id(),
        org=body.org,
        level=level,
        kind=body.kind,
        starts_at=body.starts_at,
        place=body.place or directory.roster.name(body.org),
        chair=(body.chair and _chair(body.chair, body.org, directory))
        or _secretary(directory, body.org, now),
        participants=body.participants,
        cap=body.cap or directory.reception.rule(body.org, level).cap,
        state=SessionState.PLANNED,
        version=1,
        created_by=staff.person,
        created_at=now,
    )


def _chair(code: str, org: str, directory: Directory) -> str:
    named = directory.roster.named(code)
    if named is None or named[0] != org or named[1] is None:
        raise wrong_field("chair", zh="请写本单位的岗位代码", en="name a post of this office")
    return code


def _secretary(directory: Directory, org: str, now: datetime) -> str:
    """The office's secretary, or whoever stands in; the office itself where nobody is there."""
    posts = directory.org.told(1, ("secretary", "deputy"), unit=org, area="", now=now).posts
    return posts[0] if posts else org
