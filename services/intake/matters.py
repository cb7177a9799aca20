"""One thing said about a filed complaint: under its lock, in one transaction, once for each key."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from pydantic import BaseModel

from contracts.base import EventData
from contracts.ticket import TicketStatus
from kit import audit, outbox
from kit.city_time import CITY_TIME
from kit.db import Conn, Pool, transaction
from kit.idempotency import key_reused
from kit.ids import new_id
from kit.masking import mask
from kit.outbox import Outgoing, outgoing
from kit.relay import Relay
from services.intake import store_life as store
from services.intake.actions import Archive
from services.intake.directory import Holder
from services.intake.filing import SERVICE, names_in
from services.intake.store_life import Matter


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, under which key (None: without one), and a digest of what is asked."""

    sub: str
    key: str | None
    digest: bytes

    @classmethod
    def of(cls, sub: str, key: str | None, about: str, body: BaseModel) -> Asked:
        """`about` is the route with the complaint in it: the same body elsewhere is another request."""
        said = body.model_dump(mode="json", exclude_defaults=True)
        text = about.encode() + orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
        return cls(sub, key, hashlib.sha256(text).digest())


@dataclass(frozen=True, slots=True)
class Done:
    """What the asker is answered."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Effect:
    """What was written, still to be said and noted in the same transaction."""

    done: Done
    events: Sequence[Outgoing]
    noted: audit.Entry


Act: TypeAlias = Callable[[Conn, Matter], Awaitable[Effect]]


@dataclass(frozen=True, slots=True)
class Matters:
    """Where filed complaints are spoken about."""

    pool: Pool
    relay: Relay
    archive: Archive
    holder: Holder

    async def once(self, complaint_id: UUID, asked: Asked, act: Act) -> Done:
        """Do it, or answer what the same key was answered. Raises DomainError 409, 422."""
        async with transaction(self.pool) as conn:
            await store.lock(conn, complaint_id, None)
            earlier = await _earlier(conn, asked)
            if earlier is not None:
                return earlier
            matter = await store.matter(conn, complaint_id)
            effect = await act(conn, matter)
            await outbox.append(conn, effect.events)
            await audit.record(conn, [effect.noted])
            if asked.key is not None:
                done = effect.done
                row = (asked.sub, asked.key, asked.digest, done.status, done.body, matter.now)
                if not await store.keep_answer(conn, row):
                    raise key_reused()
        self.relay.hint(effect.events)
        return effect.done

    async def names(self, complaint_id: UUID) -> list[str]:
        """Who is known in a complaint, to be masked in what is said about it later."""
        return names_in(await self.archive.open(complaint_id))

    async def hide(
        self, conn: Conn, matter: Matter, word_id: UUID, words: str, names: Sequence[str]
    ) -> str:
        """The words as they may leave intake; what had to be masked is kept sealed."""
        hidden = mask(words, names)
        if hidden != words:
            sealed = self.archive.vault.seal(str(word_id), {"text": words}, None)
            row = (word_id, matter.standing.complaint_id)
            await store.seal(conn, (*row, sealed.key_version, sealed.wrapped_key, sealed.box))
        return hidden

    def check_independent(self, matter: Matter, person: str) -> None:
        """Refuse who had part in handling it. Raises DomainError 404."""
        day = matter.now.astimezone(CITY_TIME).date()
        units = self.holder.codes.units_of(person, day)
        matter.standing.check_independent(person, units)


def known(matter: Matter) -> dict[str, Any]:
    """The fields every event about a complaint carries."""
    row = matter.row
    return {
        "complaint_id": str(row["complaint_id"]),
        "number": row["number"],
        "area": row["grid_code"],
    }


def say(name: str, data: EventData, matter: Matter) -> Outgoing:
    """An event about a complaint, at the time of the request."""
    row = matter.row
    about = str(row["complaint_id"])
    return outgoing(name, data, source=SERVICE, about=about, at=matter.now, area=row["grid_code"])


def new_row(matter: Matter) -> tuple[UUID, UUID]:
    """The id of something new about a complaint, and the complaint's."""
    return new_id(), matter.standing.complaint_id


def shown(matter: Matter, **more: Any) -> dict[str, Any]:
    """The beginning of every answer about a complaint."""
    standing = matter.standing
    return {"complaint_id": str(standing.complaint_id), "number": standing.number} | more


def open_round(matter: Matter) -> int:
    """The round in which the work goes on."""
    standing = matter.standing
    return standing.lead.round if standing.status is TicketStatus.MERGED else standing.round


async def _earlier(conn: Conn, asked: Asked) -> Done | None:
    if asked.key is None:
        return None
    row = await store.answered(conn, asked.sub, asked.key)
    if row is None:
        return None
    if row["digest"] != asked.digest:
        raise key_reused()
    return Done(row["status"], row["body"])
