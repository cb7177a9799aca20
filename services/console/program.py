"""`python -m services.console rebuild`: what is shown, made anew; progress and result as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import orjson

from kit.logging import configure
from kit.parts import NoServiceTokenError
from kit.settings import secrets_dir
from services.console.app import SERVICE, open_pool
from services.console.rebuilding import rebuild
from services.console.settings import ConsoleSettings


async def once(words: Sequence[str]) -> None:
    """Do one thing and end. Raises DomainError where a service does not answer."""
    if list(words) != ["rebuild"]:
        raise SystemExit("rebuild")
    settings = ConsoleSettings(_secrets_dir=secrets_dir())
    configure(SERVICE, level="WARNING", form="console")
    if settings.service_token is None:
        raise NoServiceTokenError
    urls = {
        "intake": settings.intake_url,
        "router": settings.router_url,
        "notifier": settings.notifier_url,
    }
    pool = await open_pool(settings)
    try:
        settle_s = settings.rebuild_settle_s
        token = settings.service_token.get_secret_value()
        _line({"result": await rebuild(pool, urls, token, _progress, settle_s)})
    finally:
        await pool.close()


def _progress(what: str, done: int, total: int) -> None:
    _line({"progress": [what, done, total]})


def _line(said: dict[str, Any]) -> None:
    sys.stdout.write(f"{orjson.dumps(said).decode()}\n")
    sys.stdout.flush()
