"""A department's subscription as a person would try it: one line for each event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from chuishao.nats_client import connected
from chuishao.runfile import NatsUser, RunInfo
from contracts.catalog import decode
from kit.city_time import CITY_TIME

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.js.client import JetStreamContext

_BATCH: Final = 16
_QUIET_S: Final = 1.0
_SHOWN: Final = 12
_FIELDS: Final = ("number", "category", "area", "status", "urgency", "kind", "level", "reason")


class UnknownListenerError(RuntimeError):
    """The code is no unit or reader with a NATS account."""

    def __init__(self, code: str, known: list[str]) -> None:
        some = ", ".join(known[:_SHOWN]) + (" …" if len(known) > _SHOWN else "")
        super().__init__(
            f"{code} 没有 NATS 账户；可用的有: {some}\n"
            f"{code} has no NATS account; these have: {some}"
        )


async def listen(  # noqa: PLR0913 - one parameter per flag of the command
    info: RunInfo,
    code: str,
    say: Callable[[str], None],
    *,
    count: int | None = None,
    follow: bool = True,
    peek: bool = False,
) -> int:
    """Print and acknowledge the events of one unit (or `reader:<code>`); return how many.

    It is the unit's own durable: what is acknowledged here the unit does not get again. With `peek`
    everything waiting is shown once and given back. Ends after `count`, or, without `follow` or with
    `peek`, when nothing is waiting any more. Raises
    UnknownListenerError and BrokerUnreachableError.
    """
    user = _user(info, code)
    async with connected(info.nats, user.nkey_seed) as client:
        js = client.jetstream(prefix=user.js_prefix)
        durable = await js.pull_subscribe_bind(consumer=user.consumer, stream=user.stream)
        heard = 0
        lent: list[Msg] = []
        while count is None or heard < count:
            batch = await _fetch(durable, _BATCH if count is None else min(_BATCH, count - heard))
            for message in batch:
                say(describe(message.subject, message.data))
                if peek:
                    lent.append(message)
                else:
                    await message.ack()
            heard += len(batch)
            if not batch and (peek or not follow):
                break
        for message in lent:
            await message.nak()
        await client.flush()
        return heard


async def _fetch(durable: JetStreamContext.PullSubscription, wanted: int) -> list[Msg]:
    """Return what is waiting, or nothing after a quiet second."""
    try:
        return await durable.fetch(wanted, timeout=_QUIET_S)
    except TimeoutError:  # nats-py raises its own kind of it, and the built-in one
        return []


def describe(subject: str, body: bytes) -> str:
    """Return one readable line; a message that is no event of ours is shown as it is."""
    try:
        event = decode(subject, body)
    except ValueError as error:  # a subject or a body outside the catalogue
        return f"{subject}  ? {error}"
    data = event.data.model_dump(mode="json", exclude_none=True)
    name = ".".join(subject.split(".", 2)[:2])
    words = [_local(event.time), name, *(str(data[key]) for key in _FIELDS if key in data)]
    if sentence := data.get("sentence"):
        words.append(str(sentence))
    elif due := data.get("due_at"):
        words.append(f"应于 due {_local(datetime.fromisoformat(str(due)))}")
    if issue := data.get("muted_by"):
        words.append(f"热点内已提醒，不再另催 / warned of in hot issue {issue}")
    if text := data.get("title") or data.get("text"):
        words.append(str(text))
    return "  ".join(words)


def _local(at: datetime) -> str:
    return at.astimezone(CITY_TIME).strftime("%Y-%m-%d %H:%M:%S")


def _user(info: RunInfo, code: str) -> NatsUser:
    try:
        return info.nats_users[code]
    except KeyError:
        raise UnknownListenerError(code, list(info.nats_users)) from None
