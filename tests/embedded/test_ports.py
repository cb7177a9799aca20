"""Ports are the usual ones as long as nobody else has them."""

from __future__ import annotations

import socket

import pytest

from chuishao import ports
from tests.support.lane import base

BASE = base(29_700)


def test_the_usual_ports_are_used_when_they_are_free() -> None:
    chosen = ports.choose(BASE)
    usual = {
        "console": 0,
        "intake": 1,
        "router": 2,
        "notifier": 3,
        "nats": 22,
        "nats_monitor": 23,
        "postgres": 32,
    }
    assert dict(chosen.by_name) == {name: BASE + offset for name, offset in usual.items()}


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - the case itself
def test_a_taken_port_is_replaced_by_a_free_one_and_the_others_stay(address: str) -> None:
    with socket.create_server((address, BASE + 1)):
        chosen = ports.choose(BASE)
    assert chosen["intake"] != BASE + 1
    assert ports.is_free(chosen["intake"])
    assert chosen["router"] == BASE + 2


def test_further_processes_get_ports_of_their_own() -> None:
    chosen = ports.choose(BASE, {"router": 3, "intake": 2})
    assert ports.process_names("router", 3) == ["router", "router-2", "router-3"]
    numbers = list(chosen.by_name.values())
    assert len(numbers) == len(set(numbers)) == len(ports.OFFSETS) + 3


@pytest.mark.parametrize("base", [0, 80, 65_500])
def test_a_base_without_room_is_refused(base: int) -> None:
    with pytest.raises(ValueError, match="--port-base"):
        ports.choose(base)
