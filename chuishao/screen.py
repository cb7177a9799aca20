"""What `up` shows a person: short lines, a progress bar, and how to go on once all is ready."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chuishao.runfile import RunInfo

_SHOWN: Final = ("operator", "dispatcher", "admin")


class Screen:
    """Writes to one terminal or log."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line with the seconds since the start."""
        seconds = time.monotonic() - self._began
        self.console.print(f"[dim]{seconds:6.1f} s[/dim]  ", end="")
        self.console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Callable[[], None]]:
        """Show a bar that advances by one with each call of what it yields."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(
            *columns,
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as bar:
            task = bar.add_task(title, total=total)
            yield lambda: bar.advance(task)

    def ready(self, info: RunInfo, path: Path) -> None:
        """Print the addresses and a few sign-ins; all of them are in run.json."""
        self.say("就绪 / ready")
        table = Table.grid(padding=(0, 2))
        rows = (
            ("控制台 console", info.console),
            ("受理 intake", f"{info.intake}/docs"),
            ("派单 router", f"{info.router}/docs"),
            ("督办 notifier", f"{info.notifier}/docs"),
            ("NATS", info.nats),
            ("PostgreSQL", info.postgres.rpartition("@")[2]),
        )
        for name, place in rows:
            table.add_row(name, place)
        self.console.print(table)
        self.console.print("登录令牌 / sign-in tokens:", markup=False)
        for role in (*_SHOWN, *_first(info, "unit:"), *_first(info, "secretary:")):
            if token := info.tokens.get(role):
                self.console.print(f"  {role}  {token}", markup=False, soft_wrap=True)
        self.console.print(
            f"全部令牌与密钥 / all tokens and keys: {path}", markup=False, soft_wrap=True
        )
        if info.nats_users:
            unit = next(iter(info.nats_users))
            self.console.print(
                f"看看一个单位收到什么 / see what a unit has got: {_command()} listen --unit {unit}"
                f" --peek --data-dir {path.parent}",
                markup=False,
                soft_wrap=True,
            )
        self.console.print("按 Ctrl-C 停止 / Ctrl-C stops everything", markup=False)


def _command() -> str:
    """How this program was called, so that the hint works as printed."""
    return sys.argv[0] if sys.argv[0].endswith("chuishao") else f"{sys.executable} -m chuishao"


def _first(info: RunInfo, prefix: str) -> list[str]:
    return [role for role in info.tokens if role.startswith(prefix)][:1]
