"""Putting a category model to use, and learning one from the city's own tickets."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from contracts.directory import Category
from contracts.ticket import TicketStatus
from kit import audit
from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from kit.errors import DomainError, Kind, not_found
from kit.logging import get
from services.router.category import model
from services.router.category.labelled import (
    CORRECTED_WEIGHT,
    LABELS,
    LEAST,
    BadExamplesError,
    Example,
)
from services.router.category.model import BadModelError, Model
from services.router.publishing import catalogue, store_model

log = get(__name__)

WORSE_MOST: Final = 0.02
"""Macro-F1 by which a model may be worse than the one in use before somebody has to insist."""
SHOWN: Final = 20
LEARNER: Final = "system:learn"
HISTORY: Final = "--from-history"
FORCE: Final = "--force"
_LAST: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class History:
    """What the tickets teach."""

    examples: list[Example]
    strangers: list[Example]
    """Of categories with too few tickets to learn."""
    left_out: dict[str, int]
    """Those categories, and how many tickets they have."""


async def publish(
    pool: Pool, learned: Model, *, made_from: str, by: str, force: bool = False
) -> int:
    """Store a model as the next version and put it in use; the version, also of one already in use.

    One transaction with its audit row. Raises DomainError when there is no directory, when a label is
    no category of it, and, without `force`, when the model in use scored better by over WORSE_MOST.
    """
    async with reading(pool) as conn:
        categories = await _categories(pool, conn)
    named = replace(learned, labels=codes(learned.labels, categories))
    body = named.to_bytes()
    digest = model.digest(body)
    async with transaction(pool) as conn:
        now = await business_now(conn)
        await store_model.lock(conn)
        used = await store_model.in_use(conn)
        if used is not None and used["digest"] == digest:
            return int(used["version"])
        scores = dict(named.card)
        if used is not None and not force:
            _no_worse(scores["macro_f1"], used["scores"]["macro_f1"])
        newest = await store_model.newest(conn)
        version = newest["version"] + 1 if newest else 1
        await store_model.keep(
            conn, version, now, made_from, digest, list(named.labels), scores["n_train"],
            scores, named.threshold, body,
        )  # fmt: skip
        said = {"digest": digest, "macro_f1": scores["macro_f1"], "forced": force}
        await audit.record(conn, [audit.Entry(now, by, "model.publish", str(version), said)])
    log.info("model_published", version=version)
    return version


async def history(pool: Pool) -> History:
    """Closed tickets by their final category, and those whose category a person decided at the desk.

    The words are masked as everywhere in the router. Raises DomainError while fewer than two
    categories have enough tickets, saying how many there are.
    """
    found: list[Example] = []
    before = _LAST
    async with reading(pool) as conn:
        while rows := await store_model.history(conn, before):
            before = rows[-1]["ticket_id"]
            found += [
                Example(
                    row["title"],
                    row["body"],
                    row["category"],
                    CORRECTED_WEIGHT if row["corrected"] else 1.0,
                )
                for row in rows
                if row["corrected"] or row["status"] == TicketStatus.CLOSED
            ]
    counts = Counter(example.label for example in found)
    if sum(n >= LEAST for n in counts.values()) < LABELS:
        raise _too_few(counts)
    return History(
        [example for example in found if counts[example.label] >= LEAST],
        [example for example in found if counts[example.label] < LEAST],
        {label: n for label, n in sorted(counts.items()) if n < LEAST},
    )


async def learn_history(pool: Pool, *, target: float, by: str, force: bool) -> dict[str, Any]:
    """Learn from the tickets, measure, put to use; the report. Raises DomainError.

    `not_stored` in the report says why a model that was learned is not used.
    """
    from services.router.category.learning import Task, learn  # what serves needs no scikit-learn

    known = await history(pool)
    task = Task(known.examples, target=target, strangers=known.strangers)
    learned = await asyncio.to_thread(learn, task, _quiet)
    report = learned.scores | {"made_from": "history", "left_out": known.left_out, "version": None}
    try:
        report["version"] = await publish(
            pool, learned.model, made_from="history", by=by, force=force
        )
    except DomainError as refused:
        report["not_stored"] = f"{refused.zh} / {refused.en}"
    return report


def _quiet(*_: object) -> None:
    """Nobody watches."""


def codes(labels: Iterable[str], categories: Iterable[Category]) -> tuple[str, ...]:
    """The category code of each label, which is a code or a name only one category has.

    Raises DomainError 422 that lists the labels the directory does not know.
    """
    rows = list(categories)
    known = {row.code: row.code for row in rows}
    names = Counter(row.name for row in rows)
    known = {row.name: row.code for row in rows if names[row.name] == 1} | known
    wanted = tuple(labels)
    meant = [known.get(label) for label in wanted]
    found = tuple(code for code in meant if code is not None)
    twice = Counter(found)
    unknown = [
        label for label, code in zip(wanted, meant, strict=True) if code is None or twice[code] > 1
    ]
    if unknown:
        listed = "、".join(unknown[:SHOWN])
        raise DomainError(
            "labels-unknown",
            Kind.INVALID,
            field="label",
            zh=f"未启用：名录中没有这些类别（或重名）：{listed}；请改用名录的类别代码或名称。",
            en=f"Not put in use: the directory has no such categories (or twice): {listed}; "
            "use its codes or names.",
        )
    return found


async def _categories(pool: Pool, conn: Conn) -> list[Category]:
    known = await catalogue.in_force(conn)
    found = await catalogue.part(pool, known["version"], "categories", None) if known else None
    if found is None:
        raise not_found("名录版本", "directory version")
    return [Category.model_validate(row) for row in orjson.loads(found[1])]


def _no_worse(new: float, used: float) -> None:
    if new < used - WORSE_MOST:
        raise DomainError(
            "model-worse",
            Kind.CONFLICT,
            zh=f"未启用：宏平均 F1 {new} 低于现用模型的 {used}；确要启用请加 --force。",
            en=f"Not put in use: macro-F1 {new} against {used} of the model in use; "
            "--force to use it nevertheless.",
        )


def _too_few(counts: Counter[str]) -> DomainError:
    listed: Any = "、".join(f"{label} {n}" for label, n in counts.most_common(SHOWN)) or "0"
    return DomainError(
        "history-too-small",
        Kind.CONFLICT,
        zh=f"可学的工单太少：至少要有 {LABELS} 类各 {LEAST} 件；现有：{listed}。",
        en=f"Too few tickets to learn from: {LABELS} categories with {LEAST} each are needed; "
        f"there are: {listed}.",
    )


async def program(pool: Pool, words: Sequence[str]) -> dict[str, Any]:
    """`learn MODEL` or `learn --from-history TARGET`, with `--force` behind; `refused` says why not."""
    force = FORCE in words
    try:
        if words[0] == HISTORY:
            return await learn_history(pool, target=float(words[1]), by=LEARNER, force=force)
        path = Path(words[0])
        learned = model.from_bytes(await asyncio.to_thread(path.read_bytes))
        version = await publish(pool, learned, made_from=path.name, by=LEARNER, force=force)
    except DomainError as refused:
        return {"refused": f"{refused.zh} / {refused.en}"}
    except (BadExamplesError, BadModelError) as refused:
        return {"refused": str(refused)}
    return {"version": version}
