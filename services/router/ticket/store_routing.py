"""SQL of routing: one question before, one statement that opens a whole batch of tickets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from kit.audit import CTE_NOTE
from kit.db import Conn, columns
from kit.outbox import CTE_SAY

SQL_NOW_AND_VERSION: Final = """
select chuishao.business_now() as now,
    version_in_force() as version,
    (select coalesce(max(version), 0) from model where in_use) as model
"""
SQL_OPEN: Final = (
    """
with opening as materialized (
    select *
    from unnest(
        $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::int[], $13::text[], $14::text[], $15::text[],
        $16::text[], $17::text[], $18::text[], $19::boolean[], $20::int[], $21::uuid[],
        $22::timestamptz[], $23::timestamptz[], $24::text[], $25::uuid[], $26::jsonb[],
        $27::text[], $28::text[]
    ) as t(
        ticket_id, number, status, unit, post, assists, area, category, urgency, profile, version,
        channel, kind, title, words, address, accused, confidential, rule_version, receipt_id,
        received_at, dispatched_at, receipt, audit_id, detail, attachments,
        outcome
    )
), opened as (
    insert into ticket (
        ticket_id, number, status, unit, post, assists, area, category, urgency, profile, round,
        version, channel, kind, title, body, address, accused, confidential, rule_version,
        receipt_id, received_at, dispatched_at, changed_at, coordinator,
        attachments, outcome
    )
    select ticket_id, number, status, unit, post,
        coalesce(string_to_array(nullif(assists, ''), ','), '{}'), area, category, urgency,
        profile, 1, version, channel, kind, title, words, address, accused, confidential,
        rule_version, receipt_id, received_at, dispatched_at, $1,
        case when dispatched_at is not null then unit end,
        coalesce(string_to_array(nullif(attachments, ''), ','), '{}'), outcome
    from opening
    on conflict do nothing
    returning ticket_id
), helping as (
    insert into assist (unit, ticket_id)
    select unnest(string_to_array(assists, ',')), ticket_id
    from opening
    join opened using (ticket_id)
    where assists <> ''
    on conflict do nothing
), receipts as (
    insert into receipt (receipt_id, ticket_id, body)
    select receipt_id, ticket_id, receipt from opening join opened using (ticket_id)
), lines as (
    insert into ticket_event
        (ticket_id, version, event, status, unit, round, actor, reason, cause, detail, at)
    select t.ticket_id, t.version, t.event, t.status, t.unit, 1, t.actor, t.reason, t.cause,
        t.detail, $1
    from unnest(
        $29::uuid[], $30::int[], $31::text[], $32::text[], $33::text[], $34::text[], $35::text[],
        $36::text[], $37::jsonb[]
    ) as t(ticket_id, version, event, status, unit, actor, reason, cause, detail)
    join opened using (ticket_id)
), saying as (
    select t.event_id, t.subject, t.body
    from unnest($38::uuid[], $39::uuid[], $40::text[], $41::bytea[])
        with ordinality as t(ticket_id, event_id, subject, body, nth)
    join opened using (ticket_id)
    order by nth
), noting as (
    select audit_id, $1::timestamptz as at, 'system:router' as actor,
        'ticket.' || status as action, ticket_id::text as object, detail
    from opening
    join opened using (ticket_id)
), """
    + CTE_SAY
    + ", "
    + CTE_NOTE
    + """
select ticket_id from opened
"""
)
"""A complaint that has its ticket already does nothing at all, so repetition is harmless. Events are kept in
their order: whoever reads them again later hears of the lead before who helps."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch of openings: ticket rows, history lines, and events with their ticket's id."""

    tickets: list[tuple[Any, ...]]
    lines: list[tuple[Any, ...]]
    events: list[tuple[Any, ...]]


class InForce(NamedTuple):
    """What decides at a moment; version 0 is none."""

    now: datetime
    directory: int
    model: int


async def now_and_version(conn: Conn) -> InForce:
    """Business time, directory version in force and model version in use, in one round trip."""
    row = await conn.fetchrow(SQL_NOW_AND_VERSION)
    assert row is not None  # noqa: S101 - the select always yields a row
    return InForce(row["now"], row["version"], row["model"])


async def open_tickets(conn: Conn, rows: Rows, now: datetime) -> set[UUID]:
    """Open tickets with receipts, history, events and audit; the ids that had no ticket before."""
    opened = await conn.fetch(
        SQL_OPEN,
        now,
        *columns(rows.tickets, 27),
        *columns(rows.lines, 9),
        *columns(rows.events, 4),
    )
    return {row["ticket_id"] for row in opened}
