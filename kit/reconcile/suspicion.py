"""What looks wrong about a stream, from one answer of the broker and what was known before (reliability.md row 22)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Stand:
    """How a stream stood when somebody looked."""

    server: str
    """Which run of which server (in a cluster: which leader) spoke."""
    created: str
    first_seq: int
    first_at: datetime
    last_seq: int
    deleted: int
    """Sequence numbers inside the stream that hold nothing."""

    @classmethod
    def of(cls, info: dict[str, Any], server: str) -> Stand:
        """Read the broker's answer to STREAM.INFO."""
        state = info["state"]
        return cls(
            server,
            info["created"],
            state["first_seq"],
            moment(state["first_ts"]),
            state["last_seq"],
            state.get("num_deleted", 0),
        )


def moment(text: str) -> datetime:
    """A time as the broker writes it, with nanoseconds; year 1 stands for none."""
    return datetime.fromisoformat(text[:19] + "+00:00")


def server_of(told: dict[str, Any], info: dict[str, Any]) -> str:
    """Who answers: one server anew after each start, a cluster anew with each leader."""
    if told.get("cluster"):
        return f"{told['cluster']}/{info.get('cluster', {}).get('leader', '')}"
    return str(told.get("server_id", ""))


def suspicions(
    known: Stand | None, live: Stand, *, acknowledged: int, max_age: timedelta, now: datetime
) -> tuple[str, ...]:
    """Why the stream may have lost something; empty when nothing says so.

    `acknowledged` is the highest sequence number the broker ever answered with here, 0 where none is
    known. Messages may leave at the head when they are older than `max_age`; nothing else may ever go.
    """
    if known is None:
        return ("first",)
    found = []
    if live.created != known.created:
        found.append("recreated")
    if live.server != known.server:
        found.append("restarted")
    if live.last_seq < max(known.last_seq, acknowledged):
        found.append("tail")
    if live.deleted > known.deleted:
        found.append("gaps")
    if live.first_seq > known.first_seq > 0 and known.first_at > now - max_age:
        found.append("head")
    return tuple(found)
