"""What intake does: one public function per verb, one transaction each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.ticket import TicketEvent
from kit import audit, outbox
from kit.clock import CITY_TIME, business_now
from kit.coalesce import Coalescer, QueueFullError
from kit.db import Conn, Pool, reading, transaction
from kit.delivery import Effects, Received
from kit.errors import DomainError, Kind, not_found
from kit.ids import new_id
from kit.relay import Relay
from services.intake import filing as words_of
from services.intake import store
from services.intake.complaint import check_time
from services.intake.filing import Draft
from services.intake.number import is_number, number
from services.intake.vault import Vault

REPEAT_WINDOW: Final = timedelta(days=30)
NUMBERS_AT_ONCE: Final = 512
WAIT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Filed:
    """The answer to a filing. `fresh` is False when the same key had been used for the same body."""

    complaint_id: str
    number: str
    received_at: datetime
    duplicates: tuple[str, ...]
    fresh: bool


class Numbers:
    """Counters of the day, taken from the database some hundred at a time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._day: date | None = None
        self._next = 0
        self._end = 0

    async def take(self, day: date, count: int) -> list[str]:
        """Numbers nobody else gets. Raises DayFullError past a million a day."""
        taken: list[str] = []
        while len(taken) < count:
            if day != self._day or self._next >= self._end:
                async with reading(self._pool) as conn:
                    first = await store.reserve_numbers(conn, day, NUMBERS_AT_ONCE)
                self._day, self._next, self._end = day, first, first + NUMBERS_AT_ONCE
            taken.append(number(day, self._next))
            self._next += 1
        return taken


class Registrar:
    """Files complaints: joins concurrent ones into one transaction, each key once."""

    def __init__(self, pool: Pool, relay: Relay, vault: Vault) -> None:
        self._pool = pool
        self._relay = relay
        self._vault = vault
        self._numbers = Numbers(pool)
        self._coalescer: Coalescer[Draft, Filed | DomainError] = Coalescer(self._file)
        self._in_hand: dict[tuple[str, str], asyncio.Future[Filed | DomainError]] = {}

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

    async def _submit(self, draft: Draft) -> Filed | DomainError:
        try:
            return await self._coalescer.submit(draft)
        except QueueFullError:
            return DomainError(
                "busy",
                Kind.UNAVAILABLE,
                zh="受理排队已满，请稍后用同一个 Idempotency-Key 重试。",
                en="The queue is full; retry shortly with the same Idempotency-Key.",
                retry_after_s=1,
            )

    async def _file(self, drafts: Sequence[Draft]) -> list[Filed | DomainError]:
        """One transaction for a group: keys, complaints, identities, events, audit."""
        async with transaction(self._pool) as conn:
            now = await business_now(conn)
            results: dict[int, Filed | DomainError] = {}
            open_ones = []
            for draft in drafts:
                try:
                    check_time(draft.filing.occurred_at, now)
                except DomainError as refused:
                    results[id(draft)] = refused
                else:
                    open_ones.append(draft)
            events = await self._store(conn, open_ones, now, results)
        self._relay.hint(events)
        return [results[id(draft)] for draft in drafts]

    async def _store(
        self,
        conn: Conn,
        drafts: list[Draft],
        now: datetime,
        results: dict[int, Filed | DomainError],
    ) -> list[outbox.Outgoing]:
        drafts.sort(key=lambda d: (d.sub, d.key))
        numbers = await self._numbers.take(now.astimezone(CITY_TIME).date(), len(drafts))
        words = [words_of.masked(draft) for draft in drafts]
        prints = [words_of.fingerprint(masked) for masked in words]
        seen = await store.same_words(conn, prints, now - REPEAT_WINDOW)
        ids = [new_id() for _ in drafts]
        alike = [tuple(seen.get(print_, ())) for print_ in prints]
        keys = [
            (d.sub, d.key, d.body_hash, i, n, ",".join(a))
            for d, i, n, a in zip(drafts, ids, numbers, alike, strict=True)
        ]
        free = await store.claim_keys(conn, keys, now)
        await self._repeat(
            conn, [d for d, i in zip(drafts, ids, strict=True) if i not in free], results
        )
        fresh = [
            (d, w, i, n)
            for d, w, i, n in zip(drafts, words, ids, numbers, strict=True)
            if i in free
        ]
        for (draft, _, complaint_id, its_number), its_alike in zip(
            fresh, (a for a, i in zip(alike, ids, strict=True) if i in free), strict=True
        ):
            results[id(draft)] = Filed(str(complaint_id), its_number, now, its_alike, fresh=True)
        return await self._write(conn, fresh, now)

    async def _write(
        self, conn: Conn, fresh: list[tuple[Draft, words_of.Masked, UUID, str]], now: datetime
    ) -> list[outbox.Outgoing]:
        if not fresh:
            return []
        await store.insert_complaints(conn, [words_of.row(d, w, i, n, now) for d, w, i, n in fresh])
        await store.seal(conn, [s for d, w, i, _ in fresh if (s := self._sealed(d, w, i))])
        events = [words_of.event(d, w, i, n, now) for d, w, i, n in fresh]
        await outbox.append(conn, events)
        await audit.record(
            conn, [audit.Entry(now, d.sub, "complaint.file", str(i)) for d, _, i, _ in fresh]
        )
        return events

    def _sealed(
        self, draft: Draft, words: words_of.Masked, complaint_id: UUID
    ) -> tuple[Any, ...] | None:
        secret = words_of.secrets_of(draft, words)
        if secret is None:
            return None
        phone = draft.filing.requester.phone if draft.filing.requester else None
        sealed = self._vault.seal(str(complaint_id), secret, phone)
        return complaint_id, sealed.key_version, sealed.wrapped_key, sealed.box, sealed.phone_index

    async def _repeat(
        self, conn: Conn, drafts: list[Draft], results: dict[int, Filed | DomainError]
    ) -> None:
        """Answers for keys used before: the same answer, or a refusal when the body is another."""
        if not drafts:
            return
        known = await store.known_keys(conn, [(d.sub, d.key) for d in drafts])
        for draft in drafts:
            first = known[draft.sub, draft.key]
            results[id(draft)] = (
                Filed(
                    str(first.complaint_id), first.number, first.received_at, first.duplicates,
                    fresh=False,
                )
                if first.body_hash == draft.body_hash
                else _other_body()
            )  # fmt: skip


