"""What of a complaint a decision may use, and how the complaint is rebuilt from its record. Pure.

Words are in the ticket's row already, so the receipt keeps their digests: a replay can tell whether it
read the same words. Names, phones and whoever complained are unknown to the router (docs/adr/0010).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from contracts.complaint import ComplaintReceived, Point

PLACES: Final = 5
"""Decimals of a degree: about a metre, finer than any outline of a grid."""


def used(complaint: ComplaintReceived) -> ComplaintReceived:
    """The complaint as decisions read it: its point rounded, so that the receipt can hold it exactly."""
    if complaint.point is None:
        return complaint
    point = Point(
        lon=round(complaint.point.lon, PLACES),
        lat=round(complaint.point.lat, PLACES),
        datum=complaint.point.datum,
    )
    return complaint.model_copy(update={"point": point})


def of(complaint: ComplaintReceived, at: datetime) -> dict[str, Any]:
    """The receipt's block: what the filer gave, digests of the masked words, and the time."""
    point = complaint.point
    return {
        "channel": complaint.channel.value,
        "kind": complaint.kind.value,
        "grid_code": complaint.grid_code,
        "category": complaint.category,
        "urgency": complaint.urgency.value if complaint.urgency else None,
        "accused": complaint.accused,
        "point": None
        if point is None
        else {"lon": point.lon, "lat": point.lat, "datum": point.datum.value},
        "sha256": {
            "title": _digest(complaint.title),
            "text": _digest(complaint.text),
            "address": _digest(complaint.address),
        },
        "decided_at": at.astimezone(UTC).isoformat(),
    }


def rebuild(row: Mapping[str, Any], given: Mapping[str, Any]) -> ComplaintReceived:
    """The complaint as it was decided on, from the ticket's row and the receipt's inputs.

    Category, urgency and place of the row are the ticket's own and may have changed since.
    """
    return ComplaintReceived.model_validate(
        {
            "complaint_id": str(row["ticket_id"]),
            "number": row["number"],
            "title": row["title"],
            "text": row["body"],
            "address": row["address"],
            "confidential": row["confidential"],
            "received_at": row["received_at"],
        }
        | {
            name: given[name]
            for name in ("channel", "kind", "grid_code", "category", "urgency", "accused", "point")
        }
    )


def _digest(words: str | None) -> str | None:
    if words is None:
        return None
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()
