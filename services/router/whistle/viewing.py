"""How a whistle is shown: lists, alone, beside its ticket, as the reply to a step. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.clock import ClockKind
from kit.due_words import heard
from services.router.whistle.whistle import Call, Whistle

Rows = Sequence[Mapping[str, Any]]


def whistle_view(whistle: Whistle, clocks: Rows, units: frozenset[str] | None) -> dict[str, Any]:
    """A whistle as somebody with posts in these units may see it; None: who sees everything.

    Ratings are the blower's side's and those who see everything; a called department sees its own
    (domain.md G: ratings are sensitive).
    """
    all_marks = units is None or bool(units & {whistle.blower, whistle.office})
    due = {c["unit"]: c["due_at"] for c in clocks if c["kind"] == ClockKind.CHECK_IN.value}
    calls = [
        _call_view(c, due.get(c.unit), marks=all_marks or c.unit in (units or ()))
        for c in whistle.calls
    ]
    return {
        "whistle_id": str(whistle.whistle_id),
        "kind": whistle.kind.value,
        "status": whistle.status.value,
        "version": whistle.version,
        "blower": whistle.blower,
        "person": whistle.person,
        "office": whistle.office,
        "signer": whistle.signer,
        "area": whistle.area,
        "ticket_id": str(whistle.ticket_id) if whistle.ticket_id else None,
        "number": whistle.number,
        "confidential": whistle.confidential,
        "reason": whistle.reason,
        "text": whistle.text,
        "place": whistle.place,
        "meet_at": _time(whistle.meet_at),
        "blown_at": _time(whistle.blown_at),
        "issued_at": _time(whistle.issued_at),
        "resolved_at": _time(whistle.resolved_at),
        "closed_at": _time(whistle.closed_at),
        "outcome": whistle.outcome,
        "due": {
            c["kind"]: _time(c["due_at"])
            for c in clocks
            if c["kind"] != ClockKind.CHECK_IN.value and c["state"] != "stopped"
        },
        "units": calls,
    }


def clock_view(row: Mapping[str, Any], *, english: bool) -> dict[str, Any]:
    """One clock with the sentence that explains it."""
    told = row["sentence"]
    return {
        "kind": row["kind"],
        "unit": row["unit"],
        "state": row["state"],
        "due_at": _time(row["due_at"]),
        "sentence": heard(row["kind"], row["due_at"], row["trace"], told) if english else told,
    }


def line_view(row: Mapping[str, Any], *, marks: bool) -> dict[str, Any]:
    """One line of the history; marks given only to who may see them."""
    detail = row["detail"] if marks else {k: v for k, v in row["detail"].items() if k != "ratings"}
    shown = ("version", "event", "status", "unit", "state", "actor", "reason", "cause")
    return {name: row[name] for name in shown} | {"detail": detail, "at": _time(row["at"])}


def _call_view(call: Call, due_at: datetime | None, *, marks: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "unit": call.unit,
        "required": call.required,
        "state": call.state.value,
        "late": call.late,
        "person": call.person,
        "due_at": _time(due_at),
        "seen_at": _time(call.seen_at),
        "checked_in_at": _time(call.checked_in_at),
        "arrived_at": _time(call.arrived_at),
        "done_at": _time(call.done_at),
        "declined_at": _time(call.declined_at),
        "no_show_at": _time(call.no_show_at),
        "excused_at": _time(call.excused_at),
        "point": call.point,
        "proof": list(call.proof),
        "result": call.result,
        "reason": call.reason,
    }
    if marks:
        shown["rating"] = (
            {
                "speed": call.speed,
                "result": call.quality,
                "note": call.note,
                "at": _time(call.rated_at),
            }
            if call.rated_at
            else None
        )
    return shown


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
