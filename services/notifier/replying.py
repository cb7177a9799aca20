"""Answers a short reply: who sent it, what it means, whether the code allows it, and then the router acts.

Two transactions around one request: the message and the guess are counted first, the answer is kept
last. Whoever sends the message again in between gets the same done once, because the router's command id
is made from the gateway's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from asyncpg import Record
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from kit import audit, strict_json
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.errors import DomainError, Kind
from kit.logging import get
from kit.validation import invalid
from services.notifier.directory import Holder
from services.notifier.replies import sentences
from services.notifier.replies import store_replies as store
from services.notifier.replies.code import address_hash, code_hash, same_address
from services.notifier.replies.door import Asked, Refusal, RouterDoor
from services.notifier.replies.gateway import Gateway, sender
from services.notifier.replies.grammar import Said, Verb, data_of, named_unit, understand

log = get(__name__)

WRONG_MOST: Final = 5
WRONG_FOR: Final = timedelta(hours=1)


class IncomingReply(BaseModel):
    """What a gateway hands over."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sender: Annotated[
        str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\u0000]*$")
    ] = Field(alias="from")
    """The telephone number or account the reply came from."""
    text: Annotated[str, Field(min_length=1, max_length=1_000)]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway is told: a code for machines, a sentence to send back."""

    outcome: str
    answer: str


@dataclass(frozen=True, slots=True)
class Message:
    """A verified message of a gateway."""

    gateway: Gateway
    message_id: str
    body_hash: bytes
    reply: IncomingReply

    @property
    def key(self) -> tuple[str, str]:
        """What it is kept under."""
        return self.gateway.name, self.message_id

    @property
    def command_id(self) -> str:
        """The router's command id: the same message, the same command."""
        return "reply-" + hashlib.sha256("\n".join(self.key).encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Meant:
    """A reply that the router is asked about."""

    verb: Verb
    code: Record
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReplyDesk:
    """Where replies are answered."""

    pool: Pool
    holder: Holder
    gateways: tuple[Gateway, ...]
    door: RouterDoor

    async def take(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Answer one message. Raises DomainError 401, 409, 422, 503."""
        message = self._verified(body, headers)
        meant = await self._read(message)
        if isinstance(meant, Answer):
            return meant
        asked = Asked(
            message.command_id,
            meant.code["ticket_id"],
            meant.code["unit"],
            meant.code["person"],
            meant.verb.value,
            meant.data,
        )
        return await self._finish(message, meant, await self.door.act(asked))

    def _verified(self, body: bytes, headers: Mapping[str, str]) -> Message:
        gateway = sender(self.gateways, body, headers)
        if gateway is None:
            raise _not_signed()
        try:
            reply = IncomingReply.model_validate(strict_json.loads(body))
        except ValidationError as error:
            raise invalid(error) from None
        return Message(gateway, headers["webhook-id"], hashlib.sha256(body).digest(), reply)

    async def _read(self, message: Message) -> Answer | Meant:
        """What is meant, or the answer where the router need not be asked."""
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            kept = await store.take_message(conn, *message.key, message.body_hash, now)
            if kept["body_hash"] != message.body_hash:
                raise _reused()
            if kept["answer"] is not None:
                return Answer(kept["outcome"], kept["answer"])
            meant = await self._judge(conn, message, now)
            if isinstance(meant, Answer):
                await _keep(conn, message, meant, None, now)
            return meant

    async def _judge(self, conn: Conn, message: Message, now: datetime) -> Answer | Meant:
        said = understand(message.reply.text)
        if said is None:
            return Answer("unclear", sentences.HELP)
        address = message.reply.sender
        guesser = address_hash(address)
        if await store.wrong_codes(conn, guesser, now, now - WRONG_FOR) >= WRONG_MOST:
            return Answer("too_many", sentences.TOO_MANY)
        code = await store.code(conn, code_hash(said.code))
        if code is None or not _theirs(code, message):
            await store.count_wrong(conn, guesser)
            return Answer("unknown", sentences.UNKNOWN)
        return _used(code, said, now) or self._wanted(code, said)

    def _wanted(self, code: Record, said: Said) -> Answer | Meant:
        unit = None
        if said.verb is Verb.RETURN:
            units = self.holder.directory.roster.units
            unit = named_unit(said.rest, units, code["unit"])
            if unit is None:
                return Answer("no_unit", sentences.NO_UNIT.format(code=said.code))
        if said.verb is Verb.HANDLE and not said.rest:
            return Answer("no_note", sentences.NO_NOTE.format(code=said.code))
        return Meant(said.verb, code, data_of(said, unit))

    async def _finish(self, message: Message, meant: Meant, refusal: Refusal | None) -> Answer:
        """Keep what came of it; a copy that was answered meanwhile has the word."""
        number = meant.code["number"]
        if refusal is None:
            answer = Answer("done", sentences.done(meant.verb, number, meant.data))
        elif refusal.not_there:
            answer = Answer("not_there", sentences.NOT_THERE.format(number=number))
        else:
            answer = Answer("refused", sentences.refused(number, refusal.words))
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            if refusal is None:
                await store.use_code(conn, meant.code["code_id"], meant.verb.value, now)
            await _keep(conn, message, answer, meant, now)
        return answer


async def _keep(
    conn: Conn, message: Message, answer: Answer, meant: Meant | None, now: datetime
) -> None:
    """The answer and its audit row, once however often the message came. No address, no words."""
    if not await store.answer_message(conn, message.key, answer.outcome, answer.answer):
        return
    detail = {"gateway": message.gateway.name, "outcome": answer.outcome}
    actor, about = f"gateway:{message.gateway.name}", message.message_id
    if meant is not None:
        actor, about = meant.code["person"], str(meant.code["ticket_id"])
        detail |= {"code": str(meant.code["code_id"]), "command_id": message.command_id}
    action = f"reply.{meant.verb.value}" if meant else "reply.unanswered"
    await audit.record(conn, [audit.Entry(now, actor, action, about, detail)])
    log.info("reply_answered", gateway=message.gateway.name, outcome=answer.outcome)


def _theirs(code: Record, message: Message) -> bool:
    """The code was sent to this address, over a channel this gateway speaks for."""
    same = same_address(code["address_hash"], message.reply.sender, code["code_id"].bytes)
    return same and code["channel"] in message.gateway.channels


def _used(code: Record, said: Said, now: datetime) -> Answer | None:
    if code["ended_at"] is not None:
        return Answer("used", sentences.again(code["ended_by"], code["number"]))
    if code["expires_at"] <= now:
        return Answer("expired", sentences.EXPIRED)
    if said.verb is Verb.ACCEPT and code["signed_at"] is not None:
        return Answer("used", sentences.again("accept", code["number"]))
    return None


def _not_signed() -> DomainError:
    return DomainError(
        "bad-signature",
        Kind.UNAUTHENTICATED,
        field="webhook-signature",
        zh="签名不对、已过时，或网关没有登记；请核对密钥和时钟。",
        en="The signature is wrong or too old, or the gateway is not known; check secret and clock.",
    )


def _reused() -> DomainError:
    return DomainError(
        "message-reused",
        Kind.CONFLICT,
        field="webhook-id",
        zh="这个 webhook-id 已用于另一条消息，请换一个。",
        en="This webhook-id was used for another message; take a new one.",
    )
