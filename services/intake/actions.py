"""What intake does besides filing (registrar.py): find, open, project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from asyncpg import Record

from contracts.ticket import TicketDispatched, TicketEvent, TicketMerged
from kit.attachments import store as attachments
from kit.attachments.shelf import file_view
from kit.auth import Principal
from kit.db import Conn, Pool, reading
from kit.delivery import Effects, Received
from kit.errors import DomainError, Kind, not_found
from kit.staff import Staff
from services.intake import store, store_attachment, store_view
from services.intake.keeping.vault_keys import KeyRefusedError
from services.intake.number import is_number
from services.intake.projecting import Told, changes, handings, view_row
from services.intake.vault import Vault

SEES_FILES: Final = ("operator", "dispatcher", "admin")
"""Who may see every resident's files, and where and when they were taken."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Identities: a pool of the role that may read them, and the keys.

    Shown to people by `reveal` alone; later words are masked with the names in it, which nobody sees.
    """

    vault_pool: Pool
    vault: Vault

    async def open(self, complaint_id: UUID) -> dict[str, Any]:
        """What is sealed of one complaint; empty when nothing is."""
        async with reading(self.vault_pool) as conn:
            sealed = await store.unseal(conn, complaint_id)
        return self._open(complaint_id, *sealed) if sealed else {}

    async def open_later(self, complaint_id: UUID) -> list[str]:
        """Originals of later words and notes in which something was masked, oldest first."""
        async with reading(self.vault_pool) as conn:
            rows = await store.unseal_later(conn, complaint_id)
        opened = (
            self._open(row["word_id"], row["key_version"], row["wrapped_key"], row["box"])
            for row in rows
        )
        return [words["text"] for words in opened]

    def _open(self, ident: UUID, *sealed: Any) -> dict[str, Any]:
        """Raises DomainError 503 while this process does not hold the key yet, or no more."""
        try:
            opened: dict[str, Any] = self.vault.open(str(ident), *sealed)
        except KeyRefusedError as missing:
            zh, _, en = str(missing).partition(" / ")
            raise DomainError(
                "vault-key-missing", Kind.UNAVAILABLE, zh=zh, en=en, retry_after_s=5
            ) from None
        return opened


async def find(pool: Pool, id_or_number: str) -> Record:
    """One complaint, masked. Raises DomainError 404."""
    async with reading(pool) as conn:
        return await _found(conn, id_or_number)


async def _found(conn: Conn, id_or_number: str) -> Record:
    row = await store.complaint(conn, *identify(id_or_number))
    if row is None:
        raise not_found("诉求", "complaint")
    return row


async def show(conn: Conn, id_or_number: str, *, whereabouts: bool) -> dict[str, Any]:
    """One complaint as everybody at the desk sees it, with what followed. Raises DomainError 404."""
    row = dict(await _found(conn, id_or_number))
    words, calls = await store.said_since(conn, row["complaint_id"])
    row["text"] = row.pop("body")
    for hidden in ("fingerprint", "filed_by"):
        del row[hidden]
    row["attachments"] = await files_of(conn, row["complaint_id"], whereabouts=whereabouts)
    row |= {"later": [_told(one) for one in words], "callbacks": [_told(one) for one in calls]}
    return _told(row)


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


async def files_of(
    conn: Conn, complaint_id: UUID, *, whereabouts: bool
) -> tuple[dict[str, Any], ...]:
    """What was given with a complaint, oldest first."""
    rows = await attachments.used_by(conn, complaint_id)
    return tuple(file_view(row, whereabouts=whereabouts) for row in rows)


async def may_see_file(
    conn: Conn, row: Mapping[str, Any], who: Principal, staff: Staff, day: date
) -> bool:
    """Whether somebody may see a resident's file: the hotline and the desk all, others by the ticket."""
    if who.has(*SEES_FILES):
        return True
    matter = await store_attachment.matter(conn, row["used_by"])
    return matter is not None and staff.may_see(who.sub, day, matter)


async def project_tickets(conn: Conn, received: Sequence[Received]) -> Effects:
    """Note the newest state of each ticket, and everybody who was ever responsible for it."""
    told: dict[str, list[Told]] = {}
    for one in received:
        data = one.event.data
        if isinstance(data, TicketEvent):
            told.setdefault(data.complaint_id, []).append(Told(one.name, one.event.time, data))
    if told:
        tickets = [told[ticket] for ticket in sorted(told)]
        changed = [change for ticket in tickets for change in changes(ticket)]
        await store_view.project(conn, [view_row(ticket) for ticket in tickets], changed)
        handed = [handing for ticket in tickets for handing in handings(ticket)]
        if handed:
            await store_view.ask_again(conn, handed)
    heard = [data for one in received if isinstance(data := one.event.data, TicketEvent)]
    helped = _newest([data for data in heard if isinstance(data, TicketDispatched)])
    if helped:
        await store_attachment.project_assists(
            conn,
            [
                (UUID(d.complaint_id), d.version, ",".join(d.assists))
                for _, d in sorted(helped.items())
            ],
        )
    merged = _newest([data for data in heard if isinstance(data, TicketMerged) and data.into])
    if merged:
        await store_attachment.project_merged(
            conn, [(UUID(d.complaint_id), d.version, d.into) for _, d in sorted(merged.items())]
        )
    return Effects()


E = TypeVar("E", bound=TicketEvent)


def _newest(events: Sequence[E]) -> dict[str, E]:
    """The newest of each complaint."""
    newest: dict[str, E] = {}
    for data in events:
        known = newest.get(data.complaint_id)
        if known is None or known.version < data.version:
            newest[data.complaint_id] = data
    return newest


def identify(id_or_number: str) -> tuple[UUID | None, str | None]:
    """A complaint's id or its number. Raises DomainError 404."""
    if is_number(id_or_number):
        return None, id_or_number
    try:
        return UUID(id_or_number), None
    except ValueError:
        raise not_found("诉求", "complaint") from None
