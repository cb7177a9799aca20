"""What partners do: file, follow, say later words; through the same doors as the hotline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from contracts.complaint import Channel
from contracts.ticket import TicketStatus
from kit.clock import business_now
from kit.db import Pool, reading, transaction
from kit.errors import DomainError, Kind, not_found
from kit.ids import new_id
from kit.page import Lang
from kit.validation import wrong_field
from services.intake.complaint import Requester, check_point
from services.intake.crowding import Callers
from services.intake.directory import Category, Codes, Holder
from services.intake.filing import Draft, body_hash
from services.intake.later import Reopening, Supplement
from services.intake.matters import Asked
from services.intake.open311 import mapping
from services.intake.open311 import store_requests as store
from services.intake.open311.document import Document
from services.intake.open311.mapping import Told
from services.intake.open311.partner import Partner, Right
from services.intake.open311.promises import Promises
from services.intake.open311.question import UPDATES_SPAN, question, range_of
from services.intake.open311.store_requests import Reader
from services.intake.open311.submission import Submission, Update, digest, notes, read
from services.intake.registrar import Registrar
from services.intake.resident import SENTENCES
from services.intake.saying import LaterWords

SAME_WITHIN: Final = timedelta(days=1)
"""The same body of the same partner is the same request that long; this product's own choice."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and in which language."""

    partner: Partner | None
    lang: Lang

    @property
    def sub(self) -> str | None:
        """As who matters were filed; None without a key."""
        return self.partner.sub if self.partner else None

    @property
    def reads(self) -> bool:
        """True for a key that may read everybody's words."""
        return self.partner is not None and Right.READ in self.partner.rights

    @property
    def reader(self) -> Reader:
        """The same for the store."""
        return Reader(self.sub, self.reads)


