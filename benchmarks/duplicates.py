"""Likely duplicates among a million complaints: what a question costs, and how often it finds its matter.

By itself: `python -m benchmarks.duplicates [COMPLAINTS]`.
"""

from __future__ import annotations

import random
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
import uvloop
from rich.console import Console

from benchmarks.http1 import Connection
from benchmarks.product import Product, percentiles
from benchmarks.said import Said, Speaker
from chuishao.directory import SAMPLE_DIRECTORY
from kit.db import create_pool
from kit.masking import mask
from services.intake import likeness, store_alike
from services.intake.searching import TEXT_LENGTH, traces
from services.intake.whereabouts import PlaceNames
from services.router.directory import files

MILLION: Final = 1_000_000
QUESTIONS: Final = 500
SPAN: Final = timedelta(days=365)
WINDOW: Final = timedelta(days=30)
STEP: Final = 10_000
SEED: Final = 20
FIRST: Final = 5
CALLERS: Final = 50
TABLES: Final = {
    "intake.complaint": (
        "complaint_id", "number", "channel", "kind", "title", "body", "address", "confidential",
        "fingerprint", "filed_by", "received_at",
    ),
    "intake.complaint_mark": ("mark", "complaint_id"),
    "intake.ticket_view": ("complaint_id", "status", "unit", "round", "version", "category"),
    "vault.requester": ("complaint_id", "key_version", "wrapped_key", "box", "phone_index"),
}  # fmt: skip


@dataclass(slots=True)
class Hints:
    """What was measured; milliseconds by percentile."""

    stored: int
    http_ms: dict[str, float] = field(default_factory=dict)
    sql_ms: dict[str, float] = field(default_factory=dict)
    found_in_first_five: float = 0.0
    """Share of the questions about a stored matter that show it among their first five."""


class Past:
    """Made-up complaints of a year, evenly spread up to now."""

    def __init__(self, size: int) -> None:
        tables = files.read(SAMPLE_DIRECTORY)
        rows = {part: [row.model_dump(mode="json") for row in tables[part]] for part in tables}
        self.names = PlaceNames(rows["areas"], rows["places"])
        self.size = size
        self._speaker = Speaker(SEED, [row["name"] for row in rows["places"]])
        self._end = datetime.now(UTC)

    def at(self, n: int) -> datetime:
        """When the n-th was received."""
        return self._end - SPAN * (1 - n / self.size)

    def id(self, n: int) -> UUID:
        """Its id: version 7 of that moment."""
        stamp = int(self.at(n).timestamp() * 1000)
        return UUID(int=(stamp << 80) | (7 << 76) | (2 << 62) | n)

    def said(self, n: int) -> Said:
        """What was said."""
        return self._speaker.say(n)

    def again(self, n: int) -> Said:
        """The same matter, reported by somebody else."""
        return self._speaker.again(self.said(n), n)

    def rows(self, n: int) -> dict[str, list[tuple[Any, ...]]]:
        """What intake's tables hold of the n-th, as it files (services/intake/filing.py)."""
        said, about, at = self.said(n), self.id(n), self.at(n)
        text, number = mask(said.text), f"D{n:011d}"
        kept = likeness.marks(likeness.plain(f"{said.title or ''} {text}"), likeness.KEPT)
        where = self.names.where(said.address, text)
        kept += [likeness.mark_of(*mark) for mark in where.marks()]
        return {
            "intake.complaint": [
                (about, number, "import", "complaint", said.title, text, said.address, False, n, "bench", at)
            ],
            "intake.complaint_mark": [
                (key, about) for key in likeness.keys({*kept}, likeness.period(at))
            ],
            "intake.ticket_view": [(about, "closed", "SZ", 1, 6, said.category)],
            "vault.requester": [(about, 1, b"k" * 60, b"b" * 200, uuid.uuid4().bytes * 2)],
        }  # fmt: skip


