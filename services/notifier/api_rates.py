"""HTTP of rates: decode, call one action, encode (product.md section 4; docs/adr/0033)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import FastAPI, Path, Query, Request, Response

from kit.auth import Principal, allow
from kit.db import Pool
from kit.http import read_body, reply
from kit.openapi import Page as ListPage
from kit.openapi import gives, refuses, takes
from kit.validation import id_of
from services.notifier import excluding, flagging, rating, reporting
from services.notifier.answers import (
    CampaignView,
    ExclusionView,
    RatesView,
    ReportView,
    SignsView,
)
from services.notifier.directory import Holder
from services.notifier.excluding import Exclusion, Review
from services.notifier.looking import EVERYWHERE
from services.notifier.rates import report_page
from services.notifier.rates.store_exclusions import Listed
from services.notifier.rating import Asked, By
from services.notifier.reporting import Campaign
from services.notifier.viewing import Page

READERS: Final = (*EVERYWHERE, "secretary", "unit")
SUPERVISORS: Final = ("secretary", "dispatcher", "admin")
"""Who may ask for an exclusion, review one of somebody else's, and begin a campaign."""
REPORT_READERS: Final = (*EVERYWHERE, "secretary")
LISTERS: Final = (*SUPERVISORS, "auditor", "dashboard", "ruling", "unit")

Moment = Annotated[str | None, Query(max_length=40)]
Area = Annotated[str | None, Query(pattern=r"^[0-9]{6}([0-9]{3}){0,3}$")]
Code = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")]
Cursor = Annotated[str | None, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=100)]
Form = Literal["json", "html"]
Ident = Annotated[str, Path(max_length=40)]


def add_rates(app: FastAPI, pool: Pool, people: Pool, holder: Holder) -> None:
    """The routes of rates. Figures count what their reader may not read; exclusions name tickets."""
    _figures(app, pool, holder)
    _exclusions(app, pool, people, holder)
    _reports(app, pool, holder)
    _campaigns(app, pool, holder)


def _figures(app: FastAPI, pool: Pool, holder: Holder) -> None:
    @app.get("/v1/rates", tags=["rates"], responses=refuses(404) | {200: {"model": RatesView}})
    async def rates(  # noqa: PLR0913, PLR0917 - one parameter per filter
        who: Principal = allow(*READERS),
        by: By = "unit",
        start: Annotated[str | None, Query(alias="from", max_length=40)] = None,
        to: Moment = None,
        area: Area = None,
        unit: Code = None,
    ) -> Response:
        """Response, solve, satisfaction, on time, whistle and return by group, each with its formula and counts.

        `from` and `to` are days or times with offset, `to` not included; by itself the last 30 days.
        """
        asked = Asked(by, start, to, area, unit)
        return reply(await rating.rates(pool, holder.directory, who, asked))

    @app.get(
        "/v1/rates/times", tags=["rates"], responses=refuses(404) | {200: {"model": RatesView}}
    )
    async def rates_times(  # noqa: PLR0913, PLR0917 - one parameter per filter
        who: Principal = allow(*READERS),
        by: By = "unit",
        start: Annotated[str | None, Query(alias="from", max_length=40)] = None,
        to: Moment = None,
        area: Area = None,
        unit: Code = None,
    ) -> Response:
        """Percentiles of the time to a result, wall and working hours, and each unit's share of the time held."""
        asked = Asked(by, start, to, area, unit)
        return reply(await rating.times(pool, holder.directory, who, asked))

    @app.get("/v1/rates/flags", tags=["rates"], responses={200: {"model": SignsView}})
    async def rates_flags(
        start: Annotated[str | None, Query(alias="from", max_length=40)] = None,
        to: Moment = None,
        who: Principal = allow("admin", "auditor"),  # noqa: ARG001 - the guard is all there is to it
    ) -> Response:
        """Signs that good answers were begged for or made up, with the figures behind each; no score."""
        return reply(await flagging.flags(pool, start, to))


