"""How a ticket is shown: lists, the page of one ticket, command replies (product.md section 4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from asyncpg import Record

from kit.due_words import heard
from services.router.ticket.deed import Deed

TAKING: Final = frozenset({"dispatched", "triaged"})
"""Events whose addressee is responsible from then on."""
AGAIN: Final = frozenset({"reopened", "unmerged"})
"""Events after which whoever was responsible is so again."""
ENDED: Final = frozenset({"closed", "declined", "merged", "withdrawn"})


def ticket_view(row: Record) -> dict[str, Any]:
    """A ticket as everybody who holds it sees it; words are masked by intake already."""
    return {
        "ticket_id": str(row["ticket_id"]),
        "number": row["number"],
        "complaint_id": str(row["ticket_id"]),
        "status": row["status"],
        "unit": row["unit"],
        "post": row["post"],
        "coordinator": row["coordinator"],
        "assists": row["assists"],
        "grid": row["area"],
        "category": row["category"],
        "urgency": row["urgency"],
        "round": row["round"],
        "version": row["version"],
        "escalation_level": row["escalation_level"],
        "pending": row["pending"],
        "outcome": row["outcome"],
        "channel": row["channel"],
        "kind": row["kind"],
        "title": row["title"],
        "address": row["address"],
        "text": row["body"],
        "attachments": row["attachments"],
        "received_at": row["received_at"].isoformat(),
    }


def changed_view(deed: Deed) -> dict[str, Any]:
    """What an action made different, to be laid over the ticket as it was."""
    after = deed.after
    tied = {"merged_into": deed.tie.into} if deed.tie and after.status == "merged" else {}
    return tied | {
        "status": after.status.value,
        "unit": after.unit,
        "post": after.post,
        "coordinator": after.coordinator,
        "assists": after.assists,
        "grid": after.area,
        "category": after.category,
        "urgency": after.urgency,
        "round": after.round,
        "pending": after.pending,
        "outcome": after.outcome,
        "version": deed.version,
    }


def running(clocks: Sequence[Record]) -> dict[str, str]:
    """Due times that still count, by kind."""
    return {c["kind"]: c["due_at"].isoformat() for c in clocks if c["state"] != "stopped"}


def clock_view(row: Record, *, english: bool) -> dict[str, Any]:
    """One clock with the sentence that explains it."""
    told = row["sentence"]
    return {
        "kind": row["kind"],
        "round": row["round"],
        "state": row["state"],
        "unit": row["unit"],
        "due_at": row["due_at"].isoformat(),
        "sentence": heard(row["kind"], row["due_at"], row["trace"], told) if english else told,
    }


def line_view(row: Record) -> dict[str, Any]:
    """One line of the history."""
    return {
        "version": row["version"],
        "event": row["event"],
        "status": row["status"],
        "unit": row["unit"],
        "round": row["round"],
        "actor": row["actor"],
        "reason": row["reason"],
        "cause": row["cause"],
        "detail": row["detail"],
        "at": row["at"].isoformat(),
    }


def held(history: Sequence[Record]) -> list[dict[str, Any]]:
    """Who was responsible from when to when, oldest first; `to` None: still (domain.md D3 rule 4).

    A return or a request does not end it: until another unit has the ticket, the last one does.
    """
    intervals: list[dict[str, Any]] = []
    for line in history:
        ended = line["status"] in ENDED
        taken = line["event"] in TAKING and (
            not intervals or intervals[-1]["unit"] != line["unit"] or intervals[-1]["to"]
        )
        if intervals and not intervals[-1]["to"] and (ended or taken):
            intervals[-1]["to"] = line["at"].isoformat()
        if not ended and (taken or (line["event"] in AGAIN and intervals[-1]["to"])):
            begun = {"unit": line["unit"], "round": line["round"], "from": line["at"].isoformat()}
            intervals.append(begun | {"to": None})
    return intervals
