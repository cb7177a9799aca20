"""Who knocks is let in at once, however many knock: on uvloop, as services run."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

import uvicorn
import uvloop

from kit.limits.accepting import HANDLES, Server

MANY = 320


async def _says_nothing(_: Any, __: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _turns_to_let_in(many: int) -> tuple[int, bool]:
    """Turns of the loop until all are in, and whether anybody can knock when the server has ended."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place: tuple[str, int] = free.getsockname()
    config = uvicorn.Config(
        _says_nothing, *place, lifespan="off", log_config=None, backlog=2 * many
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started or len(server.servers) < HANDLES:
        await asyncio.sleep(0.01)
    with contextlib.ExitStack() as stack:
        for _ in range(many):
            stack.enter_context(socket.create_connection(place))
        turns = 0
        while len(server.server_state.connections) < many:
            await asyncio.sleep(0)
            turns += 1
    server.should_exit = True
    await serving
    with socket.socket() as late:
        return turns, late.connect_ex(place) == 0


def test_d7_22_many_who_knock_at_once_are_let_in_within_a_few_turns() -> None:
    """Uvloop by itself lets in one a turn: the rest waits where nothing can refuse it."""
    turns, still_open = uvloop.run(_turns_to_let_in(MANY))
    assert turns <= 2 * MANY // HANDLES + 5
    assert not still_open
