"""`cmd.<action>.<unit>`: decode a request, call one action, encode state or problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from nats.aio.msg import Msg

from kit import strict_json
from kit.db import LOST
from kit.errors import DomainError, internal, too_large, unavailable
from kit.ids import new_id
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
            return _problem(error)
        except LOST as error:
            log.warning("command_failed", action=action, unit=unit, error=type(error).__name__)
            return _problem(unavailable())
        except Exception:
            crash_id = str(new_id())
            log.exception("command_crashed", action=action, unit=unit, crash_id=crash_id)
            return _problem(internal(crash_id))
        log.info("command", action=action, unit=unit, ticket_id=state["ticket_id"])
        return orjson.dumps(state, default=str)

    return answer


def _problem(error: DomainError) -> bytes:
    """NATS has no Accept-Language: both languages."""
    return orjson.dumps(error.problem() | {"detail_en": error.en})


def _read(body: bytes) -> Any:
    if len(body) > BODY_LIMIT:
        raise too_large(BODY_LIMIT)
    return strict_json.loads(body)
