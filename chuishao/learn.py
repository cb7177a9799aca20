"""`chuishao learn`: a category model from labelled texts, what it scores, and where it went."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from chuishao import running
from chuishao.bars import bar
from chuishao.service_program import ask
from services.router.category import labelled
from services.router.category.learning import Learned, Task, learn
from services.router.category.model import digest

_FIGURES: Final = (
    ("macro_f1", "宏平均 F1 / macro-F1"),
    ("accuracy", "正确率 / accuracy"),
    ("threshold", "把握门槛 / threshold"),
    ("precision_at_threshold", "门槛以上的准确率 / precision at threshold"),
    ("coverage_at_threshold", "门槛以上的比例 / coverage at threshold"),
    ("us_per_text", "每条微秒数 (中位) / µs per text, median"),
    ("n_train", "训练条数 / texts learned from"),
    ("n_extra", "补充词表条数 / extra word lists"),
    ("n_test", "检验条数 / texts measured on"),
    ("measured_on", "检验于 / measured on"),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked: a file to learn from, or the city's own tickets where there is none."""

    file: Path | None
    test: Path | None
    also: Path | None
    target: float
    force: bool
    data_dir: Path


def run(wish: Wish) -> dict[str, Any]:
    """Learn, store where an installation runs, and return the report.

    Raises BadExamplesError for files it cannot learn from, OSError for those it cannot read,
    RuntimeError when the tickets are too few.
    """
    if wish.file is None:
        words = ("learn", "--from-history", str(wish.target), *_forced(wish))
        with bar() as tell:
            report: dict[str, Any] = ask(wish.data_dir, words, tell)
        if "refused" in report:
            raise RuntimeError(report["refused"])
        return report
    began = datetime.now(UTC)
    task = _task(wish)
    with bar() as progress:
        learned = learn(task, progress)
    body = learned.model.to_bytes()
    report = {
        **learned.scores,
        "made_at": began.isoformat(timespec="seconds"),
        "made_from": wish.file.name,
        "digest": digest(body),
        "size_bytes": len(body),
        "version": None,
    }
    return report | _kept(wish, learned)


def show(report: Mapping[str, Any]) -> None:
    """Print the report for people."""
    console = Console(highlight=False)
    figures = Table("", "", show_header=False)
    for key, name in _FIGURES:
        if key in report:
            figures.add_row(name, str(report[key]))
    console.print(figures)
    labels = Table("类别 / label", "准确 / precision", "召回 / recall", "F1", "n")
    for label, scores in report["labels"].items():
        labels.add_row(label, *(str(scores[key]) for key in ("precision", "recall", "f1", "n")))
    console.print(labels)
    if report.get("version"):
        console.print(f"已启用第 {report['version']} 版模型 / model {report['version']} is in use")
    elif report.get("not_stored"):
        console.print(report["not_stored"], markup=False)


def _task(wish: Wish) -> Task:
    """Read and check the files named. Raises BadExamplesError, OSError."""
    assert wish.file is not None  # noqa: S101 - the caller saw to it
    examples = labelled.read(wish.file.name, wish.file.read_bytes())
    labelled.enough(wish.file.name, examples)
    labels = {example.label for example in examples}
    test = None
    if wish.test is not None:
        test = labelled.read(wish.test.name, wish.test.read_bytes())
        labelled.strangers(wish.test.name, test, sorted(labels))
    if wish.also is not None:
        extra = labelled.read_tokens(wish.also.name, wish.also.read_bytes())
        labelled.strangers(wish.also.name, extra, sorted(labels))
        examples += extra
    return Task(examples, test, wish.target)


def _kept(wish: Wish, learned: Learned) -> dict[str, Any]:
    """Store the model in the running installation; `not_stored` says why where it is not."""
    if not running.is_running(wish.data_dir):
        return {}
    assert wish.file is not None  # noqa: S101 - the caller saw to it
    with tempfile.TemporaryDirectory(prefix="chuishao-model-") as folder:
        path = Path(folder) / wish.file.name
        path.write_bytes(learned.model.to_bytes())
        with bar() as tell:
            answer = ask(wish.data_dir, ("learn", str(path), *_forced(wish)), tell)
    return {"not_stored": answer["refused"]} if "refused" in answer else answer


def _forced(wish: Wish) -> tuple[str, ...]:
    return ("--force",) if wish.force else ()


def as_json(report: Mapping[str, Any]) -> str:
    """The report as one JSON object."""
    return json.dumps(report, ensure_ascii=False, indent=1)
