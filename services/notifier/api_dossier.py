"""HTTP of the secretaries' tables: queues, what is put there by hand, dossiers, and the ledger of legacy problems."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import FastAPI, Path, Query, Request, Response

from contracts.escalation import EntryRule, ReceptionLevel
from kit.auth import Principal, allow
from kit.db import Pool
from kit.http import language, read_body, reply
from kit.openapi import Page as ListPage
from kit.openapi import gives, refuses, takes
from services.notifier import viewing
from services.notifier.answers import DossierView, ItemView, LegacyState, LegacyView
from services.notifier.asking import Asking
from services.notifier.directory import Holder
from services.notifier.dossier import Dossiers, Reader
from services.notifier.legacy import Ledger, Wanted
from services.notifier.looking import Doors
from services.notifier.reception import dossier_page, dossier_style, naming
from services.notifier.reception.handing import CareFlag, Submission, TakingBack
from services.notifier.reception.legacy import Opening, Review
from services.notifier.reception.legacy import Path as LegacyPath
from services.notifier.reception.store_listing import Narrowed
from services.notifier.submitting import Tables
from services.notifier.viewing import Page

READERS: Final = ("secretary", "admin", "auditor", "dispatcher", "dashboard", "service")
CLOSE_READERS: Final = ("secretary", "admin", "auditor", "dispatcher")
"""Who reads words and names of units beside figures."""
SECRETARY: Final = "secretary"

Code = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")]
Area = Annotated[str | None, Query(pattern=r"^[0-9]{6}([0-9]{3}){0,3}$")]
Cursor = Annotated[str | None, Query(max_length=80)]
Limit = Annotated[int, Query(ge=1, le=100)]
Ident = Annotated[str, Path(max_length=40)]


def add_dossier(app: FastAPI, doors: Doors, asking: Asking) -> None:
    """The routes of the tables."""
    holder = doors.holder
    _dossier(app, Dossiers(doors.people, asking), holder)
    _queue(app, doors.people, holder)
    _by_hand(app, Tables(doors.pool, doors.people, doors.relay), holder)
    _legacy(app, Ledger(doors.pool, doors.people, doors.relay), holder)


def _queue(app: FastAPI, people: Pool, holder: Holder) -> None:
    @app.get(
        "/v1/reception/queue",
        tags=["reception"],
        responses=refuses(404) | {200: {"model": ListPage[ItemView]}},
    )
    async def reception_queue(  # noqa: PLR0913, PLR0917 - one parameter per filter
        org: Code = None,
        rule: EntryRule | None = None,
        level: ReceptionLevel | None = None,
        unit: Code = None,
        area: Area = None,
        cursor: Cursor = None,
        limit: Limit = 50,
        who: Principal = allow(*READERS),
    ) -> Response:
        """What lies on the secretaries' tables, weightiest first, with the parts of each score.

        Every rule that holds is listed with its time; the first page also counts by level and rule.
        Without `org` one's own offices'; a higher office may name a lower one of its area.
        """
        wanted = Narrowed(rule.value if rule else None, level.value if level else None, unit, area)
        page = Page(cursor, limit)
        found = await viewing.queue(people, holder.directory, who, org, page, wanted)
        return reply(found)


def _by_hand(app: FastAPI, tables: Tables, holder: Holder) -> None:
    @app.post(
        "/v1/reception/queue",
        status_code=201,
        tags=["reception"],
        openapi_extra=takes(Submission),
        responses=refuses(404, 409) | {201: {"model": ItemView}},
    )
    async def submit(request: Request, who: Principal = allow(SECRETARY)) -> Response:
        """Put a ticket of one's own area on one's own table, or on that of an office above; with a reason."""
        body: Submission = await read_body(request, Submission)
        return reply(await tables.submit(who, body, holder.directory), 201)

    @app.post(
        "/v1/reception/queue/{item}/withdraw",
        tags=["reception"],
        openapi_extra=takes(TakingBack),
        responses=refuses(409) | {200: {"model": ItemView}},
    )
    async def take_back(
        item: Ident, request: Request, who: Principal = allow(SECRETARY)
    ) -> Response:
        """Take back what one put there oneself; it stays where another rule holds. 403 for others'."""
        body: TakingBack = await read_body(request, TakingBack)
        return reply(await tables.take_back(item, who, body, holder.directory))

    @app.post(
        "/v1/reception/queue/{item}/care",
        tags=["reception"],
        openapi_extra=takes(CareFlag),
        responses=refuses(409) | {200: {"model": ItemView}},
    )
    async def care(item: Ident, request: Request, who: Principal = allow(SECRETARY)) -> Response:
        """Set the care flag (困境儿童, 独居老人, 特殊困难群体), or take it off; shown with who did."""
        body: CareFlag = await read_body(request, CareFlag)
        return reply(await tables.care(item, who, body, holder.directory))


