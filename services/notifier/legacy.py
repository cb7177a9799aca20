"""The ledger of legacy problems: begun, reviewed, brought back to the table by date, never silently closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from contracts.escalation import EntryRule, ReceptionLevel
from kit import audit
from kit.auth import Principal
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.errors import DomainError, Kind, not_found, stale
from kit.ids import new_id
from kit.masking import mask
from kit.relay import Relay
from kit.validation import bad_cursor, id_of
from services.notifier.clocks.clock import FINAL
from services.notifier.directory import Directory
from services.notifier.looking import looking, must_see
from services.notifier.queries import Thing
from services.notifier.reception import (
    handing,
    legacy,
    store_hand,
    store_legacy,
    store_queue,
)
from services.notifier.reception.entry import Arrival
from services.notifier.reception.legacy import Finding, Opening, Review
from services.notifier.submitting import lighten
from services.notifier.viewing import offices

MATTER: Final = ("历史遗留问题", "legacy problem")
"""What the answer for an unknown id calls it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines of the ledger are asked for; None leaves a condition out."""

    org: str | None = None
    ongoing: bool | None = None
    path: str | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Ledger:
    """The verbs, one transaction each."""

    pool: Pool
    people: Pool
    """Of the role that sees what the person who asks may see (docs/adr/0036)."""
    relay: Relay

    async def begin(self, who: Principal, body: Opening, directory: Directory) -> dict[str, Any]:
        """Enter a ticket as a legacy problem of one's own office. Raises DomainError 404, 409, 422."""
        named = handing.ticket_name(body.ticket)
        await must_see(self.people, directory, who, Thing.TICKET, *named)
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            legacy.check(body, now)
            ticket_id = await store_hand.lock_named(conn, *named)
            if ticket_id is None:
                raise not_found("工单", "ticket")
            ticket = (await store_queue.facts(conn, [ticket_id]))[ticket_id]
            own = directory.roster.offices_of(who.sub, now)
            level, office = handing.own_office(own, ticket["area"], directory.roster)
            if ticket["status"] in FINAL:
                raise handing.ended()
            row = await store_legacy.open_matter(
                conn,
                (
                    new_id(), ticket_id, ticket["number"], ticket["area"], office, level.value,
                    body.path.value, body.way.value, who.sub, now, body.review_at,
                ),
            )  # fmt: skip
            if row is None:
                raise _already()
            await _note(conn, row, body, who.sub, now)
            return legacy.shown(row, now)

    async def review(
        self, ident: str, who: Principal, body: Review, directory: Directory
    ) -> dict[str, Any]:
        """Write down what a review found: the next date, or how it ends. Raises DomainError 404, 409, 422."""
        await must_see(self.people, directory, who, Thing.LEGACY, id_of(ident, *MATTER))
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            row = await store_legacy.lock(conn, id_of(ident, *MATTER))
            own = directory.roster.offices_of(who.sub, now)
            if row is None or not handing.may_read(own, row["org"], directory.roster):
                raise not_found(*MATTER)
            if row["ended_at"] is not None:
                raise handing.ended()
            if body.version is not None and body.version != row["version"]:
                raise stale("台账", "The ledger", row["version"])
            legacy.check(body, now)
            ended = now if body.outcome else None
            outcome = body.outcome.value if body.outcome else None
            asked = _cause(row)
            row = await store_legacy.review(
                conn,
                (row["legacy_id"], body.path.value, body.way.value, body.review_at, ended, outcome),
            )
            await _note(conn, row, body, who.sub, now)
            item = await store_hand.answer(conn, row["ticket_id"], asked, now, who.sub)
            lying = await store_hand.lock_item(conn, item) if item else None
            events = []
            if lying is not None and lying["closed_at"] is None:
                events = await lighten(conn, lying, now)
        self.relay.hint(events)
        return legacy.shown(row, now)

    async def page(self, who: Principal, wanted: Wanted, directory: Directory) -> dict[str, Any]:
        """A page of the ledger, next review first; each with all that was found. Raises DomainError 404, 422."""
        after = _after(wanted.cursor)
        async with looking(self.people, directory, who) as (conn, now):
            own = offices(directory, who, now)
            if (
                own is not None
                and wanted.org
                and not handing.may_read(own, wanted.org, directory.roster)
            ):
                raise not_found(*MATTER)
            orgs = [wanted.org] if wanted.org else None if own is None else list(own)
            rows = await store_legacy.page(
                conn,
                orgs,
                ongoing=wanted.ongoing,
                path=wanted.path,
                after=after,
                limit=wanted.limit,
            )
            found = await reviews_of(conn, [row["legacy_id"] for row in rows])
        last = rows[-1] if len(rows) == wanted.limit else None
        return {
            "items": [
                legacy.shown(row, now) | {"reviews": found[row["legacy_id"]]} for row in rows
            ],
            "next": f"{last['review_at'].isoformat()}~{last['legacy_id']}" if last else None,
        }


async def due(conn: Conn, now: datetime, limit: int) -> list[Arrival]:
    """Matters whose review date has come, each back on the table of its office."""
    return [
        Arrival(
            row["ticket_id"],
            EntryRule.LEGACY,
            now,
            cause=_cause(row),
            level=ReceptionLevel(row["level"]),
            org=row["org"],
        )
        for row in await store_legacy.claim_reviews(conn, now, limit)
    ]


async def reviews_of(conn: Conn, ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """What was found about matters, oldest first."""
    found: dict[UUID, list[dict[str, Any]]] = {legacy_id: [] for legacy_id in ids}
    for row in await store_legacy.reviews(conn, ids):
        told = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in row.items()
            if name != "legacy_id"
        }
        found[row["legacy_id"]].append(told)
    return found


async def _note(conn: Conn, row: Any, found: Finding, who: str, now: datetime) -> None:
    words = [
        mask(said) if (said := getattr(found, field)) else None
        for field in ("plan", "cause", "steps", "explanation")
    ]
    outcome = row["outcome"]
    await store_legacy.note(
        conn,
        (
            row["legacy_id"], row["version"], now, who, row["path"], row["way"], *words,
            found.review_at, outcome,
        ),
    )  # fmt: skip
    detail = {"legacy": str(row["legacy_id"]), "path": row["path"], "outcome": outcome}
    action = "legacy.review" if row["version"] > 1 else "legacy.open"
    await audit.record(conn, [audit.Entry(now, who, action, str(row["ticket_id"]), detail)])


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, _, legacy_id = cursor.partition("~")
    try:
        return datetime.fromisoformat(at).astimezone(UTC), UUID(legacy_id)
    except (ValueError, OverflowError):
        raise bad_cursor() from None


def _cause(row: Any) -> str:
    """Which review of which matter: each is asked for once."""
    return f"{row['legacy_id']} {row['version']}"


def _already() -> DomainError:
    return DomainError(
        "already-legacy",
        Kind.CONFLICT,
        field="ticket",
        zh="该工单已登记为历史遗留问题，请在台账中复核。",
        en="The ticket is in the ledger of legacy problems already; review it there.",
    )
