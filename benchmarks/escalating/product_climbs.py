"""Escalations a second: a pile of tickets nobody signed, and the clock moved past their sign-for limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from benchmarks.product import Product

WAIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Escalations:
    """How many rungs were raised, how fast, and whether any was raised twice."""

    raised: int
    per_s: float
    twice: int


async def escalations(tickets: int) -> Escalations:
    """File, move a simulated clock by two days, and wait until level 1 was raised for every ticket."""
    product = Product("--simulated")
    await product.start()
    conn = await asyncpg.connect(product.info["postgres"])
    try:
        filed = (await product.batch("fill", lines=tickets)).tickets
        now = await conn.fetchval("select chuishao.business_now()")
        began = time.perf_counter()
        await conn.execute("select chuishao.set_business_clock($1)", now + timedelta(days=2))
        raised = 0
        while raised < filed and time.perf_counter() - began < WAIT_S:
            raised = await conn.fetchval("select count(*) from notifier.escalation where level = 1")
        seconds = time.perf_counter() - began
        twice = await conn.fetchval(
            "select count(*) from (select from notifier.escalation"
            " group by ticket_id, round, level having count(*) > 1) as repeated"
        )
        return Escalations(raised, raised / seconds, twice)
    finally:
        await conn.close()
        await product.stop()
