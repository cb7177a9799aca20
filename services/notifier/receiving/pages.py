"""What people may look at: the calendar of sessions, one session with live decisions, the ledger of decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from kit.auth import Principal
from kit.db import Conn, Pool
from kit.errors import not_found
from kit.validation import wrong_field
from services.notifier.directory import Directory
from services.notifier.looking import looking
from services.notifier.receiving.staff import Staff
from services.notifier.reception import store_decision_clocks, store_decisions, store_sessions
from services.notifier.reception.decision import Decision, DecisionState
from services.notifier.reception.minutes import figures
from services.notifier.reception.rhythm import proposed
from services.notifier.reception.session import Session
from services.notifier.reception.store_decisions import Wanted
from services.notifier.reception.store_sessions import Line

AHEAD: Final = timedelta(days=100)
LONGEST: Final = timedelta(days=732)
MOST: Final = 500
"""Sessions in one answer; who has more asks for a shorter span."""
PLAIN: Final = ("position", "form", "note", "heard_by", "outcome", "reason")


@dataclass(frozen=True, slots=True)
class Span:
    """From when until before when; left out, from now on and some three months."""

    start: datetime | None = None
    end: datetime | None = None

    def of(self, now: datetime) -> tuple[datetime, datetime]:
        """Both ends. Raises DomainError 422."""
        start = self.start or min(now, self.end or now)
        end = self.end or start + AHEAD
        if not start < end <= start + LONGEST:
            raise wrong_field(
                "to", zh="须在 from 之后、两年之内", en="must come after `from`, within two years"
            )
        return start, end


async def calendar(
    people: Pool, directory: Directory, who: Principal, org: str | None, span: Span
) -> dict[str, Any]:
    """Sessions of the asker's offices, in order of time. Raises DomainError 404, 422."""
    async with looking(people, directory, who) as (conn, now):
        start, end = span.of(now)
        orgs = _orgs(Staff.of(who, directory, now), org)
        rows = await store_sessions.calendar(conn, orgs, start, end, MOST)
    items = [Session.of(row).show() | {"items": row["items"]} for row in rows]
    return {"items": items, "next": None}


async def proposals(
    people: Pool, directory: Directory, who: Principal, org: str, span: Span
) -> dict[str, Any]:
    """Dates that the office's rhythm proposes and nothing is set up for yet. Raises DomainError 404, 422."""
    level = directory.roster.level(org)
    async with looking(people, directory, who) as (conn, now):
        start, end = span.of(now)
        if level is None:
            raise not_found("接待单位", "office that receives")
        orgs = _orgs(Staff.of(who, directory, now), org)
        taken = await store_sessions.calendar(conn, orgs, start, end, MOST)
    rule = directory.reception.rule(org, level)
    days = proposed(rule, directory.roster.calendar(org), start, end)
    at = {(row["starts_at"], row["kind"]) for row in taken}
    items = [d for d in days if (datetime.fromisoformat(d["starts_at"]), d["kind"]) not in at]
    rest = {"org": org, "cap": rule.cap, "place": rule.place or directory.roster.name(org)}
    return {"items": [day | rest for day in items], "next": None}


async def one(
    people: Pool, directory: Directory, who: Principal, session_id: UUID
) -> dict[str, Any]:
    """A session: agenda, states, decisions with live clocks, figures. Raises DomainError 404."""
    async with looking(people, directory, who) as (conn, now):
        session = await store_sessions.session(conn, session_id)
        staff = Staff.of(who, directory, now)
        if session is None or not staff.knows(session.org):
            raise not_found("接待", "reception session")
        return await whole(conn, directory, session, staff, now)


async def whole(
    conn: Conn, directory: Directory, session: Session, staff: Staff, now: datetime
) -> dict[str, Any]:
    """A session with all of it that is for this person, as it is inside this transaction."""
    agenda = await store_sessions.agenda(conn, session.session_id)
    closed = {
        line.item.item_id: directory.roster.tied(staff.person, line.item.accused, now)
        for line in agenda
    }
    lines = [line for line in agenda if not closed[line.item.item_id]]
    taken = await store_decisions.of_session(conn, session.session_id)
    decisions = [one for one in taken if not closed.get(one.item_id)]
    clocks = await store_decision_clocks.clocks(conn, [d.decision_id for d in decisions])
    shown: dict[UUID, list[dict[str, Any]]] = {}
    for decision in decisions:
        told = with_clocks(decision, clocks[decision.decision_id], now)
        shown.setdefault(decision.item_id, []).append(told)
    return {
        **session.show(),
        "agenda": [_line(line, shown.get(line.item.item_id, []), now) for line in lines],
        "figures": figures(lines, decisions, session.closed_at or now),
        "names": _names(directory, session, lines, decisions),
        "now": now.isoformat(),
    }


