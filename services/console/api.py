"""HTTP of the console: one page, one stream."""

from __future__ import annotations

from importlib import resources
from typing import Annotated, Final

from fastapi import FastAPI, Query, Response
from fastapi.responses import StreamingResponse

from kit.auth import Principal, allow, deny_by_default
from kit.errors import not_found
from kit.http import PUBLIC, Shared, create_app
from kit.openapi import gives
from services.console.feed import Feed

CSP: Final = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
ASSETS: Final = {
    "live.html": "text/html; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "live.css": "text/css; charset=utf-8",
}
WATCHERS: Final = ("dashboard", "admin", "dispatcher", "auditor")
"""Who may follow the whole city; screens of one area come with their own topics."""


def make_app(shared: Shared, *, feed: Feed) -> FastAPI:
    """The application with all of the console's routes."""
    app = create_app(shared, title="Chuishao console 指挥台", version="0.1.0")

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        return _asset("live.html")

    @app.get("/static/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        return _asset(name)

    @app.get(
        "/api/v1/live",
        tags=["live"],
        response_class=Response,
        responses=gives("text/event-stream"),
    )
    async def live(
        since: Annotated[int, Query(ge=0)] = 0, who: Principal = allow(*WATCHERS)
    ) -> Response:
        """Events as they happen (server-sent events), codes and numbers only; ends with the token."""
        return StreamingResponse(
            feed.follow(since, who.until), media_type="text/event-stream", headers=HEADERS
        )

    deny_by_default(app, PUBLIC | {"/", "/static/{name}"})
    return app


def _asset(name: str) -> Response:
    if name not in ASSETS:
        raise not_found("页面", "page")
    body = resources.files("services.console").joinpath("static", name).read_bytes()
    return Response(body, media_type=ASSETS[name], headers=HEADERS)
