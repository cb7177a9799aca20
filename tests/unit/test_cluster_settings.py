"""How an installation on a cluster of brokers is told so."""

from __future__ import annotations

import pytest

from contracts.topology import STREAMS
from kit.broker import servers
from kit.provision import stream_config


@pytest.mark.parametrize(("text", "copies"), [(None, 1), ("1", 1), ("3", 3), ("5", 5)])
def test_streams_are_kept_on_as_many_servers_as_is_said(
    monkeypatch: pytest.MonkeyPatch, text: str | None, copies: int
) -> None:
    monkeypatch.delenv("CHUISHAO_STREAM_REPLICAS", raising=False)
    if text is not None:
        monkeypatch.setenv("CHUISHAO_STREAM_REPLICAS", text)
    assert {stream_config(spec)["num_replicas"] for spec in STREAMS} == {copies}


@pytest.mark.parametrize("text", ["", "0", "2", "4", "7", "three"])
def test_a_number_of_copies_that_makes_nothing_safer_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("CHUISHAO_STREAM_REPLICAS", text)
    with pytest.raises(ValueError, match="1, 3 or 5"):
        stream_config(STREAMS[0])


def test_servers_of_a_cluster_are_named_with_commas_between() -> None:
    assert servers("nats://a:1") == ["nats://a:1"]
    assert servers("nats://a:1,nats://b:2") == ["nats://a:1", "nats://b:2"]
