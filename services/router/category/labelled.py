"""Labelled texts from a CSV file, as a city has them: every fault with line, column and remedy. Pure."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

LEAST: Final = 20
"""Examples a label needs, so that every part of a cross-validation sees some."""
LABELS: Final = 2
EXTRA_WEIGHT: Final = 0.5
"""Of a text known only as words, beside 1 for a whole one."""
CORRECTED_WEIGHT: Final = 3.0
"""Of a category a person decided: where the router was unsure is where there is most to learn."""
SIZE_MOST: Final = 256 * 1024 * 1024
SHOWN: Final = 20
_PACKED: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Example:
    """A text and what it is about."""

    title: str | None
    text: str
    label: str
    weight: float = 1.0
    extra: bool = False
    """Known only as a list of words: learned from, never measured on."""


class BadExamplesError(ValueError):
    """The file is refused whole; `faults` says where and how to mend it, in both languages."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = len(faults) - SHOWN
        rest = [f"…… 还有 {more} 处 / and {more} more"] if more > 0 else []
        super().__init__("\n".join([*faults[:SHOWN], *rest]))
        self.faults = tuple(faults)


def read(name: str, raw: bytes) -> list[Example]:
    """Columns `text`, `label` and, where there is one, `title`. Raises BadExamplesError."""
    return [
        Example(cells.get("title") or None, cells["text"], cells["label"])
        for cells in _rows(name, raw, ("text", "label"))
    ]


def read_tokens(name: str, raw: bytes) -> list[Example]:
    """Columns `tokens` (words with spaces between) and `label`. Raises BadExamplesError."""
    return [
        Example(None, "".join(cells["tokens"].split()), cells["label"], EXTRA_WEIGHT, extra=True)
        for cells in _rows(name, raw, ("tokens", "label"))
    ]


def enough(name: str, examples: Sequence[Example]) -> None:
    """Raises BadExamplesError for fewer than two labels, or a label too rare to learn."""
    counts = Counter(example.label for example in examples if not example.extra)
    if len(counts) < LABELS:
        zh, en = "至少要有两种类别", "at least two labels are needed"
        raise BadExamplesError([f"{name}: label: {zh} / {en}"])
    faults = [
        f"{name}: label: “{label}”只有 {n} 条，至少要 {LEAST} 条，请补充或并入别的类别 / "
        f"only {n} rows, at least {LEAST} are needed; add some or merge it"
        for label, n in sorted(counts.items())
        if n < LEAST
    ]
    if faults:
        raise BadExamplesError(faults)


def strangers(name: str, examples: Sequence[Example], labels: Sequence[str]) -> None:
    """Raises BadExamplesError for labels that the training examples do not have."""
    unknown = sorted({example.label for example in examples} - set(labels))
    if unknown:
        faults = [
            f"{name}: label: 训练文件里没有“{label}” / is no label of the training file"
            for label in unknown
        ]
        raise BadExamplesError(faults)


def _rows(name: str, raw: bytes, needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(_text(name, raw), newline=""), strict=True)
    faults: list[str] = []
    good: list[dict[str, str]] = []
    try:
        missing = [column for column in needed if column not in (rows.fieldnames or ())]
        if missing:
            raise BadExamplesError(
                [f"{name}:1: {column}: 缺少此列，请补上 / add this column" for column in missing]
            )
        for cells in rows:
            fault = _fault(cells, needed)
            if fault:
                faults.append(f"{name}:{rows.line_num}: {fault}")
            else:
                good.append({key: cell.strip() for key, cell in cells.items() if cell})
    except csv.Error as error:
        faults.append(
            f"{name}:{rows.line_num + 1}: -: CSV 格式有误，请修改 / mend the CSV: {error}"
        )
    if not good and not faults:
        faults.append(f"{name}:2: -: 没有数据行，请补上 / there are no rows; add some")
    if faults:
        raise BadExamplesError(faults)
    return iter(good)


def _fault(cells: dict[str, str], needed: tuple[str, ...]) -> str | None:
    """What is wrong with a line; its words are never repeated."""
    if None in cells:
        return "-: 列数过多，逗号请加引号 / too many cells; quote commas"
    empty = next((column for column in needed if not (cells[column] or "").strip()), None)
    return (
        f"{empty}: 不能为空，请补上或删去此行 / is empty; fill it or drop the line"
        if empty
        else None
    )


def _text(name: str, raw: bytes) -> str:
    """The file's text, unpacked where it is gzip."""
    if raw.startswith(_PACKED):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
                raw = packed.read(SIZE_MOST + 1)
        except (OSError, EOFError, zlib.error):
            zh, en = "压缩文件已损坏，请重新生成", "the gzip file is damaged; make it again"
            raise BadExamplesError([f"{name}:0: -: {zh} / {en}"]) from None
    if len(raw) > SIZE_MOST:
        most = SIZE_MOST // 1024 // 1024
        zh, en = f"超过 {most} MiB，请拆分", f"over {most} MiB; take fewer rows"
        raise BadExamplesError([f"{name}:0: -: {zh} / {en}"])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        zh, en = "不是 UTF-8 编码，请另存为“CSV UTF-8”", "not UTF-8; save it as UTF-8"
        raise BadExamplesError([f"{name}:{line}: -: {zh} / {en}"]) from None
