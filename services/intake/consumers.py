"""What intake hears: ticket events, for its own projection, and new directory versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kit.db import Conn
from kit.delivery import Effects, Handler, Received
from kit.parts import Parts
from services.intake import actions


async def on_ticket_events(conn: Conn, received: Sequence[Received]) -> Effects:
    """Project."""
    return await actions.project_tickets(conn, received)


def on_directory_published(parts: Parts[Any]) -> Handler:
    """Ask for the new version's parts."""

    async def handler(_: Conn, __: Sequence[Received]) -> Effects:
        parts.refresh()
        return Effects()

    return handler
