"""The command `hot-issues`: what many people say at once, found in a file of messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

_ROWS = 20


def hot_issues(
    file: Annotated[Path, typer.Argument(help="CSV 或 .csv.gz：id,title,text,time[,likes,user]")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON.")] = False,
    top: Annotated[
        int | None, typer.Option(min=1, help="只要最热的几个 / only the hottest so many.")
    ] = None,
) -> None:
    """在一批留言里找热点 / find hot issues in a file of messages; 无需启动服务 nothing has to run."""
    from chuishao import hot_issues as found
    from chuishao.issue_screen import IssueScreen

    screen = IssueScreen()
    try:
        with screen.progress() as progress:
            result = found.find(
                file,
                top=top if as_json else (top or _ROWS),
                progress=progress,
                refuse=screen.refuse,
            )
    except (OSError, ValueError) as error:
        typer.echo(str(error) or type(error).__name__, err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        screen.table(result)
