"""Nobody writes into the log what was not ours to say: words, headers and paths made to look like lines (D.7 #40)."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest
import structlog

from kit import edge
from kit.ids import new_id
from kit.logging import configure, get
from tests.support.intake import desk, signed_in
from tests.support.servers import Database

FAKE: Final = (
    '{"event":"complaint_filed","level":"info","service":"intake","number":"000000000000"}'
)
EVIL: Final = f"路灯坏了\n{FAKE}\r\n{FAKE}\u2028{FAKE}"
ANSI: Final = "%1b[31m%1b[2J"
LONG_ID: Final = "x" * 3_000


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[bytes]]]:
    """Logging as a service sets it up; call to read the lines."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    raw = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
        configure("intake")
        structlog.configure(**structlog.get_config() | {"cache_logger_on_first_use": False})
        patch.setattr(edge, "log", get("kit.edge"))  # one that no earlier test has bound
        yield lambda: raw.getvalue().splitlines()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


async def test_d7_40_a_request_is_one_line_whatever_it_says(
    database: Database, written: Callable[[], list[bytes]]
) -> None:
    """D.7 #40: one JSON line each, with an id of our own; a client's id is not taken, so none is long."""
    async with desk(database) as intake:
        began = len(written())
        ids = []
        for body, path, headers in (
            ({"text": EVIL}, "/v1/complaints", {}),
            ({"text": EVIL, "title": EVIL[:60], "channel": EVIL}, "/v1/complaints", {}),
            ({EVIL: EVIL}, "/v1/complaints", {"Accept-Language": ANSI}),
            ({}, f"/v1/complaints/{ANSI}%0a{FAKE}/reveal", {"User-Agent": FAKE}),
            ({}, f"/{ANSI}%0d%0a{FAKE}", {"X-Forwarded-For": FAKE}),
        ):
            answer = await _asked(intake.http, path, body, headers)
            assert answer.status_code in {201, 403, 404, 405, 422}, answer.text
            ids.append(answer.headers["x-request-id"])
        lines = [json.loads(line) for line in written()[began:]]
    assert {one["service"] for one in lines} == {"intake"}
    assert "complaint_filed" not in {one["event"] for one in lines}
    requests = [one for one in lines if one["event"] == "request"]
    assert {one["request_id"] for one in requests} <= set(ids)
    assert len(requests) == len({one["request_id"] for one in requests})
    assert requests
    said = b"\n".join(written())
    for never in ("路灯", "000000000000", "\x1b", "[31m", LONG_ID[:64]):
        assert never.encode() not in said
    assert all(len(one) < 64 for one in ids)


async def _asked(
    http: httpx.AsyncClient, path: str, body: dict[str, Any], headers: dict[str, str]
) -> httpx.Response:
    more = signed_in("operator") | {
        "Idempotency-Key": str(new_id()), "X-Request-ID": LONG_ID, "X-Correlation-ID": LONG_ID,
    }  # fmt: skip
    return await http.post(path, json=body, headers=more | headers)
