"""Leaving a case out of a rate: one person asks, another one reviews, everybody sees it (domain.md D8, A7 row 78)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from asyncpg import Record
from pydantic import BaseModel, ConfigDict, Field

from contracts.command import Plain, TicketName
from kit import audit
from kit.auth import Principal
from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from kit.errors import DomainError, Kind, not_found
from kit.ids import new_id
from kit.masking import mask
from kit.validation import id_cursor, id_of, unknown_code
from services.notifier.directory import Directory
from services.notifier.looking import looking, must_see
from services.notifier.queries import Thing
from services.notifier.rates import store_exclusions as store
from services.notifier.rates.store_exclusions import Listed
from services.notifier.rates.store_figures import Wanted
from services.notifier.rating import narrowed

Rate = Literal["response", "solve", "satisfaction", "on_time", "whistle", "return"]


class Exclusion(BaseModel):
    """The body of `POST /v1/rates/exclusions`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ticket: TicketName
    """By id or by number."""
    round: Annotated[int, Field(strict=True, ge=1, le=1000)]
    rates: Annotated[tuple[Rate, ...], Field(min_length=1, max_length=6)]
    reason: Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
    """One of the city's reasons (`reasons` of `GET /v1/rates/exclusions`)."""
    note: Annotated[Plain, Field(min_length=1, max_length=500)]


class Review(BaseModel):
    """The body of `POST /v1/rates/exclusions/{id}/review`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["approve", "refuse"]
    note: Annotated[Plain, Field(min_length=1, max_length=500)]


async def ask(
    pool: Pool, people: Pool, directory: Directory, who: Principal, wanted: Exclusion
) -> dict[str, Any]:
    """Ask for a case to be left out; it counts until somebody else approves. Raises DomainError 404, 409, 422."""
    by_number = wanted.ticket.isdigit()
    ticket_id = None if by_number else id_of(wanted.ticket, "工单", "ticket")
    number = wanted.ticket if by_number else None
    await must_see(people, directory, who, Thing.TICKET, ticket_id, number)
    async with transaction(pool) as conn:
        now = await business_now(conn)
        await _check_reason(conn, wanted.reason)
        about = await store.about(conn, ticket_id, number, wanted.round)
        if about is None or not _seen(about, directory, who, now):
            raise not_found("工单或轮次", "ticket or round")
        rates = sorted(set(wanted.rates))
        row = (
            new_id(), about["ticket_id"], about["round"], about["number"], about["area"],
            about["unit"], rates, wanted.reason, mask(wanted.note), who.sub, now,
        )  # fmt: skip
        made = await store.ask(conn, row)
        if made is None:
            raise _conflict(
                "asked-already", "已有相同的剔除申请。", "The same was asked for already."
            )
        await _note(conn, "rates.exclude", made, who, now)
    return store.shown(made)


async def review(  # noqa: PLR0913, PLR0917 - who acts, on what, and how
    pool: Pool,
    people: Pool,
    directory: Directory,
    who: Principal,
    exclusion: str,
    decided: Review,
) -> dict[str, Any]:
    """Approve or refuse what somebody else asked for. Raises DomainError 403, 404, 409."""
    exclusion_id = id_of(exclusion, "剔除申请", "exclusion")
    await must_see(people, directory, who, Thing.EXCLUSION, exclusion_id)
    async with transaction(pool) as conn:
        now = await business_now(conn)
        held = await store.hold(conn, exclusion_id)
        if held is None or not _seen(held, directory, who, now):
            raise not_found("剔除申请", "exclusion")
        if held["asked_by"] == who.sub:
            raise DomainError(
                "own-exclusion",
                Kind.FORBIDDEN,
                zh="不能审核自己提出的剔除申请，请由他人审核。",
                en="Nobody reviews an exclusion of their own; let somebody else do it.",
            )
        if held["state"] != "asked":
            raise _conflict("reviewed-already", "该申请已审核。", "It was reviewed already.")
        state = "approved" if decided.decision == "approve" else "refused"
        made = await store.review(
            conn, held["exclusion_id"], (state, who.sub, now, mask(decided.note))
        )
        assert made is not None  # noqa: S101 - its row is locked
        await _note(conn, f"rates.exclusion.{decided.decision}", made, who, now)
    return store.shown(made)


async def listed(  # noqa: PLR0913, PLR0917 - who asks, for what, and from where
    pool: Pool,
    people: Pool,
    directory: Directory,
    who: Principal,
    wanted: Listed,
    cursor: str | None,
) -> dict[str, Any]:
    """Every exclusion that was ever asked for, newest first, and the reasons there are. Raises DomainError 422."""
    async with looking(people, directory, who) as (conn, now):
        may = narrowed(Wanted("unit", now, now), directory, who, now)
        wanted = replace(wanted, within=may.within, units=may.units, before=id_cursor(cursor))
        rows = await store.page(conn, wanted)
    async with reading(pool) as conn:
        reasons = await store.reasons(conn)
    return {
        "items": [store.shown(row) for row in rows],
        "next": str(rows[-1]["exclusion_id"]) if len(rows) == wanted.limit else None,
        "reasons": [dict(row) for row in reasons],
    }


def _seen(row: Record, directory: Directory, who: Principal, now: datetime) -> bool:
    within = narrowed(Wanted("unit", now, now), directory, who, now).within
    return within is None or row["area"].startswith(within)


async def _check_reason(conn: Conn, code: str) -> None:
    codes = [row["code"] for row in await store.reasons(conn)]
    if code not in codes:
        raise unknown_code("reason", codes)


async def _note(conn: Conn, action: str, row: Record, who: Principal, now: datetime) -> None:
    detail = {key: row[key] for key in ("round", "rates", "reason", "state")}
    detail |= {"exclusion": str(row["exclusion_id"]), "note": row["review_note"] or row["note"]}
    await audit.record(conn, [audit.Entry(now, who.sub, action, str(row["ticket_id"]), detail)])


def _conflict(slug: str, zh: str, en: str) -> DomainError:
    return DomainError(slug, Kind.CONFLICT, zh=zh, en=en)
