"""The dossier (卷宗) of a matter, put together from what two services know; values in, values out (domain.md D7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

Part = Mapping[str, Any]
CALLED_BACK: Final = "complaint.callback_recorded"
HOW: Final = {1: "same_ticket", 2: "same_issue", 3: "same_place_and_category"}


def holders(rows: Sequence[Part], now: datetime) -> list[dict[str, Any]]:
    """Who held it from when to when, for how long, and which share of all that time (D3 rule 4)."""
    spans = []
    for row in rows:
        start = datetime.fromisoformat(row["from"])
        end = datetime.fromisoformat(row["to"]) if row["to"] else now
        spans.append((row, max(0, int((end - start).total_seconds()))))
    total = sum(seconds for _, seconds in spans)
    return [
        {**row, "seconds": seconds, "share": round(seconds / total, 3) if total else 0.0}
        for row, seconds in spans
    ]


def timeline(
    history: Sequence[Part], entries: Sequence[Part], escalations: Sequence[Part]
) -> list[dict[str, Any]]:
    """Everything that happened, oldest first; what was told to several is one line."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for line in history:
        one = lines.setdefault(
            (line["event"], line["at"]),
            {
                "at": line["at"],
                "what": f"ticket.{line['event']}",
                "units": [],
                "actor": line["actor"],
                "reason": line["reason"],
                "round": line["round"],
            },
        )
        if line["unit"] not in one["units"]:
            one["units"].append(line["unit"])
    found = [*lines.values(), *map(_rung, escalations), *map(_entered, entries)]
    return sorted(found, key=lambda line: datetime.fromisoformat(line["at"]))


def callbacks(history: Iterable[Part]) -> list[dict[str, Any]]:
    """What callers answered when they were called back."""
    found: dict[str, dict[str, Any]] = {}
    for line in history:
        detail = line["detail"] or {}
        if detail.get("fact") == CALLED_BACK:
            answer = {
                name: detail[name]
                for name in ("contacted", "solved", "satisfied", "attempts", "follower")
                if detail.get(name) is not None
            }
            found[line["cause"] or line["at"]] = {
                "at": line["at"], "round": line["round"], "reason": line["reason"], **answer,
            }  # fmt: skip
    return list(found.values())


def told(rows: Iterable[Part]) -> list[dict[str, Any]]:
    """Which rungs were raised when, and who was told."""
    return [
        {
            "at": row["raised_at"].isoformat(),
            "level": row["level"],
            "reason": row["reason"],
            "recipients": list(row["recipients"]),
            "vacant": list(row["vacant"]),
            "cleared_at": row["cleared_at"].isoformat() if row["cleared_at"] else None,
        }
        for row in rows
    ]


def attachments(ticket: Part) -> list[dict[str, Any]]:
    """Files of the ticket: proof the router keeps, and what came with the complaint, kept at intake."""
    proofs = [{**file, "kept_by": "router"} for file in ticket.get("proofs") or ()]
    filed = [{"attachment_id": one, "kept_by": "intake"} for one in ticket.get("attachments") or ()]
    return [*proofs, *filed]


def _rung(row: Part) -> dict[str, Any]:
    return {
        "at": row["at"],
        "what": "escalation.raised",
        "units": row["recipients"],
        "actor": None,
        "reason": f"{row['level']}",
        "round": None,
    }


def _entered(row: Part) -> dict[str, Any]:
    return {
        "at": row["at"],
        "what": "reception.queued",
        "units": [],
        "actor": row["by"],
        "reason": row["reason"],
        "rule": row["rule"],
        "round": row["round"],
    }
