"""What a collector of traces is told: that something failed and where, never what anybody said."""

from __future__ import annotations

import pytest

from kit.tracing import tracer_provider
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
