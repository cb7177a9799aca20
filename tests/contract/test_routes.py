"""Every route says who may use it; who that is stands here once more, to be read and compared."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from fastapi.routing import APIRoute
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from kit.auth import (
    PEOPLE,
    REPLIES,
    ROLES,
    OpenRouteError,
    TokenVerifier,
    allow,
    deny_by_default,
    guarded_roles,
)
from kit.docs import PATHS as DOCS
from kit.http import PUBLIC, Shared
from services.console.api_forwarding import RESIDENTS
from services.console.api_session import PATH as SESSION
from services.console.api_web import PATHS as WEB_PATHS
from services.intake.open311.api import PATHS as PARTNER_PATHS
from services.notifier.api_replies import PATHS as REPLY_PATHS

SERVICES = Path(__file__).parents[2] / "services"
ALL = set(ROLES)
FILERS = {"operator", "unit", "secretary", "dispatcher", "admin"}
DESK = {"dispatcher", "admin", "ruling", "auditor", "service", "operator"}
WATCHERS = {"admin", "auditor", "dispatcher", "dashboard", "operator", "ruling", "service"}
RECEPTION = {"secretary", "unit", "dispatcher", "admin"}
"""Which office's a person may hold is looked up in the directory (tests/integration/test_reception_*)."""
OPEN: set[str] = set()
SIGNATURE: set[str] = set()
"""No token: a gateway's signature over the body (tests/integration/test_replies.py)."""
API_KEY: set[str] = set()
"""No sign-in token: a partner's api_key, asked for by the route (tests/integration/test_open311.py)."""
COOKIE: set[str] = set()
"""Asked for by the route, for it shares its address with signing in (tests/integration/test_sessions.py)."""

