"""The command `import`: complaints out of a CSV, NDJSON or XLSX file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chuishao.cli_deployment import DEFAULT_DATA_DIR, DataDir

if TYPE_CHECKING:
    from chuishao.importing.run import Import, Opened, Wish
    from chuishao.importing.state import State

_SOME_REFUSED = 1
_NOT_RUN = 2
_INTERRUPTED = 130


def import_(  # noqa: PLR0913 - one parameter per flag
    file: Annotated[Path, typer.Argument(help="CSV、NDJSON 或 XLSX / a CSV, NDJSON or XLSX file.")],
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="列名=字段，列名=- 略去 / COL=FIELD, COL=- leaves it out."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="每行都有的字段=值 / FIELD=VALUE for every line."),
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="未收下的行写到哪里 / where refused lines go.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume/--fresh", help="接着上次，或从头再来 / go on, or begin anew."),
    ] = True,
    rate: Annotated[
        int | None, typer.Option(min=1, help="每秒最多几行 / at most so many lines a second.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只检查，不提交 / only check, send nothing.")
    ] = False,
    intake: Annotated[
        str | None, typer.Option(help="受理服务地址 / intake URL; needs --token-file.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="令牌文件 / file with the token; needs --intake.")
    ] = None,
) -> None:
    """从文件导入诉求 / file complaints out of a file.

    再次执行不会重复受理；中断后再次执行会接着做。退出码：0 全部收下，1 有行未收下，2 未能执行。
    Run again it files nothing twice, and goes on where it stopped. Exit code: 0 all went in, 1 some were
    refused, 2 it could not run.
    """
    from chuishao.importing.run import Import, Wish, checked, default_rejects, opened

    try:
        wish = Wish(
            file,
            data_dir,
            (rejects or default_rejects(file)).absolute(),
            _pairs(map_, "--map"),
            _pairs(set_, "--set"),
            resume=resume,
            rate=rate,
        )
        checked(wish)
        with opened(wish) as source:
            _say_what(source)
            if dry_run:
                state = _checked(source, wish)
            else:
                url, token = _target(data_dir, intake, token_file)
                state = _sent(Import(wish, source, url), url, token)
    except typer.Exit:
        raise
    except (RuntimeError, OSError, ValueError) as error:
        typer.echo(str(error) or type(error).__name__, err=True)
        raise typer.Exit(_NOT_RUN) from None
    _report(state, wish, dry=dry_run)
    if state.refused:
        raise typer.Exit(_SOME_REFUSED)


def _pairs(words: list[str] | None, flag: str) -> dict[str, str]:
    from chuishao.importing.columns import pairs

    return pairs(words or [], flag)


def _sent(job: Import, url: str, token: str) -> State:
    import httpx

    from chuishao.bars import bar
    from chuishao.importing.posting import Intake

    if job.state.done:
        typer.echo(
            f"接着上次，已有 {job.state.done} 行 / going on after {job.state.done} lines", err=True
        )
    try:
        with httpx.Client(trust_env=False) as client, bar() as tell:
            return job.run(Intake(client, url, token), tell)
    except KeyboardInterrupt:
        typer.echo(
            f"已停下，{job.state.done} 行有了结果；再执行同一命令会接着做"
            f" / stopped after {job.state.done} lines; the same command goes on from there",
            err=True,
        )
        raise typer.Exit(_INTERRUPTED) from None


def _checked(source: Opened, wish: Wish) -> State:
    from datetime import UTC, datetime

    from chuishao.bars import bar
    from chuishao.importing.run import dry_run

    with bar() as tell:
        return dry_run(source, wish.rejects, tell, datetime.now(UTC))


def _target(data_dir: Path, intake: str | None, token_file: Path | None) -> tuple[str, str]:
    """Intake's address and an operator's token: given, or of the running installation."""
    from chuishao import runfile

    if (intake is None) != (token_file is None):
        raise ValueError(
            "--intake 和 --token-file 要一起给 / give --intake and --token-file together"
        )
    if intake is not None and token_file is not None:
        return intake, token_file.read_text("utf-8").strip()
    info = runfile.read(data_dir)
    return info.intake, info.tokens["operator"]


def _say_what(source: Opened) -> None:
    written = source.written
    if written.encoding == "gb18030":
        typer.echo("文件是 GB18030 编码，已转换 / the file is GB18030; converted", err=True)
    elif written.broken:
        typer.echo(
            "个别行不是 UTF-8，将被拒收 / some lines are not UTF-8; they are refused", err=True
        )
    if source.ignored:
        typer.echo(f"略去的列 / columns left out: {', '.join(source.ignored)}", err=True)


def _report(state: State, wish: Wish, *, dry: bool) -> None:
    if dry:
        good = state.done - state.refused
        typer.echo(
            f"检查 {state.done} 行：{good} 行可收，{state.refused} 行有误；网格、类别等代码未核对"
            f" / checked {state.done}: {good} good, {state.refused} bad; codes of the directory unchecked"
        )
    else:
        typer.echo(
            f"共 {state.done} 行：新收 {state.fresh}，早已收下 {state.again}，未收 {state.refused}"
            f" / {state.done} lines: {state.fresh} filed, {state.again} there already,"
            f" {state.refused} refused"
        )
    if state.refused:
        typer.echo(f"原因见 / reasons in: {wish.rejects}")
