"""Questions to the JetStream API that the client library has no words for, or too many."""

from __future__ import annotations

from typing import Any, Final

import orjson
from nats.aio.client import Client

TIMEOUT_S: Final = 5.0
NANO: Final = 1_000_000_000
NOT_FOUND: Final = 404


class ApiRefusedError(RuntimeError):
    """The server refused; the text is the server's."""


async def ask(
    client: Client, subject: str, body: Any = None, *, timeout_s: float = TIMEOUT_S
) -> dict[str, Any] | None:
    """Ask `$JS.API.<subject>`; None when there is no such stream or consumer.

    Raises ApiRefusedError; nats errors and TimeoutError when nobody answers.
    """
    payload = b"" if body is None else orjson.dumps(body)
    reply = await client.request(f"$JS.API.{subject}", payload, timeout=timeout_s)
    answer: dict[str, Any] = orjson.loads(reply.data)
    error = answer.get("error")
    if error is None:
        return answer
    if error.get("code") == NOT_FOUND:
        return None
    raise ApiRefusedError(f"{subject}: {error.get('description')}")


def server_id(client: Client) -> str:
    """Which run of which server a connection leads to; another after each start."""
    return str(told(client).get("server_id", ""))


def told(client: Client) -> dict[str, Any]:
    """What the server said of itself when the connection was made."""
    said: dict[str, Any] = client._server_info  # noqa: SLF001 - nats-py hands it out nowhere else
    return said
