"""What a service asks of NATS when it starts: its durables are set as the topology says.

A server keeps an existing durable as it is, whatever a client says when it binds (reliability.md C 7): one
that gives up after five deliveries would lose messages quietly. `kit.provision` mends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson
from nats.aio.client import Client
from nats.errors import Error as NatsError

from contracts.topology import ConsumerSpec
from kit.logging import get
from kit.provision import differences

log = get(__name__)

ASK_S: Final = 5.0


class WrongDurableError(RuntimeError):
    """A durable is missing or set in another way; `chuishao provision` makes it right."""


async def refuse_wrong_durables(client: Client, specs: Sequence[ConsumerSpec]) -> None:
    """Raise WrongDurableError; a server that does not answer now is left to the watchdog."""
    for spec in specs:
        subject = f"$JS.API.CONSUMER.INFO.{spec.stream}.{spec.name}"
        try:
            reply = await client.request(subject, b"", timeout=ASK_S)
        except (NatsError, TimeoutError) as error:
            log.warning("consumer_unknown", consumer=spec.name, error=type(error).__name__)
            continue
        live = orjson.loads(reply.data).get("config")
        wrong = ["missing"] if live is None else differences(live, spec)
        if wrong:
            log.error("consumer_wrong", consumer=spec.name, settings=wrong)
            message = f"consumer {spec.name}: {', '.join(wrong)}; run `chuishao provision`"
            raise WrongDurableError(message)
