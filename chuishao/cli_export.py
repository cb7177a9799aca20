"""The command `export`: complaints, tickets or events into a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chuishao.cli_deployment import DEFAULT_DATA_DIR, DataDir
from chuishao.exporting.form import Format

if TYPE_CHECKING:
    from chuishao.exporting.run import Out, Wanted
    from chuishao.runfile import RunInfo

_NOT_RUN = 2
_INTERRUPTED = 130


class What(StrEnum):
    """What can be exported."""

    COMPLAINTS = "complaints"
    TICKETS = "tickets"
    EVENTS = "events"


def export(  # noqa: PLR0913 - one parameter per flag
    what: Annotated[What, typer.Argument(help="诉求、工单或事件 / what to export.")],
    *,
    out: Annotated[Path, typer.Option(help="写到哪里 / the file to write.")],
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="默认看文件名 / by the file's name if not given."),
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="从何时受理 / received from: 2026-11-01.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="到何时，当天在内 / received until, that day included.")
    ] = None,
    area: Annotated[str | None, typer.Option(help="区划或网格代码 / area code.")] = None,
    unit: Annotated[
        str | None, typer.Option(help="承办单位代码 / unit code; tickets only.")
    ] = None,
    status: Annotated[str | None, typer.Option(help="工单状态 / status; tickets only.")] = None,
    zh: Annotated[bool, typer.Option("--zh", help="中文表头 / Chinese header.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="事件接着上次导出 / events go on, or anew.")
    ] = True,
    token_file: Annotated[
        Path | None,
        typer.Option(help="管理员或审计令牌 / file with an admin's or auditor's token."),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """导出到文件，只有脱敏的文字，没有来电人身份 / export into a file: masked words, nobody's identity.

    事件只有 NDJSON，再次执行会接着写新的。 Events are NDJSON; run again it adds what is new.
    """
    from chuishao.exporting.reading import span
    from chuishao.exporting.run import Out, Wanted

    try:
        form = _form(what, format_, out)
        wanted = Wanted(span(from_, to), area, unit, status)
        _only_for(what, wanted)
        info = _installation(data_dir, token_file)
        count = _written(what, info, wanted, Out(out, form, zh=zh, resume=resume))
    except (RuntimeError, OSError, ValueError) as error:
        typer.echo(str(error) or type(error).__name__, err=True)
        raise typer.Exit(_NOT_RUN) from None
    except KeyboardInterrupt:
        typer.echo("已停下；事件可接着导出 / stopped; events go on from here", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    typer.echo(f"导出 {count} 行到 {out} / exported {count} lines")


def _written(what: What, info: RunInfo, wanted: Wanted, out: Out) -> int:
    import httpx

    from chuishao.bars import bar
    from chuishao.exporting import run
    from chuishao.exporting.reading import Reader

    with httpx.Client(trust_env=False) as client, bar() as tell:
        reader = Reader(client, info.tokens["auditor"])
        if what is What.TICKETS:
            return run.tickets(reader, info.router, wanted, out, tell)
        if what is What.COMPLAINTS:
            return run.complaints(reader, info.intake, wanted, out, tell)
        services = {"intake": info.intake, "router": info.router, "notifier": info.notifier}
        return run.Events(out.path, services, wanted).export(reader, tell, resume=out.resume)


def _installation(data_dir: Path, token_file: Path | None) -> RunInfo:
    """What runs; read with the auditor's right, or with the token given."""
    from dataclasses import replace

    from chuishao import runfile

    info = runfile.read(data_dir)
    if token_file is None:
        return info
    return replace(info, tokens={"auditor": token_file.read_text("utf-8").strip()})


def _form(what: What, asked: Format | None, out: Path) -> Format:
    """The form asked for, or the one the file's name says. Raises ValueError."""
    ending = out.suffix.lower().removeprefix(".")
    named = {"csv": Format.CSV, "xlsx": Format.XLSX}.get(ending, Format.NDJSON)
    form = asked or named
    if what is What.EVENTS and form is not Format.NDJSON:
        raise ValueError("事件只能导出为 NDJSON / events are exported as NDJSON only")
    return form


def _only_for(what: What, wanted: Wanted) -> None:
    """Refuse a filter that would be left unheard. Raises ValueError."""
    if what is not What.TICKETS and (wanted.unit or wanted.status):
        raise ValueError("--unit、--status 只用于工单 / --unit and --status are for tickets only")
    if what is What.EVENTS and wanted.area:
        raise ValueError("事件不能按 --area 筛选 / events cannot be narrowed by --area")