def _dossier(app: FastAPI, dossiers: Dossiers, holder: Holder) -> None:
    @app.get(
        "/v1/reception/items/{item}/dossier",
        tags=["reception"],
        responses=gives("text/html", model=DossierView),
    )
    async def dossier(
        item: Ident, request: Request, who: Principal = allow(*CLOSE_READERS)
    ) -> Response:
        """All that is known of a matter, for the meeting: as JSON, or as a page to print (Accept: text/html).

        What the router keeps is asked for under the reader's own token; `missing` names what it would
        not or could not say.
        """
        directory, lang = holder.directory, language(request)
        bearer = request.headers.get("authorization", "")
        found = await dossiers.build(item, Reader(who, bearer, lang), directory)
        if "text/html" not in request.headers.get("accept", ""):
            return reply(found, headers={"Cache-Control": "private, no-store"})
        pictures = await dossiers.asking.pictures(_proofs(found), bearer)
        name_of = naming.names(found["posts"], directory.roster, lang)
        text = dossier_page.Page(lang, name_of, who.sub).render(found, pictures)
        return Response(text, 200, dossier_style.HEADERS, media_type="text/html; charset=utf-8")


def _proofs(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [file for file in found["photos"] if file["kept_by"] == "router"]


def _legacy(app: FastAPI, ledger: Ledger, holder: Holder) -> None:
    @app.get(
        "/v1/reception/legacy",
        tags=["legacy"],
        responses=refuses(404) | {200: {"model": ListPage[LegacyView]}},
    )
    async def page(  # noqa: PLR0913, PLR0917 - one parameter per filter
        org: Code = None,
        ongoing: Annotated[bool | None, Query(alias="open")] = None,
        path: LegacyPath | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
        who: Principal = allow(*CLOSE_READERS),
    ) -> Response:
        """The ledger of legacy problems, next review first, each with all that was ever found."""
        wanted = Wanted(org, ongoing, path.value if path else None, cursor, limit)
        return reply(await ledger.page(who, wanted, holder.directory))

    @app.post(
        "/v1/reception/legacy",
        status_code=201,
        tags=["legacy"],
        openapi_extra=takes(Opening),
        responses=refuses(404, 409) | {201: {"model": LegacyState}},
    )
    async def begin(request: Request, who: Principal = allow(SECRETARY)) -> Response:
        """Enter a ticket of one's own area: resolvable with a plan, or blocked with cause, steps, explanation."""
        body: Opening = await read_body(request, Opening)
        return reply(await ledger.begin(who, body, holder.directory), 201)

    @app.post(
        "/v1/reception/legacy/{ident}/review",
        tags=["legacy"],
        openapi_extra=takes(Review),
        responses=refuses(409) | {200: {"model": LegacyState}},
    )
    async def review(ident: Ident, request: Request, who: Principal = allow(SECRETARY)) -> Response:
        """What a review found, with the next date; or, with `outcome` and an explanation, how it ends."""
        body: Review = await read_body(request, Review)
        return reply(await ledger.review(ident, who, body, holder.directory))