async def _wait(earlier: asyncio.Future[Filed | DomainError]) -> None:
    try:
        await asyncio.wait_for(asyncio.shield(earlier), WAIT_S)
    except TimeoutError:
        raise DomainError(
            "in-progress",
            Kind.CONFLICT,
            field="Idempotency-Key",
            zh="使用同一 Idempotency-Key 的请求仍在处理，请稍后重试。",
            en="A request with this Idempotency-Key is still in progress; retry shortly.",
            retry_after_s=2,
        ) from None


def _other_body() -> DomainError:
    return DomainError(
        "key-reused",
        Kind.INVALID,
        field="Idempotency-Key",
        zh="这个 Idempotency-Key 已用于另一份内容；新诉求请换一个新的键。",
        en="This Idempotency-Key was used for another body; take a new key for a new complaint.",
    )


async def find(pool: Pool, id_or_number: str) -> Record:
    """One complaint, masked. Raises DomainError 404."""
    complaint_id, its_number = _identify(id_or_number)
    async with reading(pool) as conn:
        row = await store.complaint(conn, complaint_id, its_number)
    if row is None:
        raise not_found("诉求", "complaint")
    return row


async def reveal(  # noqa: PLR0913 - two roles of the database and who asks why
    pool: Pool, vault_pool: Pool, vault: Vault, *, id_or_number: str, sub: str, reason: str
) -> dict[str, Any]:
    """Identity and original words of one complaint; the audit row is written first. Raises 404."""
    row = await find(pool, id_or_number)
    async with transaction(pool) as conn:
        now = await business_now(conn)
        entry = audit.Entry(
            now, sub, "complaint.reveal", str(row["complaint_id"]), {"reason": reason}
        )
        await audit.record(conn, [entry])
    async with reading(vault_pool) as conn:
        sealed = await store.unseal(conn, row["complaint_id"])
    return vault.open(str(row["complaint_id"]), *sealed) if sealed else {}


async def project_tickets(conn: Conn, received: Sequence[Received]) -> Effects:
    """Note the newest state of each ticket."""
    newest: dict[str, TicketEvent] = {}
    for one in received:
        data = one.event.data
        if isinstance(data, TicketEvent):
            known = newest.get(data.complaint_id)
            if known is None or known.version < data.version:
                newest[data.complaint_id] = data
    if newest:
        rows: list[tuple[Any, ...]] = [
            (UUID(d.complaint_id), d.status.value, d.holder, d.round, d.version)
            for d in sorted(newest.values(), key=lambda d: d.complaint_id)
        ]
        await store.project(conn, rows)
    return Effects()


def _identify(id_or_number: str) -> tuple[UUID | None, str | None]:
    if is_number(id_or_number):
        return None, id_or_number
    try:
        return UUID(id_or_number), None
    except ValueError:
        raise not_found("诉求", "complaint") from None