EVERY_SERVICE = {
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/docs"): OPEN,
    ("GET", "/docs/{name}"): OPEN,
    ("GET", "/v1/events"): {"admin", "auditor", "service"},
    ("GET", "/v1/audit"): {"admin", "auditor"},
}
ROUTES: dict[str, dict[tuple[str, str], set[str]]] = {
    "intake": {
        ("POST", "/v1/complaints"): FILERS,
        ("POST", "/v1/complaints/batch"): FILERS,
        ("GET", "/v1/complaints/duplicates"): FILERS,
        ("POST", "/v1/complaints/duplicates"): FILERS,
        ("GET", "/v1/complaints/{ident}"): {
            "operator", "dispatcher", "admin", "auditor", "service",
        },
        ("POST", "/v1/complaints/{ident}/reveal"): {"operator", "admin"},
        ("GET", "/v1/complaints/{ident}/reveals"): {"auditor", "admin"},
        ("POST", "/v1/reveals/trace"): {"auditor", "admin"},
        ("POST", "/v1/complaints/{ident}/shred"): {"admin"},
        ("GET", "/v1/retention"): {"auditor", "admin"},
        ("POST", "/v1/complaints/{ident}/callbacks"): {"operator"},
        ("POST", "/v1/complaints/{ident}/withdraw"): {"operator"},
        ("POST", "/v1/complaints/{ident}/reopen"): {"operator"},
        ("POST", "/v1/complaints/{ident}/supplement"): {"operator"},
        ("GET", "/v1/callbacks"): {"operator", "admin", "auditor"},
        ("GET", "/v1/callbacks/outliers"): {"admin", "auditor"},
        ("GET", "/v1/suggest"): FILERS,
        ("POST", "/v1/suggest"): FILERS,
        ("GET", "/t/{number}"): OPEN,
        ("POST", "/t/{number}"): OPEN,
        ("GET", "/open311/v2/services.{form}"): OPEN,
        ("GET", "/open311/v2/services/{code}.{form}"): OPEN,
        ("GET", "/open311/v2/requests.{form}"): OPEN,
        ("GET", "/open311/v2/requests/{number}.{form}"): OPEN,
        ("GET", "/open311/v2/tokens/{token}.{form}"): OPEN,
        ("POST", "/open311/v2/requests.{form}"): API_KEY,
        ("GET", "/open311/v2/servicerequestupdates.{form}"): API_KEY,
        ("POST", "/open311/v2/servicerequestupdates.{form}"): API_KEY,
        ("POST", "/v1/attachments"): FILERS,
        ("GET", "/v1/attachments/{ident}"): FILERS,
    },
    "router": {
        ("GET", "/v1/tickets"): DESK | {"unit", "secretary"},
        ("GET", "/v1/tickets/{ident}"): DESK | {"unit", "secretary"},
        ("POST", "/v1/tickets/{ident}/{action}"): {
            "unit", "secretary", "dispatcher", "ruling", "admin",
        },
        ("GET", "/v1/triage"): {"dispatcher", "admin", "ruling", "auditor"},
        ("GET", "/v1/issues"): DESK | {"unit", "secretary"},
        ("GET", "/v1/issues/{ident}"): DESK | {"unit", "secretary"},
        ("POST", "/v1/issues/{ident}/close"): {"dispatcher", "admin"},
        ("GET", "/v1/whistles"): {"dispatcher", "admin", "auditor", "unit", "secretary"},
        ("POST", "/v1/whistles"): {"unit", "secretary"},
        ("GET", "/v1/whistles/figures"): {
            "dispatcher", "admin", "auditor", "ruling", "secretary", "dashboard",
        },
        ("GET", "/v1/whistles/{ident}"): {
            "dispatcher", "admin", "auditor", "unit", "secretary",
        },
        ("POST", "/v1/whistles/{ident}/{action}"): {"unit", "secretary"},
        ("GET", "/v1/directory/versions"): {"admin"},
        ("POST", "/v1/directory/trial"): {"admin"},
        ("GET", "/v1/directory/versions/current"): ALL,
        ("GET", "/v1/directory/versions/{version}/{part}"): {
            "service", "admin", "auditor", "dispatcher",
        },
        ("GET", "/v1/directory/coverage"): {
            "dispatcher", "admin", "auditor", "ruling", "secretary", "dashboard",
        },
        ("GET", "/v1/directory/contacts"): {"admin", "dispatcher", "auditor"},
        ("POST", "/v1/replies/{action}"): {REPLIES},
        ("POST", "/v1/explain"): ALL,
        ("POST", "/v1/attachments"): {"unit", "secretary", "dispatcher", "ruling", "admin"},
        ("GET", "/v1/attachments/{ident}"): DESK | {"unit", "secretary"},
    },
    "notifier": {
        ("GET", "/v1/reception/queue"): {
            "secretary", "admin", "auditor", "dispatcher", "dashboard", "service",
        },
        ("POST", "/v1/reception/queue"): {"secretary"},
        ("POST", "/v1/reception/queue/{item}/withdraw"): {"secretary"},
        ("POST", "/v1/reception/queue/{item}/care"): {"secretary"},
        ("GET", "/v1/reception/items/{item}/dossier"): {
            "secretary", "admin", "auditor", "dispatcher",
        },
        ("GET", "/v1/reception/legacy"): {"secretary", "admin", "auditor", "dispatcher"},
        ("POST", "/v1/reception/legacy"): {"secretary"},
        ("POST", "/v1/reception/legacy/{ident}/review"): {"secretary"},
        ("GET", "/v1/reception/sessions"): RECEPTION | {"auditor", "service"},
        ("POST", "/v1/reception/sessions"): RECEPTION,
        ("GET", "/v1/reception/sessions/proposed"): RECEPTION | {"auditor", "service"},
        ("GET", "/v1/reception/sessions/{ident}"): RECEPTION | {"auditor", "service"},
        ("GET", "/v1/reception/sessions/{ident}/minutes"): RECEPTION | {"auditor", "service"},
        ("POST", "/v1/reception/sessions/{ident}/schedule"): RECEPTION,
        ("POST", "/v1/reception/sessions/{ident}/hear"): RECEPTION,
        ("POST", "/v1/reception/sessions/{ident}/decide"): RECEPTION,
        ("POST", "/v1/reception/sessions/{ident}/carry-over"): RECEPTION,
        ("POST", "/v1/reception/sessions/{ident}/close"): RECEPTION,
        ("GET", "/v1/reception/decisions"): RECEPTION | {"auditor", "service"},
        ("POST", "/v1/reception/decisions/{ident}/done"): RECEPTION,
        ("POST", "/v1/reception/decisions/{ident}/confirm"): RECEPTION,
        ("POST", "/v1/reception/decisions/{ident}/refuse"): RECEPTION,
        ("GET", "/v1/clocks/{ticket}"): WATCHERS | {"secretary"},
        ("GET", "/v1/escalations"): WATCHERS | {"secretary"},
        ("POST", "/v1/replies"): SIGNATURE,
        ("GET", "/v1/notices"): WATCHERS | {"secretary", "unit"},
        ("POST", "/v1/notices/{ident}/retry"): {"admin"},
        ("POST", "/v1/escalations/{ident}/acknowledge"): {
            "unit", "secretary", "dispatcher", "ruling",
        },
        ("GET", "/v1/rates"): WATCHERS | {"secretary", "unit"},
        ("GET", "/v1/rates/times"): WATCHERS | {"secretary", "unit"},
        ("GET", "/v1/rates/flags"): {"admin", "auditor"},
        ("GET", "/v1/rates/exclusions"): {
            "secretary", "dispatcher", "admin", "auditor", "dashboard", "ruling", "unit",
        },
        ("POST", "/v1/rates/exclusions"): {"secretary", "dispatcher", "admin"},
        ("POST", "/v1/rates/exclusions/{ident}/review"): {"secretary", "dispatcher", "admin"},
        ("GET", "/v1/rates/reports/weekly"): WATCHERS | {"secretary"},
        ("GET", "/v1/rates/reports/campaigns/{ident}"): WATCHERS | {"secretary"},
        ("GET", "/v1/rates/campaigns"): WATCHERS | {"secretary"},
        ("POST", "/v1/rates/campaigns"): {"secretary", "dispatcher", "admin"},
    },
    "console": {
        ("GET", "/{path:path}"): OPEN,
        ("POST", "/api/v1/session"): OPEN,
        ("GET", "/api/v1/session"): COOKIE,
        ("DELETE", "/api/v1/session"): COOKIE,
        **{
            ("GET", f"/api/v1/{view}"): set(PEOPLE)
            for view in (
                "inbox", "area", "desk", "callbacks", "queue", "wall", "stream", "names",
                "find/{what}", "outlines", "hall/trend", "hall/replay",
            )
        },
        ("GET", "/api/v1/services"): {"admin"},
        ("GET", "/api/v1/hall"): {"dashboard", "dispatcher", "secretary", "admin"},
        ("POST", "/api/v1/hall/show"): {"dispatcher", "secretary", "admin"},
        **dict.fromkeys(
            ((way, "/api/v1/tickets/{ticket_id}/presence") for way in ("POST", "DELETE")),
            (DESK - {"service"}) | {"unit", "secretary"},
        ),
        ("POST", "/api/v1/hall/replay"): {"dispatcher", "secretary", "admin"},
        ("DELETE", "/api/v1/hall/replay"): {"dispatcher", "secretary", "admin"},
        ("GET", "/api/v1/stats/export"): {*(WATCHERS - {"service"}), "secretary", "unit"},
        ("GET", "/api/v1/status"): {"admin"},
        ("GET", "/v1/{path:path}"): ALL - {"service"},
        ("POST", "/v1/{path:path}"): ALL - {"service"},
        ("GET", "/t/{number}"): OPEN,
        ("POST", "/t/{number}"): OPEN,
    },
}  # fmt: skip
"""Method and path to roles; an empty set is a route for everybody."""
PAGES = {
    "console": {*WEB_PATHS, SESSION, RESIDENTS},
    "intake": {"/t/{number}", *PARTNER_PATHS},
    "notifier": {*REPLY_PATHS},
}
"""What people without a token may open."""
BY_SERVICE = pytest.mark.parametrize("service", ROUTES)