def _exclusions(app: FastAPI, pool: Pool, people: Pool, holder: Holder) -> None:
    @app.get(
        "/v1/rates/exclusions", tags=["rates"], responses={200: {"model": ListPage[ExclusionView]}}
    )
    async def list_exclusions(
        who: Principal = allow(*LISTERS),
        state: Literal["asked", "approved", "refused"] | None = None,
        area: Area = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """Every exclusion ever asked for, with reason, note and reviewer, newest first."""
        listed = Listed(state, area, limit=limit)
        return reply(await excluding.listed(pool, people, holder.directory, who, listed, cursor))

    @app.post(
        "/v1/rates/exclusions",
        tags=["rates"],
        status_code=201,
        openapi_extra=takes(Exclusion),
        responses=refuses(404, 409) | {201: {"model": ExclusionView}},
    )
    async def ask_exclusion(request: Request, who: Principal = allow(*SUPERVISORS)) -> Response:
        """Ask for a case to be left out of rates; it counts until another person approves."""
        body: Exclusion = await read_body(request, Exclusion)
        return reply(await excluding.ask(pool, people, holder.directory, who, body), 201)

    @app.post(
        "/v1/rates/exclusions/{ident}/review",
        tags=["rates"],
        openapi_extra=takes(Review),
        responses=refuses(409) | {200: {"model": ExclusionView}},
    )
    async def review_exclusion(
        ident: Ident, request: Request, who: Principal = allow(*SUPERVISORS)
    ) -> Response:
        """Approve or refuse what somebody else asked for."""
        body: Review = await read_body(request, Review)
        return reply(await excluding.review(pool, people, holder.directory, who, ident, body))


def _reports(app: FastAPI, pool: Pool, holder: Holder) -> None:
    @app.get(
        "/v1/rates/reports/weekly", tags=["rates"], responses=gives("text/html", model=ReportView)
    )
    async def weekly_report(
        week: Annotated[str, Query(max_length=8)],
        area: Area = None,
        form: Annotated[Form, Query(alias="format")] = "json",
        who: Principal = allow(*REPORT_READERS),
    ) -> Response:
        """A week by grid (`2026-W47`), as JSON or as a page to print."""
        return _shown(await reporting.weekly(pool, holder.directory, who, week, area), form)

    @app.get(
        "/v1/rates/reports/campaigns/{ident}",
        tags=["rates"],
        responses=gives("text/html", model=ReportView),
    )
    async def campaign_report(
        ident: Ident,
        form: Annotated[Form, Query(alias="format")] = "json",
        who: Principal = allow(*REPORT_READERS),
    ) -> Response:
        """A campaign by grid, as JSON or as a page to print."""
        made = await reporting.campaign(
            pool, holder.directory, who, id_of(ident, "专项行动", "campaign")
        )
        return _shown(made, form)


def _campaigns(app: FastAPI, pool: Pool, holder: Holder) -> None:
    @app.get(
        "/v1/rates/campaigns", tags=["rates"], responses={200: {"model": ListPage[CampaignView]}}
    )
    async def list_campaigns(
        cursor: Cursor = None, limit: Limit = 50, who: Principal = allow(*REPORT_READERS)
    ) -> Response:
        """Campaigns, newest first."""
        page = Page(cursor, limit)
        return reply(await reporting.campaigns(pool, holder.directory, who, page))

    @app.post(
        "/v1/rates/campaigns",
        tags=["rates"],
        status_code=201,
        openapi_extra=takes(Campaign),
        responses=refuses(404) | {201: {"model": CampaignView}},
    )
    async def begin_campaign(request: Request, who: Principal = allow(*SUPERVISORS)) -> Response:
        """Begin a campaign: an area, a time and categories that are looked at together."""
        body: Campaign = await read_body(request, Campaign)
        return reply(await reporting.begin(pool, holder.directory, who, body), 201)


def _shown(report: dict[str, Any], form: Form) -> Response:
    if form == "json":
        return reply(report)
    return Response(
        report_page.page(report), media_type="text/html; charset=utf-8", headers=report_page.HEADERS
    )
