"""How often a message was delivered, read off both forms of its reply subject."""

from __future__ import annotations

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from kit.puller import deliveries


@pytest.mark.parametrize(
    ("reply", "count"),
    [
        ("$JS.ACK.TICKETS.notifier-tickets.1.10.11.1700000000000000000.0", 1),
        ("$JS.ACK.TICKETS.notifier-tickets.12.10.11.1700000000000000000.5", 12),
        ("$JS.ACK._.HASH.TICKETS.notifier-tickets.3.10.11.1700000000000000000.5", 3),
        ("$JS.ACK.hub.HASH.TICKETS.notifier-tickets.4.10.11.1700000000000000000.5.RAND", 4),
    ],
)
def test_it_is_what_the_library_says(reply: str, count: int) -> None:
    message = Msg(_client=Client(), reply=reply)
    assert deliveries(message) == count == message.metadata.num_delivered
