"""How every service is, asked when somebody looks: what each says for everybody on `/readyz` and `/metrics`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import httpx
import orjson
from fastapi import FastAPI, Response
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from pydantic import AwareDatetime, BaseModel

from kit.auth import allow
from kit.clock import business_now
from kit.db import Pool, reading
from kit.http import reply
from services.console.forwarding import Forwarder

ASK_S: Final = 2.0
HERE: Final = "console"
BEGAN: Final = "began_at"
FIGURES: Final = {
    "chuishao_outbox_pending": "outbox",
    "chuishao_outbox_age_seconds": "outbox_age_s",
    "chuishao_dead_letters": "dead_letters",
    "chuishao_audit_waiting": "audit_waiting",
    "chuishao_audit_lag_seconds": "audit_lag_s",
    "chuishao_requests_waiting": "requests_waiting",
    "chuishao_published_total": "published",
    "chuishao_publish_failed_total": "publish_failed",
    "chuishao_turned_away_total": "turned_away",
    "chuishao_contacts_stale": "contacts_stale",
    "chuishao_coverage_open_cells": "coverage_open",
    "chuishao_live_streams": "live_streams",
    "chuishao_live_seq": "live_seq",
    "process_start_time_seconds": BEGAN,
    "process_resident_memory_bytes": "memory_bytes",
    "process_cpu_seconds_total": "cpu_s",
}
"""By the metric's sample: what it is called here; samples that differ by label alone are added."""
CONSUMED: Final = "chuishao_consumed_total"
_SHOWN: Final = (*FIGURES, CONSUMED)
"""Beginnings of lines. The others, most of them of histograms, would hold up this process's streams for long."""


class ServiceStanding(BaseModel):
    """One service, as the replica said it that answered."""

    name: str
    reached: bool
    ready: bool
    ms: float
    """How long its answer took."""
    checks: dict[str, bool]
    details: dict[str, Any]
    figures: dict[str, float]
    consumers: dict[str, dict[str, float]]
    """By durable: messages by what became of them, since the process began."""


class Standing(BaseModel):
    """Every service, asked at the same moment."""

    now: AwareDatetime
    services: list[ServiceStanding]


def add_status(app: FastAPI, pool: Pool, forwarder: Forwarder) -> None:
    """Add the route; asked are the owners behind the forwarder, and this process itself."""
    own = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{HERE}")

    @app.get(
        "/api/v1/services",
        tags=["views"],
        dependencies=[allow("admin")],
        responses={200: {"model": Standing}},
    )
    async def services() -> Response:
        """Every service: whether it is ready, and what it says of itself; one that is silent is said to be."""
        found = await asyncio.gather(
            *(_ask(name, client) for name, client in {**forwarder.services, HERE: own}.items())
        )
        async with reading(pool) as conn:
            now = await business_now(conn)
        return reply(Standing(now=now, services=found))


async def _ask(name: str, client: httpx.AsyncClient) -> ServiceStanding:
    began = time.perf_counter()
    said: dict[str, Any] = {}
    samples: list[Sample] = []
    try:
        async with asyncio.timeout(ASK_S):
            answer = await client.get("/readyz")
            took_s = time.perf_counter() - began
            said = orjson.loads(answer.content)
            async with client.stream("GET", "/metrics") as page:
                samples = shown(
                    [line async for line in page.aiter_lines() if line.startswith(_SHOWN)]
                )
    except (httpx.HTTPError, TimeoutError, ValueError):
        took_s = time.perf_counter() - began
    return ServiceStanding(
        name=name,
        reached=bool(said),
        ready=said.get("status") == "ready",
        ms=round(took_s * 1000, 1),
        checks=said.get("checks", {}),
        details={one: told for one, told in said.items() if one not in {"status", "checks"}},
        figures=figures(samples),
        consumers=consumers(samples),
    )


def shown(lines: Sequence[str]) -> list[Sample]:
    """The samples in lines of a page of metrics."""
    families = text_string_to_metric_families("".join(f"{line}\n" for line in lines))
    return [sample for family in families for sample in family.samples]


def figures(samples: Iterable[Sample]) -> dict[str, float]:
    """Those of a service's figures that say how it is."""
    found: dict[str, float] = {}
    for sample in samples:
        if name := FIGURES.get(sample.name):
            found[name] = found.get(name, 0.0) + sample.value
    if BEGAN in found:
        found["up_s"] = max(0.0, time.time() - found.pop(BEGAN))
    return found


def consumers(samples: Iterable[Sample]) -> dict[str, dict[str, float]]:
    """Of each durable: messages by outcome."""
    found: dict[str, dict[str, float]] = {}
    for sample in samples:
        if sample.name == CONSUMED:
            by_outcome = found.setdefault(sample.labels["consumer"], {})
            by_outcome[sample.labels["outcome"]] = sample.value
    return found
