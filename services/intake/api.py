"""HTTP of intake: decode, call one action, encode."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

from fastapi import FastAPI, Path, Request, Response
from pydantic import ValidationError

from kit.attachments.routes import Looking, add_attachments
from kit.attachments.shelf import Shelf
from kit.auth import Principal, allow, deny_by_default
from kit.city_time import CITY_TIME
from kit.db import Conn, Pool
from kit.edge import serve_directly
from kit.errors import DomainError, Kind
from kit.http import PUBLIC, Duplex, Shared, create_app, read_body, reply
from kit.idempotency import is_key
from kit.limits.admission import WAITING
from kit.openapi import LON_LAT, Page, gives, in_address, refuses, takes
from kit.validation import invalid
from services.intake import actions, batch
from services.intake.advising import Adviser
from services.intake.answers import ComplaintView, FiledAnswer
from services.intake.api_advice import add_advice
from services.intake.api_keeping import add_keeping
from services.intake.api_life import add_life
from services.intake.api_resident import PATH as RESIDENT_PATH
from services.intake.api_resident import add_resident
from services.intake.calling import CallDesk
from services.intake.complaint import (
    Filing,
    check_consent,
    check_point,
    check_settled,
)
from services.intake.crowding import Batches, Callers
from services.intake.directory import Holder
from services.intake.duplicate import ANSWER, Question
from services.intake.filed import Filed
from services.intake.filing import Draft, body_hash
from services.intake.keeping.erasing import Eraser
from services.intake.keeping.revealing import Reveals
from services.intake.looking import looking
from services.intake.open311.api import PATHS as PARTNER_PATHS
from services.intake.open311.api import Door, add_open311
from services.intake.open311.desk import PartnerDesk
from services.intake.registrar import Registrar
from services.intake.saying import LaterWords
from services.intake.searching import Searcher
from services.intake.visiting import Visits

FILERS: Final = ("operator", "unit", "admin", "secretary", "dispatcher")
READERS: Final = ("operator", "admin", "dispatcher", "auditor", "service")
SEE_DUPLICATES: Final = ("operator", "dispatcher", "admin")
Ident = Annotated[str, Path(max_length=40)]


def make_app(  # noqa: PLR0913 - what stands behind the routes of one service
    shared: Shared,
    *,
    people: Pool,
    registrar: Registrar,
    callers: Callers,
    holder: Holder,
    searcher: Searcher,
    call_desk: CallDesk,
    later_words: LaterWords,
    visits: Visits,
    reveals: Reveals,
    eraser: Eraser,
    adviser: Adviser,
    address_header: str | None,
    shelf: Shelf,
    partners: PartnerDesk,
    partner_door: Door,
) -> FastAPI:
    """The application with all of intake's routes.

    What shows complaints to people reads through `people` (docs/adr/0036); `shared.pool` is the worker's.
    """
    app = create_app(shared, title="Chuishao intake 受理", version="0.1.0")
    _filing(app, registrar, holder, callers)
    _duplicates(app, searcher, holder)
    _reading(app, people, holder)
    add_keeping(app, reveals, eraser)
    add_life(app, shared, call_desk, later_words, holder)
    add_advice(app, adviser, holder, FILERS)
    add_resident(app, visits, address_header)
    _files(app, people, shelf, holder)
    add_open311(app, partners, partner_door)
    deny_by_default(app, PUBLIC | {RESIDENT_PATH} | PARTNER_PATHS)
    return app


def draft(filing: Filing, *, sub: str, key: str, holder: Holder) -> Draft:
    """Check what needs the directory. Raises DomainError 422, or 503 before the first version."""
    codes = holder.codes
    codes.check(filing.grid_code, filing.category)
    check_point(filing.point, codes.box)
    check_settled(filing)
    check_consent(filing.requester)
    accused = codes.units.get(filing.accused) if filing.accused else None
    return Draft(filing, sub, key, body_hash(filing), accused, codes.names, filing.repeat_of)


def answer(filed: Filed, who: Principal) -> dict[str, Any]:
    """The body of a filing's answer; of other people's matters only those hear who see all anyway."""
    return {
        "complaint_id": filed.complaint_id,
        "number": filed.number,
        "received_at": filed.received_at.isoformat(),
        "duplicates": filed.duplicates if who.has(*SEE_DUPLICATES) else (),
    }


def idempotency_key(request: Request) -> str:
    """The required header. Raises DomainError 400."""
    key = request.headers.get("idempotency-key", "")
    if not is_key(key):
        raise DomainError(
            "no-idempotency-key",
            Kind.MALFORMED,
            field="Idempotency-Key",
            zh="请求头缺少 Idempotency-Key (1 至 128 个可见字符)；每件诉求用一个新的键，重试用原来的键。",
            en="Send an Idempotency-Key header (1 to 128 visible characters):"
            " a new one per complaint, the same one for a retry.",
        )
    return key


def _filing(app: FastAPI, registrar: Registrar, holder: Holder, callers: Callers) -> None:
    batches = Batches()

    async def take(request: Request, who: Principal) -> Response:
        key = idempotency_key(request)
        filing: Filing = await read_body(request, Filing)
        checked = draft(filing, sub=who.sub, key=key, holder=holder)
        callers.check(checked)
        filed = await registrar.file(checked)
        return reply(answer(filed, who), 201 if filed.fresh else 200)

    @app.post(
        "/v1/complaints",
        status_code=201,
        tags=["complaints"],
        openapi_extra=takes(Filing, key="required"),
        responses=refuses(409)
        | {
            200: {
                "description": "同一键此前已登记 / Filed before under this key",
                "model": FiledAnswer,
            },
            201: {"model": FiledAnswer},
        },
    )
    async def file_complaint(request: Request, who: Principal = allow(*FILERS)) -> Response:
        """File a complaint; 201 with its number, 200 when the same key had filed it before."""
        return await take(request, who)

    serve_directly(app, "POST", "/v1/complaints", FILERS, take)

    @app.post(
        "/v1/complaints/batch",
        tags=["complaints"],
        response_class=Response,
        openapi_extra=batch.BODY,
        responses=gives(batch.NDJSON),
    )
    async def file_batch(request: Request, who: Principal = allow(*FILERS)) -> Response:
        """File many: one JSON object a line in, one result a line out, in the same order."""

        async def one(filing: Filing, key: str) -> Filed:
            WAITING.set(None)
            async with batches.lines:
                return await registrar.file(draft(filing, sub=who.sub, key=key, holder=holder))

        prefix = idempotency_key(request) if "idempotency-key" in request.headers else ""
        lines = batch.results(request.stream(), one, partial(answer, who=who), prefix=prefix)
        return Duplex(lines, media_type=batch.NDJSON, done=batches.enter(who.sub))


def _duplicates(app: FastAPI, searcher: Searcher, holder: Holder) -> None:
    async def found(question: Question, who: Principal) -> Response:
        """Other people's matters are shown only to those who see them all; the rest get none."""
        codes = holder.codes
        codes.check(question.grid_code, question.category)
        check_point(question.point, codes.box)
        items = await searcher.search(question, codes, who) if who.has(*SEE_DUPLICATES) else ()
        body = {"items": [item.show() for item in items], "next": None}
        return reply(body, headers={"Cache-Control": "no-store"})

    example: dict[str, Any] = {
        "model": Page[dict[str, Any]],
        "content": {"application/json": {"example": ANSWER}},
    }

    @app.post(
        "/v1/complaints/duplicates",
        tags=["complaints"],
        openapi_extra=takes(Question),
        responses={200: example},
    )
    async def ask_duplicates(request: Request, who: Principal = allow(*FILERS)) -> Response:
        """Likely duplicates of what is about to be filed, best first, masked.

        Why each is there: `same_caller`, `same_place`, `similar_text`, `same_category`. Nothing is stored,
        except who was told that complaints came from one phone. Use this, not GET, where the phone or the
        resident's words are known: addresses are kept by browsers and proxies, bodies are not.
        """
        return await found(await read_body(request, Question), who)

    @app.get(
        "/v1/complaints/duplicates",
        tags=["complaints"],
        openapi_extra=in_address(Question, point=LON_LAT),
        responses={200: example},
    )
    async def duplicates(request: Request, who: Principal = allow(*FILERS)) -> Response:
        """The same with the fields in the address; `point` is `lon,lat`."""
        try:
            given = {name: value for name, value in request.query_params.items() if value}
            question = Question.model_validate(given)
        except ValidationError as error:
            raise invalid(error) from None
        return await found(question, who)


def _reading(app: FastAPI, people: Pool, holder: Holder) -> None:
    @app.get(
        "/v1/complaints/{ident}", tags=["complaints"], responses={200: {"model": ComplaintView}}
    )
    async def show(ident: Ident, who: Principal = allow(*READERS)) -> Response:
        """One complaint by id or number, words masked, with its files, call-backs and later words."""
        files = who.has(*actions.SEES_FILES)
        async with looking(people, holder.codes.staff, who) as (conn, _):
            return reply(await actions.show(conn, ident, whereabouts=files))


def _files(app: FastAPI, people: Pool, shelf: Shelf, holder: Holder) -> None:
    async def may_see(conn: Conn, row: Mapping[str, Any], who: Principal, now: datetime) -> bool:
        day = now.astimezone(CITY_TIME).date()
        return await actions.may_see_file(conn, row, who, holder.codes.staff, day)

    def as_seen(who: Principal) -> Looking:
        return looking(people, holder.codes.staff, who)

    add_attachments(app, shelf, may_see, looking=as_seen, uploaders=FILERS, readers=FILERS)
