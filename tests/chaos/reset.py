"""A durable that is deleted and made anew offers everything again: what the inbox is for (A.1 row 10)."""

from __future__ import annotations

import random
from typing import Any

import orjson

from contracts.topology import ConsumerSpec
from kit.accounts import OPS_USER
from kit.broker import connect
from kit.provision import consumer_config
from tests.chaos.faults.fault import FaultMissedError
from tests.chaos.site import Site
from tests.chaos.streams import ops_seed


class ConsumerReset:
    """One durable of a service forgets how far it was."""

    momentary = True

    def __init__(self, kind: str, *specs: ConsumerSpec) -> None:
        self.kind = kind
        self._specs = specs

    def needs(self) -> str | None:
        """Nothing."""
        return None

    async def strike(self, lab: Site, rng: random.Random) -> dict[str, Any]:
        """Delete it and make it again before its service notices. Raises FaultMissedError."""
        spec = rng.choice(self._specs)
        client = await connect(lab.info["nats"], ops_seed(lab), name=OPS_USER)
        try:
            name = f"{spec.stream}.{spec.name}"
            body = {"stream_name": spec.stream, "config": consumer_config(spec)}
            gone = await client.request(f"$JS.API.CONSUMER.DELETE.{name}", timeout=5)
            made = f"$JS.API.CONSUMER.DURABLE.CREATE.{name}"
            reply = await client.request(made, orjson.dumps(body), timeout=5)
        finally:
            await client.close()
        if b'"error"' in gone.data:
            raise FaultMissedError(gone.data.decode())
        assert b'"error"' not in reply.data, reply.data
        return {"consumer": spec.name}

    async def heal(self, lab: Site) -> None:
        """It goes on from its beginning by itself."""
