"""What `hot-issues` shows a person: progress and refused lines on stderr, a table on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

_STEPS: Final = {
    "count": "统计用词 counting words",
    "weigh": "计算权重 weighing words",
    "topics": "归纳主题 learning topics",
    "compare": "比对相近 comparing neighbours",
}
_REFUSED_SHOWN: Final = 20
_WIDTH: Final = 120
"""Characters of a line in a log or a pipe."""


class IssueScreen:
    """Writes to one terminal or log."""

    def __init__(self, out: Console | None = None, err: Console | None = None) -> None:
        self._out = out or Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
        self._err = err or Console(stderr=True, highlight=False)
        self._refused = 0

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int, int], None]]:
        """A bar for each step on a terminal, a line for each step in a log."""
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        shown: dict[str, Any] = {}
        terminal = self._err.is_terminal
        with Progress(*columns, console=self._err, transient=True, disable=not terminal) as bar:

            def advance(step: str, done: int, total: int) -> None:
                if step not in shown:
                    shown[step] = bar.add_task(_STEPS[step], total=total)
                    if not terminal:
                        self._err.print(f"{_STEPS[step]} …", markup=False)
                bar.update(shown[step], completed=done)

            yield advance

    def refuse(self, sentence: str) -> None:
        """Name a line that was left out; after twenty only that there are more."""
        self._refused += 1
        if self._refused <= _REFUSED_SHOWN:
            self._err.print(sentence, markup=False, soft_wrap=True)
        elif self._refused == _REFUSED_SHOWN + 1:
            self._err.print("… 还有 and more", markup=False)

    def table(self, result: dict[str, Any]) -> None:
        """The clusters, hottest first."""
        table = Table(box=None, pad_edge=False)
        for name in ("#", "热度 heat", "件 n", "人 people", "赞 likes", "起止 from, to"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("地点 place", overflow="fold")
        table.add_column("事由 matter", overflow="fold")
        for row in result["clusters"]:
            figures = (row["rank"], row["heat"], row["count"], row["people"], row["likes"])
            span = f"{row['from'][:10]} {row['to'][:10]}"
            cells = (*map(str, figures), span, "、".join(row["places"]), row["title"])
            table.add_row(*(_literal(cell) for cell in cells))
        self._out.print(table)
        self._out.print(
            f"{result['n']} 条留言 messages, {result['refused']} 行未用 refused, "
            f"{result['seconds']} s",
            markup=False,
        )


def _literal(text: str) -> str:
    """Residents' words are text, never markup and never a terminal's control characters."""
    return escape("".join(c if c.isprintable() else " " for c in text))
