"""Logs hold facts and ids; residents' words, phones and secrets are cut out before they are written."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from kit.logging import LONGEST, REDACTED, configure, get, redact

PHONE = "13800005001"
CITIZEN = "370105199001011234"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Logging set up as a service does it; call to read what was written, as objects."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    raw = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
        configure("intake")
    yield lambda: [json.loads(line) for line in raw.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def redacted(**line: Any) -> dict[str, Any]:
    return dict(redact(None, "info", line))


@pytest.mark.parametrize(
    "key", ["text", "title", "address", "name", "phone", "requester", "accused", "token", "seed"]
)
def test_residents_words_and_secrets_are_cut_out_by_their_name(key: str) -> None:
    assert redacted(**{key: "三号楼王某"}) == {key: REDACTED}


@pytest.mark.parametrize(
    "said", [PHONE, "138 0000 5001", "138-0000-5001", CITIZEN, "37010519900101123x"]
)
def test_phones_and_identity_numbers_are_cut_out_by_their_shape(said: str) -> None:
    assert redacted(event="noted", note=f"call {said} back")["note"] == f"call {REDACTED} back"


def test_ids_numbers_and_counts_stay() -> None:
    line = {"event": "filed", "ticket_id": "01900000-0000-7000-8000-000000000001", "n": 13800005001}
    assert redacted(**line) == line
    assert redacted(number="261121123456") == {"number": "261121123456"}


def test_what_lies_deeper_is_cut_out_too() -> None:
    line = redacted(
        data={"phone": PHONE, "rows": [{"text": "漏水"}, f"call {PHONE}"]}, more=(PHONE,)
    )
    assert PHONE not in json.dumps(line)
    assert "漏水" not in json.dumps(line, ensure_ascii=False)


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_no_value_breaks_a_log_line(value: Any) -> None:
    assert "note" in redacted(note=value)


def test_a_line_is_one_json_object_with_time_level_and_service(lines: Any) -> None:
    get("test").info("complaint_filed", number="261121123456", text="三号楼漏水")
    (line,) = lines()
    assert line["event"] == "complaint_filed"
    assert line["level"] == "info"
    assert line["service"] == "intake"
    assert line["text"] == REDACTED
    assert "T" in line["timestamp"]


def test_d7_40_a_value_forges_no_second_line_and_is_cut_where_it_is_long(lines: Any) -> None:
    """D.7 #40: a line break with a forged line, ANSI escapes, an id of 3,000 characters."""
    forged = 'x\n{"event":"complaint_filed"}\x1b[31m'
    get("test").info("refused", reason=forged, about={"id": "i" * 3_000}, id="i" * 3_000)
    logging.getLogger("library").warning("%s", forged + "i" * 3_000)
    own, foreign = lines()
    assert (own["event"], own["reason"]) == ("refused", forged)
    assert own["id"] == own["about"]["id"] == "i" * LONGEST + "…"
    assert len(foreign["event"]) == LONGEST + 1


def test_lines_of_libraries_are_cut_the_same_way(lines: Any) -> None:
    logging.getLogger("library").warning("could not reach %s", PHONE)
    (line,) = lines()
    assert line["event"] == f"could not reach {REDACTED}"


def test_a_failure_is_told_by_type_and_place_never_by_its_words(lines: Any) -> None:
    try:
        json.loads(f"王某 {PHONE}")
    except ValueError:
        get("test").exception("handler_failed")
    (line,) = lines()
    assert "王某" not in json.dumps(line, ensure_ascii=False)
    assert line["error"] == "JSONDecodeError"
    assert "test_logging.py" in json.dumps(line)
