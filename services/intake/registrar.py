"""Files complaints: joins concurrent ones into one statement, each key once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from kit.attachments import store as attachments
from kit.attachments.shelf import unusable
from kit.city_time import CITY_TIME
from kit.coalesce import Coalescer, QueueFullError
from kit.db import Conn, Pool, reading, transaction
from kit.errors import DomainError, unavailable
from kit.ids import new_id
from kit.outbox import Outgoing
from kit.relay import Relay
from kit.validation import wrong_field
from services.intake import filing as words_of
from services.intake import recurring
from services.intake import store_filing as store
from services.intake.complaint import check_time
from services.intake.filed import Filed, Result, again, in_progress
from services.intake.filing import Draft, Masked
from services.intake.number import DayFullError
from services.intake.numbering import Numbers
from services.intake.store import complaint
from services.intake.vault import Vault

REPEAT_WINDOW: Final = timedelta(days=30)
WAIT_S: Final = 2.0
PACE_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Entry:
    """A draft on its way into the database."""

    draft: Draft
    words: Masked
    complaint_id: UUID
    number: str
    alike: tuple[str, ...]
    event: Outgoing


class _Ready(NamedTuple):
    """A draft that may be stored, with what is known about it."""

    draft: Draft
    words: Masked
    alike: tuple[str, ...]
    repeats: int


class Registrar:
    """The one way a complaint is stored."""

    def __init__(self, pool: Pool, relay: Relay, vault: Vault) -> None:
        self._pool = pool
        self._relay = relay
        self._vault = vault
        self._numbers = Numbers(pool)
        self._coalescer: Coalescer[Draft, Result] = Coalescer(self._file, pace_s=PACE_S)
        self._linking: Coalescer[Draft, Result] = Coalescer(self._file_with_files, size=1)
        self._in_hand: dict[tuple[str, str], asyncio.Future[Result]] = {}

    async def file(self, draft: Draft) -> Filed:
        """Store one complaint. Raises DomainError 409, 422, 503."""
        name = (draft.sub, draft.key)
        earlier = self._in_hand.get(name)
        if earlier is not None:
            await _wait(earlier)
        mine = asyncio.ensure_future(self._submit(draft))
        self._in_hand[name] = mine
        try:
            result = await mine
        finally:
            if self._in_hand.get(name) is mine:
                del self._in_hand[name]
        if isinstance(result, DomainError):
            raise result
        return result

    async def _submit(self, draft: Draft) -> Result:
        if draft.filing.repeat_of and (wrong := await self._unknown(draft.filing.repeat_of)):
            return wrong
        try:
            way = self._linking if draft.filing.attachments else self._coalescer
            return await way.submit(draft)
        except (QueueFullError, DayFullError):
            return unavailable()
        except asyncpg.LockNotAvailableError:
            return in_progress()

    async def _unknown(self, number: str) -> DomainError | None:
        async with reading(self._pool) as conn:
            if await complaint(conn, None, number) is not None:
                return None
        return wrong_field(
            "repeat_of",
            zh="没有这个编号的诉求，请核对后重填",
            en="there is no complaint of this number; check it",
        )

    async def _file(self, drafts: Sequence[Draft]) -> list[Result]:
        """One statement for a group: keys, complaints, identities, events, audit."""
        async with reading(self._pool) as conn:
            results, fresh, _ = await self._file_on(conn, drafts)
        self._relay.hint(entry.event for entry in fresh)
        return results

    async def _file_with_files(self, drafts: Sequence[Draft]) -> list[Result]:
        """The same with its files linked, in one transaction: a wrong file, and nothing was filed.

        A key used before links nothing: what it was used for has its files.
        """
        try:
            async with transaction(self._pool) as conn:
                results, fresh, now = await self._file_on(conn, drafts)
                for entry in fresh:
                    await _link(conn, entry, now)
        except DomainError as refused:
            return [refused]
        self._relay.hint(entry.event for entry in fresh)
        return results

    async def _file_on(
        self, conn: Conn, drafts: Sequence[Draft]
    ) -> tuple[list[Result], list[Entry], datetime]:
        """Results in the order of the drafts, what is stored anew, and the time of it."""
        words = [words_of.masked(draft) for draft in drafts]
        prints = [words_of.fingerprint(masked) for masked in words]
        asks = [
            (n, who) for n, d in enumerate(drafts, 1) for who in recurring.callers(d, self._vault)
        ]
        known = await store.before(
            conn, prints, REPEAT_WINDOW, asks, read=recurring.READ, since=recurring.WINDOW
        )
        now, repeats = known.now, recurring.counts(drafts, words, known.earlier, known.now)
        refused = {id(d): why for d in drafts if (why := _refusal(d, now)) is not None}
        entries = [
            _Ready(draft, masked, tuple(known.alike.get(print_, ())), again)
            for draft, masked, print_, again in zip(drafts, words, prints, repeats, strict=True)
            if id(draft) not in refused
        ]
        results, fresh = await self._store(conn, entries, now) if entries else ({}, [])
        return [refused.get(id(d)) or results[id(d)] for d in drafts], fresh, now

    async def _store(
        self, conn: Conn, drafts: list[_Ready], now: datetime
    ) -> tuple[dict[int, Result], list[Entry]]:
        numbers = await self._numbers.take(now.astimezone(CITY_TIME).date(), len(drafts))
        entries = [
            _entry(ready, its_number, now)
            for ready, its_number in zip(drafts, numbers, strict=True)
        ]
        entries.sort(key=lambda e: (e.draft.sub, e.draft.key))
        free = await store.file(conn, [self._row(entry, now) for entry in entries], now)
        fresh = [entry for entry in entries if entry.complaint_id in free]
        results: dict[int, Result] = {
            id(e.draft): Filed(str(e.complaint_id), e.number, now, e.alike, fresh=True)
            for e in fresh
        }
        repeated = [entry.draft for entry in entries if entry.complaint_id not in free]
        return results | await _repeat(conn, repeated), fresh

    def _row(self, entry: Entry, now: datetime) -> tuple[Any, ...]:
        """In the order of SQL_FILE."""
        draft = entry.draft
        *sealed, tail = self._sealed(entry)
        return (
            *words_of.row(draft, entry.words, entry.complaint_id, entry.number),
            draft.key,
            draft.body_hash,
            ",".join(entry.alike),
            *sealed,
            entry.event.event_id,
            entry.event.subject,
            entry.event.body,
            new_id(),
            words_of.marks(draft, entry.words, now),
            tail,
            bool(draft.filing.requester and draft.filing.requester.reach),
            draft.repeat_of,
        )

    def _sealed(self, entry: Entry) -> tuple[Any, ...]:
        """(key version, wrapped key, box, phone index, tail); all None when there is nothing to hide."""
        secret = words_of.secrets_of(entry.draft, entry.words)
        if secret is None:
            return None, None, None, None, None
        requester = entry.draft.filing.requester
        # Who wants to stay anonymous is not found again by phone either.
        phone = requester.reach if requester and not requester.anonymous else None
        sealed = self._vault.seal(str(entry.complaint_id), secret, phone)
        return sealed.row


def _entry(ready: _Ready, its_number: str, now: datetime) -> Entry:
    complaint_id = new_id()
    event = words_of.event(
        ready.draft, ready.words, complaint_id, its_number, now, repeats=ready.repeats
    )
    return Entry(ready.draft, ready.words, complaint_id, its_number, ready.alike, event)


async def _link(conn: Conn, entry: Entry, now: datetime) -> None:
    """Raises DomainError 422 for a file that cannot be this complaint's."""
    ids, sub = entry.draft.filing.attachments, entry.draft.sub
    wrong = await attachments.claim(conn, ids, entry.complaint_id, sub, now)
    if wrong is not None:
        raise unusable("attachments", wrong)


def _refusal(draft: Draft, now: datetime) -> DomainError | None:
    try:
        check_time(draft.filing.occurred_at, now)
    except DomainError as refused:
        return refused
    return None


async def _repeat(conn: Conn, drafts: list[Draft]) -> dict[int, Result]:
    """For keys used before: the same answer, or a refusal when the body is another."""
    if not drafts:
        return {}
    known = await store.known_keys(conn, [(d.sub, d.key) for d in drafts])
    return {id(draft): again(draft, known[draft.sub, draft.key]) for draft in drafts}


async def _wait(earlier: asyncio.Future[Result]) -> None:
    try:
        await asyncio.wait_for(asyncio.shield(earlier), WAIT_S)
    except TimeoutError:
        raise in_progress() from None
