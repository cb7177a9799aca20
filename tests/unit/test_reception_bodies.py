"""What people send to a reception session: the plain way to say it works, what is wrong is named with its remedy."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from starlette.requests import Request
from starlette.types import Message

from kit.errors import DomainError
from kit.http import read_body
from kit.validation import invalid
from services.notifier.reception.bodies import Closing, Decisions, NewSession

ITEM = "01a20212-d8ef-726b-acba-e37144609d34"
PLAIN: dict[str, Any] = {"kind": "assign", "owner": "SZ", "text": "一周内修好"}
DUE = "2026-12-01T18:00:00+08:00"


def findings(body: dict[str, Any]) -> list[dict[str, str]]:
    with pytest.raises(ValidationError) as refused:
        Decisions.model_validate(body)
    found: list[dict[str, str]] = invalid(refused.value).extra["errors"]
    return found


def test_a_single_decision_needs_no_list_around_it() -> None:
    listed = Decisions.model_validate(
        {"item": ITEM, "version": 3, "decisions": [PLAIN | {"due_at": DUE}]}
    )
    assert Decisions.model_validate({"item": ITEM, "version": 3, **PLAIN, "due": DUE}) == listed


def test_a_session_needs_no_place() -> None:
    assert NewSession.model_validate({"org": "JD-WYS", "starts_at": DUE}).place is None


def test_what_is_wrong_with_a_decision_is_said_once_and_with_the_remedy() -> None:
    (owner,) = findings({"item": ITEM, **PLAIN, "owner": "市政所"})
    assert owner["field"] == "decisions.0.owner"
    assert "[A-Za-z0-9-]" in owner["zh"]
    (item,) = findings({"item": "261122006986", **PLAIN})
    assert (item["field"], "UUID" in item["zh"]) == ("item", True)
    (stray,) = findings({"item": ITEM, **PLAIN, "who": "SZ"})
    assert stray["field"] == "decisions.0.who"
    (none,) = findings({"item": ITEM, "decisions": []})
    assert none["field"] == "decisions"


def _request(raw: bytes) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_a_body_may_be_left_out_where_nothing_in_it_is_required() -> None:
    assert await read_body(_request(b""), Closing) == Closing()
    with pytest.raises(DomainError) as refused:
        await read_body(_request(b""), Decisions)
    assert str(refused.value) == "malformed-json"
