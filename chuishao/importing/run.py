"""One import from its file to its last answered line; stopped in the middle it can go on from there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from chuishao.bars import Tell
from chuishao.importing.body import Line, Refusal, key
from chuishao.importing.checking import check
from chuishao.importing.columns import Columns, UnreadableFileError, read_header
from chuishao.importing.encoding import Written, examine
from chuishao.importing.posting import Intake, Pace
from chuishao.importing.reading import CsvLines, json_lines, open_text
from chuishao.importing.rejects import Rejects
from chuishao.importing.state import State, StateFile
from chuishao.importing.workbook import Workbook

AT_ONCE: Final = 200
"""Lines of one request. Answers of so many fit the sockets' buffers, so neither side waits for the other."""
_NDJSON: Final = frozenset({".ndjson", ".jsonl"})
_BAR: Final = "import"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: the file, how its columns are meant, where bad lines go, how fast."""

    file: Path
    data_dir: Path
    rejects: Path
    renamed: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    resume: bool = True
    rate: int | None = None


@dataclass(slots=True)
class Opened:
    """A file that can be imported: its lines, in order, and what is worth saying about it."""

    lines: Iterator[Line]
    header: tuple[str, ...]
    written: Written
    total: int
    ignored: tuple[str, ...] = ()


@contextmanager
def opened(wish: Wish) -> Iterator[Opened]:
    """Open by the name's ending. Raises UnreadableFileError, OSError."""
    suffix = wish.file.suffix.lower()
    if wish.file.stat().st_size == 0:
        raise UnreadableFileError("文件是空的 / the file is empty")
    if suffix == ".xlsx":
        written = replace(examine(wish.file, text=False), encoding="xlsx")
        with closing(Workbook(wish.file)) as book:
            columns = read_header(book.header, wish.renamed, wish.constants)
            yield _with(columns, book.read(columns), written, book.lines)
        return
    if suffix not in {".csv", *_NDJSON}:
        raise UnreadableFileError(
            "请给 .csv、.ndjson 或 .xlsx 文件 / give a .csv, .ndjson or .xlsx file"
        )
    written = examine(wish.file)
    with open_text(wish.file, written.encoding) as text:
        if suffix in _NDJSON:
            lines = json_lines(text, wish.constants)
            yield Opened(lines, ("original",), written, written.lines)
        else:
            rows = CsvLines(text)
            columns = read_header(rows.header, wish.renamed, wish.constants)
            yield _with(columns, rows.read(columns), written, written.lines)


def _with(columns: Columns, lines: Iterator[Line], written: Written, total: int) -> Opened:
    return Opened(lines, columns.header, written, total, columns.ignored)


class Import:
    """One file on its way to intake; `state` says how far it has come."""

    def __init__(self, wish: Wish, source: Opened, target: str) -> None:
        """`target` is intake's address: what went to another one has not gone to this."""
        parts = (target, sorted(wish.renamed.items()), sorted(wish.constants.items()), wish.rejects)
        self._store = StateFile(wish.data_dir, source.written.digest, parts)
        self._source = source
        self._wish = wish
        self.state = self._store.read(resume=wish.resume)

    def run(self, intake: Intake, tell: Tell) -> State:
        """Send what is not answered yet. Raises IntakeError; what was answered until then is kept."""
        state = self.state
        rejects = Rejects(self._wish.rejects, self._source.header, state.rejects_size)
        pace = Pace(self._wish.rate)
        skip = state.done
        for batch in _batches(self._source.lines, min(AT_ONCE, self._wish.rate or AT_ONCE)):
            rest = batch[skip:]
            skip = max(0, skip - len(batch))
            if not rest:
                continue
            pace.wait(len(rest))
            self._one(intake, rest, rejects)
            tell(_BAR, min(rest[-1].number, self._source.total), self._source.total)
        state.finished = True
        self._store.write(state)
        return state

    def _one(self, intake: Intake, batch: list[Line], rejects: Rejects) -> None:
        """Send one batch, keep its refusals, then that it is done."""
        digest, state = self._source.written.digest, self.state
        good = [line for line in batch if line.body is not None]
        bodies = [_sent(line, digest) for line in good]
        answers = intake.file(bodies) if bodies else []
        why = {line.number: line.refusal for line in batch if line.refusal}
        why |= {
            line.number: answer.refusal
            for line, answer in zip(good, answers, strict=True)
            if answer.refusal
        }
        rejects.add(
            [(line.number, line.cells, why[line.number]) for line in batch if line.number in why]
        )
        state.fresh += sum(answer.fresh for answer in answers)
        state.refused += len(why)
        state.again += sum(not answer.fresh and answer.refusal is None for answer in answers)
        state.done += len(batch)
        state.rejects_size = rejects.size
        self._store.write(state)


def dry_run(source: Opened, rejects: Path, tell: Tell, now: datetime) -> State:
    """Check every line without sending one; what needs the city's directory stays unchecked."""
    state = State("")
    file = Rejects(rejects, source.header, 0)
    for batch in _batches(source.lines, AT_ONCE):
        refused = [(line.number, line.cells, why) for line in batch if (why := _why(line, now))]
        file.add(refused)
        state.refused += len(refused)
        state.done += len(batch)
        tell(_BAR, min(batch[-1].number, source.total), source.total)
    return state


def default_rejects(file: Path) -> Path:
    """The reject file beside the input."""
    return file.with_name(f"{file.stem}.rejects.csv")


def checked(wish: Wish) -> None:
    """Refuse a reject file that would overwrite what is imported. Raises UnreadableFileError."""
    if os.path.realpath(wish.file) == os.path.realpath(wish.rejects):
        raise UnreadableFileError(
            "--rejects 不能是原文件 / --rejects must be another file than the one imported"
        )


def _sent(line: Line, digest: str) -> dict[str, Any]:
    body = line.body or {}
    return body | {"idempotency_key": key(body, digest, line.number)}


def _why(line: Line, now: datetime) -> Refusal | None:
    return line.refusal if line.body is None else check(line.body, now)


def _batches(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
