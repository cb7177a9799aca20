"""The nightly coverage proof of the version in force: proved off the loop, kept, and said when it changes."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date, datetime, time, timedelta
from time import sleep
from typing import Any, Final

import orjson
from asyncpg import Record

from contracts.publication import CoverageGap, DirectoryCoverage
from kit import audit, outbox
from kit.city_time import CITY_TIME
from kit.clock import business_now
from kit.db import Pool, reading, transaction
from kit.logging import get
from kit.outbox import Outgoing, outgoing
from services.router.directory.directory import Directory
from services.router.publishing import coverage, store_directory
from services.router.publishing.proof import Gap, Proof
from services.router.ticket.routing import BY_ROUTER, SERVICE

log = get(__name__)

NIGHTLY: Final = time(2, 0)
"""City time at which a night's proof is due (domain.md F6)."""
REST_S: Final = 0.002
SAID_GAPS: Final = 20
SAID_CATEGORIES: Final = 10


def night_of(now: datetime) -> date:
    """The night whose proof is due at a moment: today's from two o'clock on, before that yesterday's."""
    local = now.astimezone(CITY_TIME)
    return local.date() if local.time() >= NIGHTLY else local.date() - timedelta(days=1)


async def prove_tonight(pool: Pool, directory: Directory) -> list[Outgoing] | None:
    """Prove this night if nobody has; the events that were said, None where there was nothing to do.

    One replica proves; if it dies at it, another one begins anew half an hour later.
    """
    async with reading(pool) as conn:
        now = await business_now(conn)
        night = night_of(now)
        if await store_directory.proved_on(conn, night):
            return None
    async with transaction(pool) as conn:
        if not await store_directory.claim_proof(conn, night, directory.version):
            return None
    proof, body = await asyncio.to_thread(_proved, directory, now)
    async with transaction(pool) as conn:
        before = await store_directory.last_proof(conn)
        events = _news(proof, before)
        await store_directory.keep_proof(
            conn, night, proof.version, now, proof.whole, proof.open_cells, _fingerprint(proof), body
        )  # fmt: skip
        await outbox.append(conn, events)
        detail = {"night": night.isoformat(), "open_cells": proof.open_cells}
        entry = audit.Entry(now, BY_ROUTER, "directory.prove", str(proof.version), detail)
        await audit.record(conn, [entry])
    log.info("coverage_proved", version=proof.version, open_cells=proof.open_cells)
    return events


def _proved(directory: Directory, now: datetime) -> tuple[Proof, str]:
    proof = coverage.prove(directory, now, _rest)
    return proof, orjson.dumps(proof.view()).decode()


def _rest() -> None:
    """Let the event loop have the interpreter: waiting for it to be taken away costs five milliseconds."""
    sleep(REST_S)


def _fingerprint(proof: Proof) -> str:
    """Equal for two proofs with the same gaps, whatever the day."""
    gaps = sorted((g.kind, g.categories, g.unit, g.community, g.grids) for g in proof.gaps)
    return hashlib.sha256(orjson.dumps(gaps)).hexdigest()


def _news(proof: Proof, before: Record | None) -> list[Outgoing]:
    """Said when it breaks, when it is broken otherwise than the night before, and when it is whole again."""
    if proof.whole:
        name = "directory.covered" if before is not None and not before["whole"] else None
    else:
        same = before is not None and before["fingerprint"] == _fingerprint(proof)
        name = None if same else "directory.uncovered"
    if name is None:
        return []
    data = DirectoryCoverage(
        version=proof.version,
        grids=proof.grids,
        categories=proof.categories,
        open_cells=proof.open_cells,
        gaps=tuple(_said(gap) for gap in proof.gaps[:SAID_GAPS]),
        at=proof.at,
    )
    return [outgoing(name, data, source=SERVICE, about=str(proof.version), at=proof.at)]


def _said(gap: Gap) -> CoverageGap:
    return CoverageGap(
        categories=gap.categories[:SAID_CATEGORIES],
        unit=gap.unit,
        community=gap.community,
        area=gap.examples[0],
        grids=gap.grids,
        day=gap.day,
    )


async def last(pool: Pool) -> dict[str, Any] | None:
    """The newest proof as it was kept, with its night; None before the first."""
    async with reading(pool) as conn:
        row = await store_directory.last_proof(conn)
    if row is None:
        return None
    body: dict[str, Any] = orjson.loads(row["body"])
    return {"night": row["day"].isoformat(), **body}
