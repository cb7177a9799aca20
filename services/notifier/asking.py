"""What the notifier does not hold of a ticket, asked of the router under the reader's own token.

So the reader sees in a dossier what the reader may see, and no more. Only for pages somebody reads: never
on the path of an acknowledgement.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx
import orjson

from kit.logging import get

log = get(__name__)

TIMEOUT_S: Final = 3.0
PICTURES: Final = 12
"""Of one dossier; what is more is only named."""
PICTURE_BYTES: Final = 2 * 1024 * 1024
SHOWN: Final = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the router said of a ticket, or why it said nothing: `router_down`, `not_visible`."""

    ticket: Mapping[str, Any] | None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the router's public HTTP."""

    client: httpx.AsyncClient

    async def ticket(self, ticket_id: UUID, bearer: str, language: str) -> Answer:
        """A ticket with history, receipt, clocks, whistles and proofs, as the owner of the token sees it."""
        headers = {"Authorization": bearer, "Accept-Language": language}
        try:
            answer = await self.client.get(f"/v1/tickets/{ticket_id}", headers=headers)
            if answer.status_code in {401, 403, 404}:
                return Answer(None, "not_visible")
            found: dict[str, Any] = orjson.loads(answer.raise_for_status().content)
        except (httpx.HTTPError, orjson.JSONDecodeError) as error:
            log.warning("router_not_asked", error=type(error).__name__)
            return Answer(None, "router_down")
        return Answer(found)

    async def pictures(self, files: Sequence[Mapping[str, Any]], bearer: str) -> dict[str, str]:
        """Id to `data:` address of the pictures the reader may see; what fails is left out."""
        found = {}
        for file in files[:PICTURES]:
            if file["content_type"] in SHOWN and file["size"] <= PICTURE_BYTES:
                address = await self._picture(file, bearer)
                if address is not None:
                    found[file["attachment_id"]] = address
        return found

    async def _picture(self, file: Mapping[str, Any], bearer: str) -> str | None:
        headers = {"Authorization": bearer}
        try:
            answer = await self.client.get(
                f"/v1/attachments/{file['attachment_id']}", headers=headers
            )
            content = answer.raise_for_status().content
        except httpx.HTTPError as error:
            log.info("picture_not_fetched", error=type(error).__name__)
            return None
        return f"data:{file['content_type']};base64,{base64.b64encode(content).decode()}"


def router_client(router_url: str) -> httpx.AsyncClient:
    """A client for `Asking`, to be closed with the service."""
    return httpx.AsyncClient(base_url=router_url, timeout=TIMEOUT_S)
