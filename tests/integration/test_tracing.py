"""What a collector of traces is told: that something failed and where, never what anybody said."""

from __future__ import annotations

import pytest

from contracts.catalog import BY_NAME, command_subject, subject
from contracts.command import ACTIONS
from kit.tracing import KINDS, OTHER, message_kind, tracer_provider
from tests.support.collector import collecting


def test_a_span_tells_the_type_of_what_failed_and_none_of_its_words() -> None:
    with collecting() as collector:
        provider = tracer_provider("router", collector.endpoint)
        tracer = provider.get_tracer("test")
        with tracer.start_as_current_span("ticket.accepted.SZ process", attributes={"id": "01a2"}):
            pass
        with (
            pytest.raises(ValueError, match="灯坏了"),
            tracer.start_as_current_span("cmd.accept.SZ process"),
        ):
            raise ValueError("灯坏了，电话19907130001")
        provider.shutdown()
        known = ("chuishao-router", "ticket.accepted.SZ process", "01a2", "cmd.accept.SZ process")
        assert all(collector.holds(text) for text in (*known, "ValueError"))
        assert not collector.holds("灯坏了")
        assert not collector.holds("19907130001")


def test_a_message_is_counted_by_its_kind_whoever_it_is_for_and_wherever() -> None:
    names = [name for name in BY_NAME if not name.startswith("directory")]
    several = {
        message_kind(subject(name, to=to, area=area))
        for name in names
        for to, area in (("GT-001", "370105001008003"), ("SJ", None))
    }
    assert several == set(names)
    assert {message_kind(command_subject(action, "SJ")) for action in ACTIONS} <= KINDS
    strange = ("_INBOX.a.b", "cmd.made-up.SJ", "_R_.x", "ticket", "")
    assert {message_kind(one) for one in strange} == {OTHER}