async def ledger(
    people: Pool, directory: Directory, who: Principal, wanted: Wanted, limit: int
) -> dict[str, Any]:
    """Decisions the asker has to do with, newest first: 督办台账."""
    async with looking(people, directory, who) as (conn, now):
        staff = Staff.of(who, directory, now)
        within = None if staff.sees_all else sorted(staff.units)
        found = await store_decisions.ledger(conn, replace(wanted, within=within), now, limit)
        clocks = await store_decision_clocks.clocks(conn, [d.decision_id for d in found])
    last = str(found[-1].decision_id) if len(found) == limit else None
    items = [with_clocks(d, clocks[d.decision_id], now) for d in found]
    return {"items": items, "next": last}


async def decisions_about(
    conn: Conn, items: Sequence[UUID], now: datetime
) -> dict[UUID, list[dict[str, Any]]]:
    """Every decision ever taken about matters, for a dossier."""
    decisions = await store_decisions.of_items(conn, items)
    clocks = await store_decision_clocks.clocks(conn, [d.decision_id for d in decisions])
    found: dict[UUID, list[dict[str, Any]]] = {item_id: [] for item_id in items}
    for decision in decisions:
        told = with_clocks(decision, clocks[decision.decision_id], now)
        found[decision.item_id].append(told)
    return found


def with_clocks(
    decision: Decision, clocks: Sequence[Mapping[str, Any]], now: datetime
) -> dict[str, Any]:
    """A decision as shown, with what is left of its time."""
    shown = [_clock(row, now) for row in clocks]
    running = next((c for c in shown if c["state"] != "stopped"), None)
    live = {
        "due_at": running["due_at"] if running else None,
        "overdue": bool(running and running["state"] == "overdue"),
        "left_s": running["left_s"] if running else None,
    }
    ended = decision.state in (DecisionState.DONE, DecisionState.SUPERSEDED)
    return decision.show() | (live | {"clocks": shown} if not ended else {"clocks": shown})


def _clock(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    names = ("started_at", "near_at", "due_at", "lapse_at", "stopped_at", "breached_at")
    times = {name: row[name].isoformat() for name in names if row[name] is not None}
    state = "overdue" if row["due_at"] <= now else "running"
    if row["stopped_at"] is not None:
        state = "stopped"
    return times | {
        "kind": row["kind"],
        "unit": row["unit"],
        "state": state,
        "left_s": int((row["due_at"] - now).total_seconds()),
        "sentence": row["sentence"],
        "trace": row["trace"],
        "earlier_due": [at.isoformat() for at in row["earlier_due"]],
        "told": row["told"],
    }


def _line(line: Line, decisions: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    own: dict[str, Any] = {name: getattr(line, name) for name in PLAIN}
    own["heard_at"] = line.heard_at.isoformat() if line.heard_at else None
    left = line.outcome is None and not line.here
    own["left"] = line.item.state.value if left else None
    return {**line.item.show(now), **own, "present": list(line.present), "decisions": decisions}


def _names(
    directory: Directory, session: Session, lines: Sequence[Line], decisions: Sequence[Decision]
) -> dict[str, str]:
    codes = {session.org, session.chair, *session.participants}
    for line in lines:
        codes |= {line.item.unit, *line.present}
    for decision in decisions:
        codes |= {decision.owner, decision.post or decision.owner, decision.confirmer}
    return {code: directory.roster.name(code) for code in sorted(codes)}


def _orgs(staff: Staff, org: str | None) -> list[str] | None:
    """Whose sessions are asked for; None for all. Raises DomainError 404 for another office's."""
    if org is None:
        return None if staff.sees_all else sorted(staff.keeps)
    if not staff.knows(org):
        raise not_found("接待单位", "office that receives")
    return [org]
