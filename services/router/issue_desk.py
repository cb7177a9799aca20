"""Hot issues as people see and close them; members only as far as the asker may see the tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record
from pydantic import BaseModel, ConfigDict, Field

from kit import audit, outbox
from kit.auth import Principal
from kit.db import Conn, Pool
from kit.errors import DomainError, Kind, not_found
from kit.masking import mask
from kit.relay import Relay
from services.router.directory.directory import Directory
from services.router.issues import store_issues
from services.router.issues.issues import cooled
from services.router.issues.watching import closed
from services.router.queries import looking, visible_units

PAGE: Final = 100
MEMBERS: Final = 200
"""Members shown of one issue: its newest."""


class Closing(BaseModel):
    """Body of `POST /v1/issues/{id}/close`."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500)


async def page(people: Pool, principal: Principal, directory: Directory | None) -> dict[str, Any]:
    """Open issues the asker has to do with, hottest first; at most a hundred."""
    async with looking(people, principal, directory) as (conn, now):
        units = _units(principal, directory, now)
        rows = await store_issues.open_page(conn, units, PAGE)
        seen = await _members(conn, [row["issue_id"] for row in rows], units)
    items = [_view(row, seen.get(row["issue_id"], []), now) for row in rows]
    return {"items": sorted(items, key=lambda item: -item["heat"]), "next": None}


async def one(
    people: Pool, ident: str, principal: Principal, directory: Directory | None
) -> dict[str, Any]:
    """One issue, open or closed. Raises DomainError 404 where none of its tickets may be seen."""
    async with looking(people, principal, directory) as (conn, now):
        return await _one(conn, _identify(ident), _units(principal, directory, now), now)


async def close(
    people: Pool, relay: Relay, ident: str, closing: Closing, principal: Principal
) -> dict[str, Any]:
    """Close an issue: its tickets stay as they are and are warned of one by one again.

    Raises DomainError 404, and 409 when it is closed already.
    """
    issue_id = _identify(ident)
    async with looking(people, principal, None) as (conn, now):
        reason = mask(closing.reason)
        row = await store_issues.end(conn, issue_id, now, principal.sub, reason)
        if row is None:
            before = await _one(conn, issue_id, None, now)
            raise DomainError(
                "already-closed",
                Kind.CONFLICT,
                zh="这个热点已经关闭。",
                en="This hot issue is closed already.",
                extra={"closed_at": before["closed_at"]},
            )
        events = [closed(row, "person", now)]
        await outbox.append(conn, events)
        await audit.record(conn, [audit.Entry(now, principal.sub, "issue.close", str(issue_id))])
        view = await _one(conn, issue_id, None, now)
    relay.hint(events)
    return view


def _units(principal: Principal, directory: Directory | None, now: datetime) -> list[str] | None:
    units = visible_units(principal, directory, now)
    return None if units is None else sorted(units)


def _identify(ident: str) -> UUID:
    try:
        return UUID(ident)
    except ValueError:
        raise not_found("热点", "hot issue") from None


async def _one(
    conn: Conn, issue_id: UUID, units: list[str] | None, now: datetime
) -> dict[str, Any]:
    row = await store_issues.issue(conn, issue_id)
    seen = await _members(conn, [issue_id], units) if row else {}
    if row is None or (units is not None and not seen):
        raise not_found("热点", "hot issue")
    return _view(row, seen.get(issue_id, []), now)


async def _members(
    conn: Conn, ids: list[UUID], units: list[str] | None
) -> dict[UUID, list[Record]]:
    found: dict[UUID, list[Record]] = {}
    for row in await store_issues.members(conn, ids, units, MEMBERS):
        found.setdefault(row["issue_id"], []).append(row)
    return found


def _view(row: Record, members: list[Record], now: datetime) -> dict[str, Any]:
    closed_at = row["closed_at"]
    return {
        "issue_id": str(row["issue_id"]),
        "level": row["level"],
        "area": row["area"],
        "category": row["category"],
        "tickets": row["tickets"],
        "heat": round(cooled(row["heat"], (closed_at or now) - row["last_at"]), 2),
        "opened_at": row["opened_at"].isoformat(),
        "last_at": row["last_at"].isoformat(),
        "closed_at": closed_at.isoformat() if closed_at else None,
        "closed_by": row["closed_by"],
        "reason": row["reason"],
        "members": [
            {
                "ticket_id": str(member["ticket_id"]),
                "number": member["number"],
                "status": member["status"],
                "unit": member["unit"],
                "received_at": member["received_at"].isoformat(),
                "joined_at": member["joined_at"].isoformat(),
            }
            for member in members
        ],
    }
