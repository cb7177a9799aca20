"""HTTP of the console: who is signed in, its views and the stream, names, what is passed on, the screens' files."""

from __future__ import annotations

from fastapi import FastAPI

from kit.auth import deny_by_default
from kit.http import PUBLIC, Shared, create_app
from services.console.api_finding import add_finding
from services.console.api_forwarding import RESIDENTS, add_forwarding
from services.console.api_hall import add_hall
from services.console.api_presence import add_presence
from services.console.api_session import PATH as SESSION
from services.console.api_session import add_session
from services.console.api_stats import add_stats
from services.console.api_status import add_status
from services.console.api_views import Sight, add_views, described
from services.console.api_web import PATHS as PAGES
from services.console.api_web import add_web
from services.console.cookie_door import CookieDoor
from services.console.forwarding import Forwarder
from services.console.sessions import Sessions
from services.console.web import Front


def make_app(shared: Shared, *, sight: Sight, forwarder: Forwarder, front: Front) -> FastAPI:
    """The application with all of the console's routes; the front end's come last, for they take the rest."""
    app = create_app(shared, title="Chuishao console 指挥台", version="0.1.0")
    sessions = Sessions(shared.pool, shared.verifier)
    app.add_middleware(CookieDoor, sessions=sessions)
    add_session(app, sessions, described(sight))
    add_views(app, sight)
    add_status(app, shared.pool, forwarder)
    add_finding(app, sight)
    add_hall(app, sight)
    add_presence(app, sight)
    add_stats(app, forwarder, sight)
    add_forwarding(app, forwarder)
    add_web(app, front)
    deny_by_default(app, PUBLIC | {SESSION, RESIDENTS, *PAGES})
    return app
