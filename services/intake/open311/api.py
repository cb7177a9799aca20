"""HTTP of Open311 under /open311/v2/: decode, call the desk, answer in XML or JSON, failures too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import FastAPI, Path, Request, Response

from kit.db import LOST
from kit.errors import DomainError, Kind, unavailable
from kit.http import language
from kit.idempotency import optional_key
from kit.limits.rates import Rates
from services.intake.open311.described import ANSWERS, in_query, sent
from services.intake.open311.desk import Asker, PartnerDesk
from services.intake.open311.document import Document, Format, failure, status_of
from services.intake.open311.partner import Keyring, Partner, Right
from services.intake.open311.submission import Submission, Update, fields_of, read

ROOT: Final = "/open311/v2"
PATHS: Final = frozenset(
    f"{ROOT}/{end}.{{form}}"
    for end in (
        "services",
        "services/{code}",
        "requests",
        "requests/{number}",
        "tokens/{token}",
        "servicerequestupdates",
    )
)
"""For everybody, or for whoever has an api_key: never for sign-in tokens."""
End = Annotated[str, Path(max_length=8, json_schema_extra={"enum": ["json", "xml"]})]
Ask = Callable[[], Awaitable[Document]]


@dataclass(frozen=True, slots=True)
class Door:
    """What guards the partners' door."""

    keys: Keyring = field(default_factory=Keyring)
    jurisdiction: str | None = None
    """The one `jurisdiction_id` served; None takes any."""
    public: bool = True
    """Whether requests may be read without a key."""

    def asker(self, request: Request, key: str | None, right: Right | None = None) -> Asker:
        """Who asks. Raises DomainError 403 for a key nobody has, or without the right; 429."""
        if right is not None:
            partner: Partner | None = self.keys.demand(key, right)
        else:
            partner = self.keys.find(key) if self.public else self.keys.known(key)
        _count(request, partner)
        return Asker(partner, language(request))

    def known(self, request: Request, key: str | None) -> Partner:
        """The partner who asks. Raises DomainError 403, 429."""
        partner = self.keys.known(key)
        _count(request, partner)
        return partner

    def check(self, given: object) -> None:
        """Raises DomainError 404 for another city's `jurisdiction_id`."""
        if given and self.jurisdiction is not None and given != self.jurisdiction:
            raise DomainError(
                "not-found",
                Kind.NOT_FOUND,
                field="jurisdiction_id",
                zh=f"jurisdiction_id: 这里只受理 {self.jurisdiction}。",
                en=f"jurisdiction_id: only {self.jurisdiction} is served here.",
            )


def _count(request: Request, partner: Partner | None) -> None:
    """Everybody without a key shares one allowance: an address behind a proxy tells nobody apart."""
    rates: Rates | None = request.app.state.rates
    if rates is not None:
        rates.take(partner.sub if partner else "open311", system=True)


def add_open311(app: FastAPI, desk: PartnerDesk, door: Door) -> None:
    """Add the routes; they ask for an api_key themselves."""
    _services(app, desk, door)
    _requests(app, desk, door)
    _filing(app, desk, door)
    _updates(app, desk, door)


def _services(app: FastAPI, desk: PartnerDesk, door: Door) -> None:
    @app.get(f"{ROOT}/services.{{form}}", tags=["open311"], responses=ANSWERS)
    async def services(form: End, request: Request) -> Response:
        """Which services may be requested: the leaves of the category tree."""

        async def ask() -> Document:
            door.check(request.query_params.get("jurisdiction_id"))
            return desk.services(language(request))

        return await _answer(request, form, ask)

    @app.get(f"{ROOT}/services/{{code}}.{{form}}", tags=["open311"], responses=ANSWERS)
    async def definition(code: str, form: End, request: Request) -> Response:
        """One service's further questions: none of ours has any."""

        async def ask() -> Document:
            door.check(request.query_params.get("jurisdiction_id"))
            return desk.definition(code)

        return await _answer(request, form, ask)