def app_of(service: str) -> FastAPI:
    """A service's application with nothing behind it."""
    api = importlib.import_module(f"services.{service}.api")
    nothing: Any = object()
    parts = [
        name
        for name, part in inspect.signature(api.make_app).parameters.items()
        if part.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    shared = Shared(service, nothing, TokenVerifier(""), {})
    app: FastAPI = api.make_app(shared, **dict.fromkeys(parts, nothing))
    return app


def routes_of(app: FastAPI) -> dict[tuple[str, str], set[str]]:
    return {
        (method, route.path): set(guarded_roles(route) or ())
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def test_every_service_with_an_api_is_in_the_table() -> None:
    assert {file.parent.name for file in SERVICES.glob("*/api.py")} == set(ROUTES)


@BY_SERVICE
def test_the_routes_and_their_roles_are_those_of_the_table(service: str) -> None:
    assert routes_of(app_of(service)) == ROUTES[service] | EVERY_SERVICE


@BY_SERVICE
def test_a_route_for_everybody_is_in_the_public_list(service: str) -> None:
    for (_, path), roles in routes_of(app_of(service)).items():
        public = path in PUBLIC | DOCS or path in PAGES.get(service, ())
        assert public is (not roles), path


@BY_SERVICE
def test_what_is_no_guarded_route_is_documentation(service: str) -> None:
    others = {getattr(r, "path", r) for r in app_of(service).routes if not isinstance(r, APIRoute)}
    assert others == {"/openapi.json"}


@BY_SERVICE
def test_only_roles_that_exist_are_named(service: str) -> None:
    for roles in routes_of(app_of(service)).values():
        assert roles <= ALL | {REPLIES}


def test_the_role_that_acts_for_people_opens_one_route_alone() -> None:
    opened = [
        (service, way)
        for service in ROUTES
        for way, roles in routes_of(app_of(service)).items()
        if REPLIES in roles
    ]
    assert opened == [("router", ("POST", "/v1/replies/{action}"))]


async def _hello() -> None:
    return None


async def _socket(socket: WebSocket) -> None:
    await socket.close()


def _included(app: FastAPI) -> None:
    router = APIRouter()
    router.add_api_route("/open", _hello)
    app.include_router(router)


OPENINGS: dict[str, Callable[[FastAPI], object]] = {
    "a route": lambda app: app.add_api_route("/open", _hello),
    "a route with some other dependency": lambda app: app.add_api_route(
        "/open", _hello, dependencies=[Depends(_hello)]
    ),
    "a route of an included router": _included,
    "a route of the framework below": lambda app: app.router.routes.append(
        Route("/open", lambda _: PlainTextResponse("hello"))
    ),
    "a mounted application": lambda app: app.router.routes.append(Mount("/open", FastAPI())),
    "a socket": lambda app: app.add_api_websocket_route("/open", _socket),
}


@BY_SERVICE
@pytest.mark.parametrize("what", OPENINGS)
def test_no_service_starts_with(service: str, what: str) -> None:
    app = app_of(service)
    public = PUBLIC | {path for (_, path), roles in ROUTES[service].items() if not roles}
    deny_by_default(app, frozenset(public))
    OPENINGS[what](app)
    with pytest.raises(OpenRouteError):
        deny_by_default(app, frozenset(public))


def test_a_guarded_route_and_a_public_one_may_be_added() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.add_api_route("/guarded", _hello, dependencies=[allow("admin")])
    app.add_api_route("/public", _hello)
    deny_by_default(app, frozenset({"/public"}))
    with pytest.raises(OpenRouteError, match="/public"):
        deny_by_default(app, frozenset())
