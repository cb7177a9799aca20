"""What the router hears: complaints to route, clocks and escalations to show beside tickets."""

from __future__ import annotations

from collections.abc import Sequence

from kit.db import Conn
from kit.delivery import Effects, Handler, Received
from services.router import actions, facts, receptions, whistle_clocks
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.model_in_use import ModelInUse


def on_complaints(in_use: DirectoryInUse, models: ModelInUse) -> Handler:
    """Route what was received; heed what was said of it later."""

    async def handler(conn: Conn, received: Sequence[Received]) -> Effects:
        routed = await actions.route(conn, received, in_use, models)
        heeded = await facts.heed(conn, received)
        lacks = {} if routed.waiting else heeded.lacks  # without a directory nothing can be early
        return Effects(routed.events + heeded.events, routed.waiting + heeded.waiting, lacks)

    return handler


async def on_clocks(conn: Conn, received: Sequence[Received]) -> Effects:
    """Project due times; answer limits that passed, of tickets and of whistles."""
    await actions.project_clocks(conn, received)
    events = await facts.passed(conn, received)
    return Effects(events + await whistle_clocks.hear(conn, received))


def on_escalations(in_use: DirectoryInUse) -> Handler:
    """Project levels; heed what secretaries decided."""

    async def handler(conn: Conn, received: Sequence[Received]) -> Effects:
        levels = await actions.project_levels(conn, received)
        heeded = await receptions.heed(conn, received, in_use)
        lacks = {} if in_use.directory is None else levels.lacks  # no ticket is opened without one
        return Effects(heeded.events, levels.waiting + heeded.waiting, lacks)

    return handler
