"""HTTP of the resident's page: `GET /t/{number}` asks for the digits, `POST` answers."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Path, Query, Request, Response

from kit import strict_json
from kit.errors import DomainError
from kit.http import language, problem, reply
from kit.openapi import WORDS
from kit.page import Lang
from kit.visitor import visitor_of
from services.intake import resident_page as page
from services.intake.resident import not_digits
from services.intake.visiting import Visits

PATH: Final = "/t/{number}"
LONGEST: Final = 1_024
"""Bytes of a body that can hold four digits."""
_TOLD: Final[dict[str, Any]] = {"type": "object", "additionalProperties": {"type": "string"}}
_SHAPES: Final[dict[str, Any]] = {
    "application/json": {"schema": _TOLD},
    "text/html": {"schema": {"type": "string"}},
}
_PAGE: Final = {"text/html": _SHAPES["text/html"]}
_DIGITS: Final[dict[str, Any]] = {
    "schema": {
        "type": "object",
        "required": ["digits"],
        "additionalProperties": False,
        "properties": {"digits": {"type": "string", "pattern": "^[0-9]{4}$"}},
    }
}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/x-www-form-urlencoded": _DIGITS, "application/json": _DIGITS},
    }
}
Number = Annotated[str, Path(max_length=40)]
Asked = Annotated[Lang | None, Query()]


def add_resident(app: FastAPI, visits: Visits, address_header: str | None) -> None:
    """Add the two routes; they are for everybody. `address_header` is set by a proxy in front, if any."""

    @app.get(PATH, tags=["residents"], responses={200: {"content": _SHAPES}})
    async def ask(number: Number, request: Request, lang: Asked = None) -> Response:
        """The form; the same for every number, whether there is such a complaint or not."""
        spoken = lang or language(request)
        if _wants_json(request):
            asks = {"number": number, "asks": "digits", "method": "POST"}
            return reply(asks, headers=page.HEADERS)
        return _html(page.form(number, spoken), 200)

    @app.post(
        PATH,
        tags=["residents"],
        openapi_extra=_BODY,
        responses={
            200: {"content": _SHAPES},
            **{
                status: {"description": WORDS[status], "content": _PAGE}
                for status in (400, 404, 422, 429)
            },
        },
    )
    async def look(number: Number, request: Request, lang: Asked = None) -> Response:
        """Where the matter stands, for whoever knows the last four digits of its phone.

        Body `digits=1234` as a form or `{"digits": "1234"}`. Five wrong tries an hour for a number and
        for an address, then 429; wrong digits, an unknown number and an anonymous matter look the same.
        """
        spoken = lang or language(request)
        try:
            digits = _digits(request, await request.body())
            view = await visits.look(number, digits, await visitor_of(request, address_header))
        except DomainError as refused:
            return _refusal(refused, number, spoken, request)
        told = view.tell(spoken)
        if _wants_json(request):
            return reply(told, headers=page.HEADERS)
        return _html(page.answer(told, spoken, view.step), 200)


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _digits(request: Request, body: bytes) -> str:
    """What was typed. Raises DomainError 400 for broken JSON, 422 for anything that is no digits."""
    if len(body) > LONGEST:
        raise not_digits()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        value = strict_json.loads(body)
        said = value.get("digits") if isinstance(value, dict) else None
    else:
        said = parse_qs(body.decode("utf-8", "replace")).get("digits", [None])[0]
    if not isinstance(said, str):
        raise not_digits()
    return said


def _refusal(refused: DomainError, number: str, lang: Lang, request: Request) -> Response:
    if _wants_json(request):
        answer = problem(refused, lang)
        answer.headers.update(page.HEADERS)
        return answer
    words = refused.en if lang == "en" else refused.zh
    answer = _html(page.form(number, lang, words), int(refused.kind))
    if refused.retry_after_s is not None:
        answer.headers["Retry-After"] = str(refused.retry_after_s)
    return answer


def _html(text: str, status: int) -> Response:
    return Response(text, status, page.HEADERS, media_type="text/html; charset=utf-8")