@dataclass(frozen=True, slots=True)
class PartnerDesk:
    """Stands between other systems and what the hotline uses."""

    pool: Pool
    holder: Holder
    registrar: Registrar
    callers: Callers
    later_words: LaterWords
    promises: Promises

    def services(self, lang: Lang) -> Document:
        """What may be asked for. Raises DomainError 503 before the first directory."""
        return mapping.services(self.holder.codes, lang)

    def definition(self, code: str) -> Document:
        """One of them. Raises DomainError 404."""
        return mapping.definition(_leaf(self.holder.codes, code))

    async def file(
        self, partner: Partner, fields: Mapping[str, Any], key: str | None, lang: Lang
    ) -> Document:
        """File a request; the same key or, without one, the same body gets the same number.

        Raises DomainError 400, 404 for an unknown service, 422, 429, 503.
        """
        sent: Submission = read(Submission, fields)
        codes = self.holder.codes
        _leaf(codes, sent.service_code)
        filing = sent.filing()
        _check_place(codes, sent)
        known = f"key {key}" if key else await self._key(partner, digest(fields))
        draft = Draft(filing, partner.sub, known, body_hash(filing), None, codes.names)
        self.callers.check(draft)
        filed = await self.registrar.file(draft)
        said = SENTENCES[TicketStatus.RECEIVED]
        notice = [said.next_en if lang == "en" else said.next_zh, *notes(fields, lang)]
        answer = {
            "service_request_id": filed.number,
            "service_notice": " ".join(notice),
            "account_id": None,
        }
        return Document("service_requests", [answer])

    async def token(self, token: str) -> Document:
        """The number behind a token; ours are complaint ids. Raises DomainError 404."""
        async with reading(self.pool) as conn:
            number = await store.by_token(conn, _token(token))
        if number is None:
            raise not_found("令牌", "token")
        return Document("service_requests", [{"service_request_id": number, "token": token}])

    async def requests(self, asker: Asker, given: Mapping[str, str]) -> Document:
        """Requests that may be seen, newest first. Raises DomainError 422."""
        codes = self.holder.codes
        async with reading(self.pool) as conn:
            asked = question(given, await business_now(conn))
            if asked.numbers:
                rows = await store.named(conn, asker.reader, asked.numbers)
            else:
                rows = await store.listed(conn, asker.reader, asked)
        shown = [mapping.request(row, codes, _told(row, asker)) for row in rows]
        return Document("service_requests", shown)

    async def request(self, asker: Asker, number: str) -> Document:
        """One request, with by when it is to be settled. Raises DomainError 404."""
        async with reading(self.pool) as conn:
            rows = await store.named(conn, asker.reader, (number,))
        if not rows:
            raise _no_request()
        row = rows[0]
        is_open = mapping.status(mapping.view_of(row).status) == "open"
        expected = await self.promises.due(row["lead_number"] or number) if is_open else None
        shown = mapping.request(row, self.holder.codes, _told(row, asker), expected)
        return Document("service_requests", [shown])

    async def updates(self, asker: Asker, given: Mapping[str, str]) -> Document:
        """What changed in the state of what the partner filed, or of all; oldest first. Raises 422."""
        async with reading(self.pool) as conn:
            within = range_of(given, await business_now(conn), UPDATES_SPAN)
            rows = await store.updates(conn, asker.reader, within)
        shown = [mapping.update(row, asker.lang) for row in rows]
        return Document("service_request_updates", shown)

    async def update(self, asker: Asker, sent: Update) -> Document:
        """A later word: told to the holder while open; with an open status it reopens what is closed.

        What cannot be reopened any more is filed anew, linked, and its number told. Raises DomainError
        404 for what the partner may not read with its words, 409, 422.
        """
        reopens = sent.reopens
        async with reading(self.pool) as conn:
            rows = await store.named(conn, asker.reader, (sent.service_request_id,))
        if not rows or not _told(rows[0], asker).full or asker.sub is None:
            raise _no_request()
        row = rows[0]
        asked = Asked.of(asker.sub, f"update {sent.update_id}", "open311 update", sent)
        said = Supplement(text=sent.words)
        try:
            done = await self.later_words.supplement(row["number"], said, asked)
        except DomainError as refused:
            if refused.slug != "not-allowed-now":
                raise
            if not reopens:
                raise _is_closed() from None
            done = await self.later_words.reopen(
                row["number"], await self._reopening(row["complaint_id"], sent), asked
            )
        answer = {"update_id": sent.update_id, "service_request_id": done.body["number"]}
        return Document("service_request_updates", [answer])

    async def _reopening(self, complaint_id: UUID, sent: Update) -> Reopening:
        """On behalf of whoever filed it: the partner stands for its own user, or is trusted with all."""
        secret = await self.later_words.matters.archive.open(complaint_id)
        requester = Requester.model_validate(secret.get("requester", {}))
        caller = Requester(phone=requester.reach) if requester.reach else None
        return Reopening(text=sent.description, channel=Channel.OPEN311, requester=caller)

    async def _key(self, partner: Partner, body: bytes) -> str:
        offered = f"body {new_id()}"
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            return await store.claim(conn, (partner.sub, body, offered), now, SAME_WITHIN)


def _leaf(codes: Codes, code: str) -> Category:
    found = codes.tree.get(code)
    if found is None or not found.leaf:
        raise DomainError(
            "not-found",
            Kind.NOT_FOUND,
            field="service_code",
            zh="service_code: 没有这项服务，请先取 services。",
            en="service_code: no such service; see GET services.",
        )
    return found


def _check_place(codes: Codes, sent: Submission) -> None:
    """Raises DomainError 422 with the partner's names for the fields."""
    try:
        check_point(sent.point, codes.box)
    except DomainError as refused:
        found = refused.extra["errors"][0]
        raise wrong_field("lat, long", zh=found["zh"], en=found["en"]) from None
    try:
        codes.check(sent.address_id, None)
    except DomainError as refused:
        found = refused.extra["errors"][0]
        raise wrong_field("address_id", zh=found["zh"], en=found["en"]) from None


def _told(row: Mapping[str, Any], asker: Asker) -> Told:
    return Told(mapping.is_full(row, asker.sub, reads=asker.reads), asker.lang)


def _token(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise not_found("令牌", "token") from None


def _no_request() -> DomainError:
    return not_found("请求", "service request")


def _is_closed() -> DomainError:
    return DomainError(
        "not-allowed-now",
        Kind.CONFLICT,
        field="status",
        zh="status: 该件已办结；如问题仍在，请以 status=open 提交，将重新办理。",
        en="status: it is closed; if the problem is still there, send status=open to reopen it.",
    )
