"""Whether a message that reached an office's account was meant for it. Pure."""

from __future__ import annotations

import json
from typing import Final

from contracts.catalog import OWNER_OF

ADDRESSED_TO_UNITS: Final = ("ticket", "whistle", "clock")
UNIT_AT: Final = 2


def foreign(subject: str, body: bytes, unit: str) -> bool:
    """True for another office's event, command, durable or answer.

    Its own commands, acknowledgements and answers pass through its account and are its own business.
    """
    tokens = subject.split(".")
    named = tokens[UNIT_AT] if len(tokens) > UNIT_AT else ""
    if tokens[0] in OWNER_OF:
        return tokens[0] not in ADDRESSED_TO_UNITS or named != unit
    if tokens[0] == "cmd":
        return named != unit
    durables = [token for token in tokens if token.startswith(("unit_", "reader_"))]
    return any(durable != f"unit_{unit}" for durable in durables) or _tells_of_another(body, unit)


def _tells_of_another(body: bytes, unit: str) -> bool:
    """An answer that shows the ticket of another unit."""
    try:
        told = json.loads(body)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("unit", unit) != unit and "ticket_id" in told
