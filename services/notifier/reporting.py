"""Weekly reports of grids and reports of campaigns: the same figures, put together for reading and printing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.base import AreaCode, Code
from contracts.command import Plain
from kit import audit
from kit.auth import Principal
from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from kit.errors import not_found
from kit.ids import new_id
from kit.validation import id_cursor, wrong_field
from services.notifier import rating
from services.notifier.directory import Directory
from services.notifier.rates import store_campaigns as store
from services.notifier.rates.period import LONGEST, YEARS, Period
from services.notifier.rates.store_figures import Wanted
from services.notifier.rating import By, narrowed
from services.notifier.viewing import Page


class Campaign(BaseModel):
    """The body of `POST /v1/rates/campaigns`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[Plain, Field(min_length=1, max_length=100)]
    area: AreaCode
    starts_on: date
    ends_on: date
    """The last day of it."""
    categories: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    """Empty: all."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is about; `heading` in both languages."""

    heading: dict[str, str]
    wanted: Wanted
    by: By = "grid"


async def weekly(
    pool: Pool, directory: Directory, who: Principal, week: str, area: str | None
) -> dict[str, Any]:
    """A week by grid. Raises DomainError 422."""
    period = Period.week(week)
    wanted = Wanted("grid", period.since, period.until, area)
    heading = {"zh": f"网格周报 {week}", "en": f"Weekly report by grid, {week}"}
    async with reading(pool) as conn:
        now = await business_now(conn)
        report = Report(heading, narrowed(wanted, directory, who, now))
        return {"week": week, **await _report(conn, report, now)}


async def campaign(
    pool: Pool, directory: Directory, who: Principal, campaign_id: UUID
) -> dict[str, Any]:
    """A campaign by grid, only its categories. Raises DomainError 404."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        row = await store.one(conn, campaign_id)
        within = _within(directory, who, now)
        if row is None or (within is not None and not row["area"].startswith(within)):
            raise not_found("专项行动", "campaign")
        period = Period.days(row["starts_on"], row["ends_on"])
        categories = tuple(row["categories"]) or None
        wanted = Wanted(
            "grid", period.since, period.until, row["area"], within=within, categories=categories,
            hidden=tuple(directory.roster.kin(who.sub, now)),
        )  # fmt: skip
        heading = {"zh": f"专项行动：{row['name']}", "en": f"Campaign: {row['name']}"}
        made = await _report(conn, Report(heading, wanted), now)
    return {"campaign": store.shown(row), **made}


async def begin(
    pool: Pool, directory: Directory, who: Principal, asked: Campaign
) -> dict[str, Any]:
    """Write a campaign down. Raises DomainError 404 outside the own areas, 422."""
    if asked.starts_on.year not in YEARS or not (
        asked.starts_on <= asked.ends_on < asked.starts_on + LONGEST
    ):
        raise wrong_field(
            "ends_on",
            zh=f"不得早于 starts_on，且不超过 {LONGEST.days} 天",
            en=f"must not be before `starts_on`, and at most {LONGEST.days} days after it",
        )
    async with transaction(pool) as conn:
        now = await business_now(conn)
        within = _within(directory, who, now)
        if within is not None and not asked.area.startswith(within):
            raise not_found("区域", "area")
        campaign_id = new_id()
        row = await store.make(
            conn,
            (campaign_id, asked.name, asked.area, asked.starts_on, asked.ends_on,
             sorted(set(asked.categories)), who.sub, now),
        )  # fmt: skip
        detail = {"area": asked.area, "from": str(asked.starts_on), "to": str(asked.ends_on)}
        entry = audit.Entry(now, who.sub, "rates.campaign", str(campaign_id), detail)
        await audit.record(conn, [entry])
    return store.shown(row)


async def campaigns(pool: Pool, directory: Directory, who: Principal, page: Page) -> dict[str, Any]:
    """Campaigns of the own areas, newest first. Raises DomainError 422."""
    before = id_cursor(page.cursor)
    async with reading(pool) as conn:
        now = await business_now(conn)
        within = _within(directory, who, now)
        rows = await store.page(conn, None if within is None else list(within), before, page.limit)
    following = str(rows[-1]["campaign_id"]) if len(rows) == page.limit else None
    return {"items": [store.shown(row) for row in rows], "next": following}


async def _report(conn: Conn, report: Report, now: datetime) -> dict[str, Any]:
    wanted = replace(report.wanted, by=report.by)
    return {
        "heading": report.heading,
        "rates": await rating.counted(conn, wanted, now),
        "times": await rating.timed(conn, wanted),
    }


def _within(directory: Directory, who: Principal, now: datetime) -> tuple[str, ...] | None:
    return narrowed(Wanted("grid", now, now), directory, who, now).within