async def fill(dsn: str, past: Past) -> None:
    """Store all of them."""
    conn = await asyncpg.connect(dsn)
    try:
        for first in range(0, past.size, STEP):
            made = [past.rows(n) for n in range(first, min(first + STEP, past.size))]
            for table, columns in TABLES.items():
                schema, _, name = table.partition(".")
                await conn.copy_records_to_table(
                    name,
                    schema_name=schema,
                    columns=columns,
                    records=[row for rows in made for row in rows[table]],
                )
        for table in TABLES:
            await conn.execute(f"vacuum analyze {table}")
        await conn.execute("checkpoint")
    finally:
        await conn.close()


async def ask(product: Product, past: Past) -> Hints:
    """500 questions one after the other: half about a matter of the last month, half about a new one."""
    hints = Hints(past.size)
    asked = list(_questions(past))
    head = f"Authorization: Bearer {product.info['tokens']['operator']}\r\n"
    connection = await Connection.open(product.info["intake"])
    callers = {body["phone"] for _, body in asked if "phone" in body}
    for phone in callers:
        await _file(connection, head, phone)
    times, found = [], []
    for about, body in asked:
        began = time.perf_counter()
        status, answer = await connection.post(
            "/v1/complaints/duplicates",
            f"{head}Content-Type: application/json\r\n",
            orjson.dumps(body),
        )
        times.append(time.perf_counter() - began)
        assert status == 200, (status, answer)  # noqa: S101, PLR2004 - a benchmark of errors means nothing
        items = orjson.loads(answer)["items"]
        if about is not None:
            found.append(str(past.id(about)) in {item["complaint_id"] for item in items})
    connection.close()
    hints.http_ms = percentiles(times)
    hints.found_in_first_five = sum(found) / len(found)
    hints.sql_ms = percentiles(await _sql(product.info["postgres"], past, [b for _, b in asked]))
    return hints


def _questions(past: Past) -> Iterator[tuple[int | None, dict[str, Any]]]:
    rng = random.Random(SEED)  # noqa: S311 - varied, not secret
    recent = int(past.size * (1 - WINDOW / SPAN)) + 1
    for n in range(QUESTIONS):
        about = rng.randrange(recent, past.size) if n % 2 else None
        said = past.said(past.size + n) if about is None else past.again(about)
        body: dict[str, Any] = {"text": said.text, "address": said.address, "limit": FIRST}
        if said.title:
            body["title"] = said.title
        if n % (QUESTIONS // CALLERS) == 0:
            body["phone"] = said.phone
        yield about, body


async def _file(connection: Connection, head: str, phone: str) -> None:
    body = {
        "channel": "hotline",
        "kind": "complaint",
        "text": "想反映另外一件事情",
        "requester": {"phone": phone},
    }
    keyed = f"{head}Content-Type: application/json\r\nIdempotency-Key: {uuid.uuid4()}\r\n"
    status, answer = await connection.post("/v1/complaints", keyed, orjson.dumps(body))
    assert status == 201, (status, answer)  # noqa: S101, PLR2004 - a benchmark of errors means nothing


async def _sql(dsn: str, past: Past, asked: Sequence[dict[str, Any]]) -> list[float]:
    now = datetime.now(UTC)
    times = []
    pool = await create_pool(dsn, None, "intake", size=1)
    async with pool.acquire() as conn:
        for body in asked:
            words = likeness.plain(f"{body.get('title', '')} {body['text']}")
            where = past.names.where(body["address"], body["text"])
            looked_for = traces(words, where, now - WINDOW, now, caller=[b"nobody"])
            began = time.perf_counter()
            await store_alike.alike(conn, looked_for, now - WINDOW, TEXT_LENGTH)
            times.append(time.perf_counter() - began)
    await pool.close()
    return times


async def main(size: int) -> None:
    """This stage alone."""
    console, product, past = Console(), Product(), Past(size)
    await product.start()
    try:
        console.print(f"filling {size:,} complaints …")
        await fill(product.info["postgres"], past)
        console.print(await ask(product, past))
    finally:
        await product.stop()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else MILLION))
