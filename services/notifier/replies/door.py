"""The router's door for replies: one request under the service token, in the name of whoever replied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx

from kit.errors import DomainError, Kind
from kit.logging import get

log = get(__name__)

TIMEOUT_S: Final = 8.0
_REFUSALS: Final = frozenset({404, 409, 412, 422})
"""What the person did wrong; everything else is ours, and the gateway tries again."""
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants done."""

    command_id: str
    ticket_id: UUID
    unit: str
    person: str
    action: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The router will not do it; `words` is its reason, written for people, Chinese."""

    words: str
    not_there: bool
    """The ticket is not, or no longer, that unit's."""


class RouterDoor:
    """Passes replies on; `http` knows the router's address and carries the service token."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    @classmethod
    def to(cls, router_url: str, token: str) -> RouterDoor:
        """A door to the router at an address."""
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "zh"}
        return cls(
            httpx.AsyncClient(
                base_url=router_url, headers=headers, timeout=TIMEOUT_S, trust_env=False
            )
        )

    async def act(self, asked: Asked) -> Refusal | None:
        """None when it was done; the same command id is done once. Raises DomainError 503."""
        body = {
            "command_id": asked.command_id,
            "ticket": str(asked.ticket_id),
            "unit": asked.unit,
            "actor": asked.person,
            "data": asked.data,
        }
        try:
            answer = await self._http.post(f"/v1/replies/{asked.action}", json=body)
        except httpx.HTTPError as error:
            log.warning("reply_not_passed_on", error=type(error).__name__)
            raise _later() from None
        if answer.status_code == httpx.codes.OK:
            return None
        if answer.status_code not in _REFUSALS:
            log.warning("reply_not_passed_on", status=answer.status_code)
            raise _later()
        return Refusal(str(answer.json()["detail"]), answer.status_code == _NOT_FOUND)

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()


def _later() -> DomainError:
    return DomainError(
        "unavailable",
        Kind.UNAVAILABLE,
        zh="派单服务暂时没有应答，请稍后以同一个 webhook-id 重发。",
        en="The router does not answer right now; send it again shortly under the same webhook-id.",
        retry_after_s=5,
    )
