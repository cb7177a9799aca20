"""HTTP for every service: problem+json in two languages, health, readiness, metrics, kept events.

The outermost layer, which every request passes, is kit/edge.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Final

import orjson
from fastapi import Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from kit import gauges, outbox, strict_json
from kit.auth import TokenVerifier, allow
from kit.chain.routes import add_audit
from kit.db import LOST, Pool, reading
from kit.docs import add_docs
from kit.errors import DomainError, Kind, internal, unavailable
from kit.ids import new_id
from kit.limits.rates import Rates
from kit.logging import get
from kit.looks import Looks
from kit.openapi import PROBLEM, Documented, gives
from kit.page import Lang
from kit.validation import from_errors, invalid

log = get(__name__)

PUBLIC: Final = frozenset({"/healthz", "/readyz", "/metrics"})
EVENTS_PAGE: Final = 500

Check = Callable[[], Awaitable[bool]]
Detail = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Shared:
    """What the common routes need of a service."""

    service: str
    pool: Pool
    verifier: TokenVerifier
    checks: Mapping[str, Check]
    """Name to question; ready when every one answers True."""
    details: Mapping[str, Detail] = field(default_factory=dict)
    """Name to what `/readyz` says beside: whatever it is, the service is ready."""
    rates: Rates | None = None
    """How often one client may ask; None: as often as it likes."""


def create_app(shared: Shared, *, title: str, version: str) -> Documented:
    """An application with the common routes and error handling; add routes, then `deny_by_default`."""
    app = Documented(
        title=title,
        version=version,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.verifier = shared.verifier
    app.state.rates = shared.rates
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(RequestValidationError, _bad_parameter)
    for kind in LOST:
        app.add_exception_handler(kind, _shed)
    app.add_exception_handler(Exception, _crashed)
    app.state.service = shared.service
    app.state.direct = {}
    app.state.looks = Looks(shared.pool)
    _health(app, shared)
    add_docs(app)
    _events(app, shared)
    add_audit(app, shared.pool)
    return app


def language(request: Request) -> Lang:
    """`en` where the client prefers English, else `zh`."""
    return language_of(request.headers.get("accept-language", ""))


def language_of(accepted: str) -> Lang:
    """The same of the header alone."""
    asked = accepted.lower()
    zh, en = asked.find("zh"), asked.find("en")
    return "en" if en >= 0 and (zh < 0 or en < zh) else "zh"


def problem(error: DomainError, lang: str) -> Response:
    """The RFC 9457 answer for an expected failure."""
    headers = {"Content-Language": "en" if lang == "en" else "zh-CN"}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    body = orjson.dumps(error.problem(lang))
    return Response(body, int(error.kind), headers, media_type=PROBLEM)


def reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; models are dumped in JSON form."""
    if isinstance(body, BaseModel):
        return Response(
            body.model_dump_json(exclude_none=True), status, headers, media_type="application/json"
        )
    return Response(orjson.dumps(body, default=str), status, headers, media_type="application/json")


class Duplex(Response):
    """Answers while the request is still being read.

    Starlette's own StreamingResponse waits for a disconnect on the same channel and would swallow the
    rest of the request's body.
    """

    def __init__(
        self, lines: AsyncIterator[bytes], *, media_type: str, done: Callable[[], None]
    ) -> None:
        """`done` is called when it is over, however it ends."""
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self._lines = lines
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Send the head, then each line as it comes."""
        begin = {"status": self.status_code, "headers": self.raw_headers}
        try:
            await send({"type": "http.response.start"} | begin)
            async for line in self._lines:
                await send({"type": "http.response.body", "body": line, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._done()


async def read_body(request: Request, model: type[BaseModel]) -> Any:
    """The request's JSON body as `model`; left out, an empty one where nothing in it is required.

    Raises DomainError 400, 413, 415 or 422.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if kind != "application/json" and not kind.endswith("+json"):
        raise DomainError(
            "unsupported-media-type",
            Kind.UNSUPPORTED,
            field="Content-Type",
            zh="请以 application/json 发送。",
            en="Send application/json.",
        )
    text = await request.body()
    if not text and not any(field.is_required() for field in model.model_fields.values()):
        return model()
    value = strict_json.loads(text)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(error) from None


async def _domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101 - registered for this class only
    return problem(error, language(request))


async def _shed(request: Request, error: Exception) -> Response:
    log.warning("request_shed", error=type(error).__name__)
    return problem(unavailable(), language(request))


async def _crashed(request: Request, error: Exception) -> Response:
    request_id = str(new_id())
    log.error("request_failed", request_id=request_id, exc_info=error)
    return problem(internal(request_id), language(request))


async def _bad_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    return problem(from_errors(error.errors()), language(request))


_HTTP_WORDS: Final = {
    404: ("not-found", "没有这个地址，请核对。", "No such address; check it."),
    405: ("method-not-allowed", "此地址不支持该方法。", "This address does not take that method."),
}


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    slug, zh, en = _HTTP_WORDS.get(error.status_code, ("refused", "请求未被接受。", "Refused."))
    body = {
        "type": f"https://chuishao.cn/problems/{slug}",
        "title": slug,
        "status": error.status_code,
        "detail": en if language(request) == "en" else zh,
    }
    return Response(orjson.dumps(body), error.status_code, media_type=PROBLEM)


def _health(app: Documented, shared: Shared) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return reply({"status": "alive", "service": shared.service})

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        answers = {name: await _asked(check) for name, check in shared.checks.items()}
        ready = all(answers.values())
        body: dict[str, Any] = {"status": "ready" if ready else "not ready", "checks": answers}
        details: dict[str, Detail] = {"audit": partial(gauges.audit_standing, shared.pool)}
        details |= shared.details
        body |= {name: await _told(detail) for name, detail in details.items()}
        if (provider := shared.verifier.provider) is not None:
            body["sign_in"] = provider.told()
        return reply(body, 200 if ready else 503)

    @app.get("/metrics", include_in_schema=False)
    async def show_metrics() -> Response:
        try:
            await gauges.refresh(shared.pool, shared.service)
        except LOST as error:
            log.warning("metrics_without_database", error=type(error).__name__)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _told(detail: Detail) -> dict[str, Any] | None:
    try:
        return await detail()
    except (*LOST, DomainError):
        return None


async def _asked(check: Check) -> bool:
    try:
        return await check()
    except (*LOST, DomainError):
        return False


def _events(app: Documented, shared: Shared) -> None:
    @app.get(
        "/v1/events",
        tags=["events"],
        dependencies=[allow("admin", "auditor", "service")],
        response_class=Response,
        responses=gives("application/x-ndjson"),
    )
    async def events(
        after: Annotated[str, Query(pattern=r"^\d{1,18}-\d{1,18}$")] = "0-0",
    ) -> Response:
        """Every event this service has said, oldest first, one JSON object a line.

        `after` is the cursor of the last line already read; the answer ends when nothing newer is
        certain to stay in this order.
        """
        tx, _, position = after.partition("-")
        return StreamingResponse(
            _lines(shared.pool, int(tx), int(position)), media_type="application/x-ndjson"
        )


async def _lines(pool: Pool, tx: int, position: int) -> AsyncIterator[bytes]:
    while True:
        async with reading(pool) as conn:
            rows = await outbox.after(conn, tx, position, EVENTS_PAGE)
        for row in rows:
            yield b'{"cursor":"%d-%d","event":%s}\n' % row
            tx, position, _ = row
        if len(rows) < EVENTS_PAGE:
            return
