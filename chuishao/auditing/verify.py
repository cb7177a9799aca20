"""`chuishao audit verify`: the chains in parts on all cores, the whole of it in constant memory.

A part starts behind a stored hash, which the part before has checked: parts know nothing of each other and
together say what one walk would.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final

from chuishao.auditing.place import AuditPlace
from chuishao.bars import Tell
from kit.chain.anchor import Judgement
from kit.chain.fault import WORDS, Fault, Wrong
from kit.chain.verifying import Report, finish, judged, last_link, opened, walk

PART: Final = 25_000
MOST_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a chain, and what anchors say of it."""

    dsn: str
    service: str
    first: int
    last: int
    anchored: Mapping[int, bytes]


Found = tuple[int, list[Fault], Counter[Wrong]]
"""Rows, faults that are named, and how many there are of each kind."""


def walk_part(part: Part) -> Found:
    """Verify one part in a process of its own."""
    return asyncio.run(_walk(part))


async def _walk(part: Part) -> Found:
    conn = await opened(part.dsn, part.service)
    try:
        going = await walk(conn, part.service, part.first, part.last, part.anchored)
    finally:
        await conn.close()
    return going.rows, going.faults, going.kinds


Run = Callable[[list[Part]], Iterable[Found]]


def verify_all(place: AuditPlace, services: Sequence[str], first: int, tell: Tell) -> list[Report]:
    """Verify the chains from link `first` on.

    Raises NoAnchorKeyError, and OSError or asyncpg's errors without a server.
    """
    for service in services:
        place.public_key(service)  # a missing one is said before anything is read
    with _workers() as run:
        return [_verify(place, service, first, run, tell) for service in services]


def _verify(place: AuditPlace, service: str, first: int, run: Run, tell: Tell) -> Report:
    report = Report(service)
    last, verdict = asyncio.run(_begin(place, report))
    anchored = verdict.anchored if verdict else {}
    parts = [
        Part(place.dsn, service, a, b, {n: anchored[n] for n in anchored if a <= n <= b})
        for a in range(first, last + 1, PART)
        for b in (min(a + PART - 1, last),)
    ]
    named: list[Fault] = []
    for rows, faults, kinds in run(parts):
        report.rows += rows
        report.kinds += kinds
        named += faults
        tell(service, report.rows, max(0, last - first + 1))
    report.faults += sorted(named, key=lambda fault: fault.seq)
    asyncio.run(_end(place, report, last, verdict))
    return report


async def _begin(place: AuditPlace, report: Report) -> tuple[int, Judgement | None]:
    conn = await opened(place.dsn, report.service)
    try:
        verdict = None
        key = place.public_key(report.service)
        if key is not None:
            verdict, report.anchors = await judged(conn, report.service, place.copies, key)
            report.add(verdict.faults)
        return await last_link(conn), verdict
    finally:
        await conn.close()


async def _end(place: AuditPlace, report: Report, last: int, verdict: Judgement | None) -> None:
    conn = await opened(place.dsn, report.service)
    try:
        await finish(conn, report, last, verdict)
    finally:
        await conn.close()


@contextmanager
def _workers() -> Iterator[Run]:
    """One part here; several in as many processes as there are processors."""
    pool: ProcessPoolExecutor | None = None

    def run(parts: list[Part]) -> Iterable[Found]:
        nonlocal pool
        if len(parts) <= 1:
            return map(walk_part, parts)
        if pool is None:
            pool = ProcessPoolExecutor(min(os.cpu_count() or 1, 8), get_context("spawn"))
        waiting: list[Future[Found]] = [pool.submit(walk_part, part) for part in parts]
        return (done.result() for done in as_completed(waiting))

    try:
        yield run
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def told(reports: Sequence[Report]) -> dict[str, Any]:
    """For `--json`."""
    return {
        "ok": not any(report.found for report in reports),
        "services": [
            {
                "service": report.service,
                "rows": report.rows,
                "anchors": report.anchors,
                "faults": report.found,
                "kinds": {wrong.value: n for wrong, n in report.kinds.items() if n},
                "first": [fault.told() for fault in report.faults[:MOST_TOLD]],
            }
            for report in reports
        ],
    }


def show(reports: Sequence[Report], echo: Callable[[str], None]) -> None:
    """Say what was found, the first bad row first."""
    for report in reports:
        echo(
            f"{report.service}: {report.rows:,} 条审计记录 records, {report.anchors:,} 个锚点 anchors,"
            f" {report.found:,} 处问题 faults"
        )
        for fault in report.faults[:MOST_TOLD]:
            zh, en = WORDS[fault.wrong]
            where = f"#{fault.seq} " if fault.seq else ""
            echo(f"  ! {where}{fault.about}\n    {zh}\n    {en}")
        if report.found > MOST_TOLD:
            echo(f"  … 共 {report.found:,} 处 in all")
    good = not any(report.found for report in reports)
    echo(
        "审计链完整 / every chain holds"
        if good
        else "审计链有问题，见上面带 ! 的行 / a chain does not hold; see the lines with !"
    )
