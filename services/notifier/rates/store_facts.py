"""SQL of facts and answers; takes a connection, never opens or commits one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kit.db import Conn, columns
from services.notifier.rates.fact import Answer, Counted, Fact

SQL_KEEP: Final = """
with facts as (
    insert into rate_fact (
        ticket_id, round, unit, number, area, category, urgency, received_at, begun_at, opening,
        dispatched, lead, contact_due, contacted_at, contact_ok, result_due, handled_at, result_ok,
        work_s, held_s, returned_at, return_reason, upheld, ended_at, ended, reopened_at
    )
    select * from unnest(
        $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::timestamptz[], $9::timestamptz[], $10::boolean[], $11::boolean[], $12::boolean[],
        $13::timestamptz[], $14::timestamptz[], $15::boolean[], $16::timestamptz[],
        $17::timestamptz[], $18::boolean[], $19::bigint[], $20::bigint[], $21::timestamptz[],
        $22::text[], $23::boolean[], $24::timestamptz[], $25::text[], $26::timestamptz[]
    ) as f(ticket_id, round, unit)
    order by f.ticket_id, f.round, f.unit
    on conflict (ticket_id, round, unit) do update
    set area = excluded.area, category = excluded.category, urgency = excluded.urgency,
        begun_at = excluded.begun_at, dispatched = excluded.dispatched, lead = excluded.lead,
        contact_due = excluded.contact_due, contacted_at = excluded.contacted_at,
        contact_ok = excluded.contact_ok, result_due = excluded.result_due,
        handled_at = excluded.handled_at, result_ok = excluded.result_ok,
        work_s = excluded.work_s, held_s = excluded.held_s, returned_at = excluded.returned_at,
        return_reason = excluded.return_reason, upheld = excluded.upheld,
        ended_at = excluded.ended_at, ended = excluded.ended, reopened_at = excluded.reopened_at
)
insert into rate_answer (
    ticket_id, round, handed_in, number, unit, area, category, follows, answered_at, handled_at,
    outcome, satisfied, attempts, final, answered_by
)
select * from unnest(
    $27::uuid[], $28::int[], $29::int[], $30::text[], $31::text[], $32::text[], $33::text[],
    $34::text[], $35::timestamptz[], $36::timestamptz[], $37::text[], $38::boolean[], $39::int[],
    $40::boolean[], $41::text[]
) as a(ticket_id, round, handed_in)
order by a.ticket_id, a.round, a.handed_in
on conflict (ticket_id, round, handed_in) do update
set unit = excluded.unit, area = excluded.area, category = excluded.category,
    follows = excluded.follows, answered_at = excluded.answered_at,
    handled_at = excluded.handled_at, outcome = excluded.outcome, satisfied = excluded.satisfied,
    attempts = excluded.attempts, final = excluded.final, answered_by = excluded.answered_by
"""
"""Everything a batch changed, in one statement."""
FACT_WIDTH: Final = 26
ANSWER_WIDTH: Final = 15


@dataclass(frozen=True, slots=True)
class About:
    """The ticket that facts are about."""

    ticket_id: UUID
    number: str
    received_at: datetime


@dataclass(slots=True)
class Kept:
    """Rows of a batch that are new or differ from what is stored."""

    facts: list[tuple[Any, ...]] = field(default_factory=list)
    answers: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, about: About, old: dict[str, Any], new: Counted) -> dict[str, Any]:
        """What changed of one ticket since `old` was stored; the form in which it is stored now.

        Answers repeat whose work they are about, so they change with the facts.
        """
        stored = new.stored()
        known = {(f["round"], f["unit"]): f for f in old.get("facts", ())}
        pairs = zip(new.facts, stored["facts"], strict=True)
        changed = [f for f, plain in pairs if known.get((f.round, f.unit)) != plain]
        self.facts += [_fact(about, f) for f in changed]
        same = stored["answers"] == old.get("answers") and stored["follows"] == old.get("follows")
        if new.answers and (changed or not same):
            self.answers += [_answer(about, new, a) for a in new.answers]
        return stored

    def desk(self, fact: Fact, ticket_id: UUID, number: str) -> None:
        """A matter that was answered at filing."""
        self.facts.append(_fact(About(ticket_id, number, fact.begun_at), fact))


async def keep(conn: Conn, kept: Kept) -> None:
    """Write what a batch changed, if it changed anything."""
    if kept.facts or kept.answers:
        facts, answers = columns(kept.facts, FACT_WIDTH), columns(kept.answers, ANSWER_WIDTH)
        await conn.execute(SQL_KEEP, *facts, *answers)


def _fact(about: About, f: Fact) -> tuple[Any, ...]:
    return (
        about.ticket_id, f.round, f.unit, about.number, f.area, f.category, f.urgency,
        about.received_at, f.begun_at,
        f.opening, f.dispatched, f.lead, f.contact_due, f.contacted_at, f.contact_ok, f.result_due,
        f.handled_at, f.result_ok, f.work_s, f.held_s, f.returned_at, f.return_reason, f.upheld,
        f.ended_at, f.ended, f.reopened_at,
    )  # fmt: skip


def _answer(about: About, counted: Counted, a: Answer) -> tuple[Any, ...]:
    work, follows = counted.worker(a)
    return (
        about.ticket_id, a.round, a.handed_in, about.number, work.unit if work else "_",
        work.area if work else "", work.category if work else None, follows, a.at,
        work.handled_at if work and follows is None else None, a.outcome.value, a.satisfied,
        a.attempts, a.final, a.by,
    )  # fmt: skip
