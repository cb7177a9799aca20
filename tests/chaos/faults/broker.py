"""Somebody deletes a consumer of the running broker (A.1 row 23)."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from chuishao.secrets import OPS_USER
from contracts.topology import CONSUMERS
from tests.chaos.faults.fault import Fault, FaultMissedError
from tests.chaos.faults.processes import running
from tests.chaos.mending import RefusedError, api, seed_of

if TYPE_CHECKING:
    from tests.chaos.lab import Lab


class ConsumerDeleted(Fault):
    """A service's durable is gone; nobody but the product puts it back."""

    kind = "consumer_deleted"
    momentary = True

    async def strike(self, lab: Lab, rng: Random) -> dict[str, Any]:
        """Delete one."""
        running(lab, "nats")
        spec = rng.choice(CONSUMERS)
        seed = seed_of(lab.data_dir, OPS_USER)
        try:
            await api(lab.nats_url, seed, f"CONSUMER.DELETE.{spec.stream}.{spec.name}")
        except RefusedError as error:
            raise FaultMissedError(str(error)) from error
        return {"stream": spec.stream, "consumer": spec.name}

    async def heal(self, lab: Lab) -> None:
        """The product's own watchdog has to notice."""
