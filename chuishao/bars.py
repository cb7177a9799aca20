"""A progress bar on standard error while something takes long; nothing where nobody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

Tell = Callable[[str, int, int], None]
"""(what is being done, how far, out of how much; 0 where nobody knows how much there is)."""
_WORDS: Final = {
    "check": "检查 / checking",
    "prove": "覆盖证明与用例 / coverage and tests",
    "replay": "重新派单 / deciding again",
    "import": "导入 / importing",
    "export": "导出 / exporting",
    "events": "读取事件 / reading events",
    "rebuild": "重放 / replaying",
    "compare": "比较 / comparing",
    "file": "受理 / filing",
    "rotate": "更换密钥 / moving to the new key",
    "clock": "拨快时钟 / moving the clock",
}


@contextmanager
def bar() -> Iterator[Tell]:
    """Yield what shows progress: one line for each thing that is being done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(text_format_no_percentage="{task.completed:,.0f}"),
        Elapsed(),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as shown:

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(_WORDS.get(what, what), total=total or None)
            shown.update(tasks[what], completed=done, total=total or None)

        yield tell