def _requests(app: FastAPI, desk: PartnerDesk, door: Door) -> None:
    @app.get(
        f"{ROOT}/requests.{{form}}",
        tags=["open311"],
        openapi_extra=in_query(
            "service_request_id", "service_code", "start_date", "end_date", "status",
            "page", "page_size", "api_key", "jurisdiction_id",
        ),
        responses=ANSWERS,
    )  # fmt: skip
    async def requests(form: End, request: Request) -> Response:
        """Requests of at most 90 days, newest first; the words only for who filed them or may read all."""

        async def ask() -> Document:
            given = request.query_params
            door.check(given.get("jurisdiction_id"))
            return await desk.requests(door.asker(request, given.get("api_key")), given)

        return await _answer(request, form, ask)

    @app.get(f"{ROOT}/requests/{{number}}.{{form}}", tags=["open311"], responses=ANSWERS)
    async def one(number: str, form: End, request: Request) -> Response:
        """One request, and by when it is to be settled."""

        async def ask() -> Document:
            given = request.query_params
            door.check(given.get("jurisdiction_id"))
            return await desk.request(door.asker(request, given.get("api_key")), number)

        return await _answer(request, form, ask)

    @app.get(f"{ROOT}/tokens/{{token}}.{{form}}", tags=["open311"], responses=ANSWERS)
    async def by_token(token: str, form: End, request: Request) -> Response:
        """The number behind a token. Filing answers the number at once, so nobody needs to wait."""

        async def ask() -> Document:
            door.check(request.query_params.get("jurisdiction_id"))
            return await desk.token(token)

        return await _answer(request, form, ask)


def _filing(app: FastAPI, desk: PartnerDesk, door: Door) -> None:
    @app.post(
        f"{ROOT}/requests.{{form}}",
        tags=["open311"],
        openapi_extra=sent(Submission),
        responses=ANSWERS,
    )
    async def file(form: End, request: Request) -> Response:
        """File a request; answers its number. The same body again within a day is the same request."""

        async def ask() -> Document:
            fields = await _fields(request)
            door.check(fields.get("jurisdiction_id"))
            asker = door.asker(request, fields.get("api_key"), Right.FILE)
            assert asker.partner is not None  # noqa: S101 - the right was demanded
            return await desk.file(asker.partner, fields, optional_key(request), asker.lang)

        return await _answer(request, form, ask)


def _updates(app: FastAPI, desk: PartnerDesk, door: Door) -> None:
    path = f"{ROOT}/servicerequestupdates.{{form}}"

    @app.get(
        path,
        tags=["open311"],
        openapi_extra=in_query(
            "api_key", "start_date", "end_date", "page", "page_size", "jurisdiction_id"
        ),
        responses=ANSWERS,
    )
    async def updates(form: End, request: Request) -> Response:
        """What changed, oldest first: of the partner's own requests, or of all for a key that reads all."""

        async def ask() -> Document:
            given = request.query_params
            door.check(given.get("jurisdiction_id"))
            partner = door.known(request, given.get("api_key"))
            return await desk.updates(Asker(partner, language(request)), given)

        return await _answer(request, form, ask)

    @app.post(
        path,
        tags=["open311"],
        openapi_extra=sent(Update),
        responses=ANSWERS,
    )
    async def update(form: End, request: Request) -> Response:
        """A later word from outside; the same `update_id` again changes nothing."""

        async def ask() -> Document:
            fields = await _fields(request)
            door.check(fields.get("jurisdiction_id"))
            asker = door.asker(request, fields.get("api_key"), Right.UPDATE)
            return await desk.update(asker, read(Update, fields))

        return await _answer(request, form, ask)


async def _answer(request: Request, form: str, ask: Ask) -> Response:
    """Whatever comes of it, in the format asked for; JSON where that is none."""
    lang = language(request)
    headers = {
        "Content-Language": "en" if lang == "en" else "zh-CN",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    shape, status = Format.JSON, 200
    try:
        shape = Format.of(form)
        document = await ask()
    except (DomainError, *LOST) as error:
        refused = error if isinstance(error, DomainError) else unavailable()
        document, status = failure(refused, lang), status_of(refused)
        if refused.retry_after_s is not None:
            headers["Retry-After"] = str(refused.retry_after_s)
    return Response(document.render(shape), status, headers, media_type=shape.media_type)


async def _fields(request: Request) -> dict[str, Any]:
    """The body's fields; the key and the jurisdiction may also stand in the address."""
    fields = fields_of(request.headers.get("content-type", ""), await request.body())
    for name in ("api_key", "jurisdiction_id"):
        if name not in fields and (said := request.query_params.get(name)):
            fields[name] = said
    if not isinstance(fields.get("api_key"), str | None):
        del fields["api_key"]
    return fields
