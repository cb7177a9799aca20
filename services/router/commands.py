"""`cmd.<action>.<unit>`: decode a request, call one action, encode state or problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from nats.aio.msg import Msg

from kit import strict_json
from kit.db import LOST
from kit.errors import DomainError, Kind
from kit.logging import get
from services.router.acting import Office

log = get(__name__)

BODY_LIMIT: Final = 64 * 1024


def answer_commands(office: Office) -> Callable[[Msg], Awaitable[bytes]]:
    """The handler of all commands. Whatever comes, it answers: the new state, or a problem document."""

    async def answer(message: Msg) -> bytes:
        _, action, unit = message.subject.split(".")
        try:
            state = await office.answer(action, unit, _read(message.data))
        except DomainError as error:
            log.info("command_refused", action=action, unit=unit, slug=error.slug)
            return orjson.dumps(error.problem() | {"detail_en": error.en})
        except LOST as error:
            log.warning("command_failed", action=action, unit=unit, error=type(error).__name__)
            return orjson.dumps(_busy().problem() | {"detail_en": _busy().en})
        except Exception:
            log.exception("command_crashed", action=action, unit=unit)
            return orjson.dumps(_bug().problem() | {"detail_en": _bug().en})
        log.info("command", action=action, unit=unit, ticket_id=state["ticket_id"])
        return orjson.dumps(state, default=str)

    return answer


def _read(body: bytes) -> Any:
    if len(body) > BODY_LIMIT:
        raise _too_large()
    return strict_json.loads(body)


def _too_large() -> DomainError:
    return DomainError(
        "too-large", Kind.TOO_LARGE, zh="指令超过 64 KiB。", en="The command is over 64 KiB."
    )


def _bug() -> DomainError:
    return DomainError(
        "internal",
        Kind.INTERNAL,
        zh="系统内部错误，已记录；请稍后用同一个 command_id 重试，或告诉管理员。",
        en="Internal error, noted; retry later with the same command_id or tell the administrator.",
    )


def _busy() -> DomainError:
    return DomainError(
        "unavailable",
        Kind.UNAVAILABLE,
        zh="系统暂时繁忙，请用同一个 command_id 重试。",
        en="Busy; retry with the same command_id.",
    )
