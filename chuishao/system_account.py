"""Questions to every nats-server of a system, through the system account: also those in other containers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nats.aio.client import Client

_FIRST_S: Final = 5.0
_ALL_ANSWERED_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Said:
    """What one server answered."""

    server: str
    """Its id, another after each start."""
    name: str
    data: dict[str, Any]


async def everyone(client: Client, question: str, body: bytes = b"") -> list[Said]:
    """Ask `VARZ`, `ACCOUNTZ`, … of all servers, in the order of their names; `client` is of `sys`.

    A cluster is done when nobody has answered for half a second. Raises TimeoutError when none does.
    """
    from kit.jetstream import told

    alone = "cluster" not in told(client)
    inbox = client.new_inbox()
    answers = await client.subscribe(inbox)
    await client.publish(f"$SYS.REQ.SERVER.PING.{question}", body, reply=inbox)
    found = [_said((await answers.next_msg(timeout=_FIRST_S)).data)]
    while not alone:
        try:
            found.append(_said((await answers.next_msg(timeout=_ALL_ANSWERED_S)).data))
        except TimeoutError:
            break
    await answers.unsubscribe()
    return sorted(found, key=lambda one: one.name)


def _said(answer: bytes) -> Said:
    told = json.loads(answer)
    return Said(told["server"]["id"], told["server"]["name"], told["data"])
