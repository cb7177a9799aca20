"""`cmd.<action>.<unit>`: decode a request, call one action, encode state or problem."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from nats.aio.msg import Msg

from kit import strict_json
from kit.db import LOST
from kit.errors import DomainError, Kind, internal, too_large, unavailable
from kit.ids import new_id
from kit.limits.allowance import Allowance, Allowances
from kit.logging import get
from kit.looks import Looks
from services.router.acting import Office
from services.router.blowing import PREFIX, WhistleOffice

log = get(__name__)

BODY_LIMIT: Final = 64 * 1024
PER_S: Final = 50.0
AT_ONCE: Final = 200.0
"""Commands of one unit, so that one that floods does not silence the others."""


def _problem(error: DomainError) -> bytes:
    """NATS has no Accept-Language: both languages."""
    return orjson.dumps(error.problem() | {"detail_en": error.en})


def _too_many() -> bytes:
    error = DomainError(
        "too-many",
        Kind.TOO_MANY,
        zh=f"本单位指令过多（每秒 {PER_S:.0f} 条），请稍后重试。",
        en=f"Too many commands from this unit (over {PER_S:.0f} a second); retry shortly.",
        retry_after_s=1,
    )
    return _problem(error)


TOO_MANY: Final = _too_many()
"""The answer to a unit that asks faster than people do."""


def answer_commands(office: Office, whistles: WhistleOffice) -> Callable[[Msg], Awaitable[bytes]]:
    """The handler of all commands. Whatever comes, it answers: the new state, or a problem document.

    What a unit asked for and may not know of is noted, as over HTTP (kit/looks.py).
    """
    units, looks = Allowances(Allowance(PER_S, AT_ONCE)), Looks(office.pool)

    async def answer(message: Msg) -> bytes:
        _, action, unit = message.subject.split(".")
        if units.take(unit, time.monotonic()):
            return TOO_MANY
        said: Any = None
        try:
            asked = whistles.answer if action.startswith(PREFIX) else office.answer
            said = _read(message.data)
            state = await asked(action, unit, said)
        except DomainError as error:
            if error.kind is Kind.NOT_FOUND:
                await looks.refused(said["actor"], message.subject, _wanted(said))
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


def _wanted(said: dict[str, Any]) -> str | None:
    """The ticket or whistle of a command that was well-formed enough to be looked for."""
    named: str | None = said.get("ticket") or said.get("data", {}).get("whistle")
    return named


def _read(body: bytes) -> Any:
    if len(body) > BODY_LIMIT:
        raise too_large(BODY_LIMIT)
    return strict_json.loads(body)
