"""The commands of the city's directory: check, load, coverage, diff, replay (product.md section 7)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from chuishao.cli_deployment import DEFAULT_DATA_DIR, DataDir
from chuishao.plain import plain_errors

directory_app = typer.Typer(no_args_is_help=True, help="城市名录 / the city's directory.")

Folder = Annotated[Path, typer.Argument(help="名录文件夹 / directory folder.")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON / for programs.")]


@directory_app.command("check")
def check(folder: Folder, *, as_json: Json = False) -> None:
    """严格检查，含覆盖证明与用例 / check a folder strictly, with coverage and its own tests."""
    from chuishao.bars import bar
    from chuishao.directory_report import examined, report_check

    with plain_errors():
        with bar() as tell:
            found = examined(folder, datetime.now(UTC), tell)
        if not report_check(found, as_json=as_json):
            raise typer.Exit(1)


@directory_app.command("load")
def load(
    folder: Folder,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    start: Annotated[
        str | None,
        typer.Option("--from", help="生效日，如 2026-12-01，默认立即 / first day, default now."),
    ] = None,
) -> None:
    """发布新版本 / publish it as a new version; new units get their NATS accounts first."""
    from chuishao import running
    from chuishao.bars import bar
    from chuishao.directory_report import examined, first_moment, report_check, say_loaded
    from chuishao.service_program import ask

    with plain_errors():
        with bar() as tell:
            found = examined(folder, _business_time(data_dir), tell)
        if found.findings.faults:
            report_check(found, as_json=False)
            raise typer.Exit(1)
        for change in asyncio.run(running.provision(data_dir, folder, None, check=False)):
            typer.echo(change)
        words = ["load", str(folder.resolve()), *([first_moment(start)] if start else [])]
        with bar() as tell:
            result = ask(data_dir, words, tell)
        say_loaded(result)


@directory_app.command("coverage")
def coverage(
    folder: Annotated[
        Path | None,
        typer.Argument(help="名录文件夹，默认正在用的版本 / default: what is in force."),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    html: Annotated[Path | None, typer.Option(help="另存为一页网页 / also write one page.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """覆盖证明：每个网格、每类事都有人接 / every grid x category owned and reachable."""
    from chuishao.bars import bar
    from chuishao.coverage_page import page
    from chuishao.coverage_report import report
    from chuishao.directory_report import examined
    from chuishao.service_program import ask

    with plain_errors():
        with bar() as tell:
            if folder is None:
                proof: dict[str, Any] = ask(data_dir, ("coverage",), tell)
            else:
                proof = examined(folder, datetime.now(UTC), tell).proof()
        if html is not None:
            html.write_text(page(proof), encoding="utf-8")
        typer.echo(json.dumps(proof, ensure_ascii=False)) if as_json else report(proof)
        if not proof["whole"]:
            raise typer.Exit(1)


@directory_app.command("diff")
def diff(folder: Folder, data_dir: DataDir = DEFAULT_DATA_DIR, *, as_json: Json = False) -> None:
    """与正在用的版本相比改了什么 / what it changes of the version in force: whose owner, which rules."""
    from chuishao.bars import bar
    from chuishao.change_report import report_diff
    from chuishao.service_program import ask

    with plain_errors():
        with bar() as tell:
            found = ask(data_dir, ("diff", str(folder.resolve())), tell)
        typer.echo(json.dumps(found, ensure_ascii=False)) if as_json else report_diff(found)


@directory_app.command("replay")
def replay(
    folder: Folder,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    days: Annotated[int, typer.Option(min=1, max=3650, help="最近几天 / the last days.")] = 30,
    *,
    as_json: Json = False,
) -> None:
    """用新名录重派最近的工单，只看不改 / which recent tickets would have gone elsewhere; writes nothing."""
    from chuishao.bars import bar
    from chuishao.change_report import report_replay, say_elsewhere
    from chuishao.service_program import ask

    with plain_errors():
        show = (
            (lambda item: typer.echo(json.dumps(item, ensure_ascii=False)))
            if as_json
            else say_elsewhere
        )
        with bar() as tell:
            found = ask(data_dir, ("replay", str(folder.resolve()), str(days)), tell, show)
        typer.echo(json.dumps(found, ensure_ascii=False)) if as_json else report_replay(found)


@directory_app.command("calendar")
def calendar(
    year: Annotated[int, typer.Argument(min=2004, max=2100, help="年份 / the year.")],
    out: Annotated[
        str | None,
        typer.Option(help="写到哪个文件，- 为屏幕，默认 calendar/年份.csv / FILE, or - to print."),
    ] = None,
    shifts: Annotated[
        str, typer.Option(help="每个工作日的班次 / shifts of a working day.")
    ] = "09:00-12:00,13:30-17:30",
    name: Annotated[
        str, typer.Option("--calendar", help="工作历名，如错时岗的 / the calendar's name.")
    ] = "standard",
) -> None:
    """按国务院放假安排生成工作历初稿，须核对 / a first calendar file from the national holidays, to be reviewed."""
    from chuishao import calendar_seed

    with plain_errors():
        text = calendar_seed.written(calendar_seed.seed(year, shifts, name))
        if out == "-":
            typer.echo(text, nl=False)
        else:
            file = Path(out or f"calendar/{year}.csv")
            calendar_seed.save(file, text)
            typer.echo(f"已写入 {file} / written: {file}")
        typer.echo(
            "初稿取自 chinesecalendar，请对照国务院办公厅和本市的通知核对；本市自己的文件优先。\n"
            "A draft from chinesecalendar: check it against the notices; the city's own file wins.",
            err=True,
        )


def _business_time(data_dir: Path) -> datetime:
    """The time the running installation goes by, which may be simulated; ours where none runs."""
    from chuishao import business_clock, runfile

    try:
        return asyncio.run(business_clock.show(runfile.read(data_dir)))
    except (runfile.NotRunningError, OSError):
        return datetime.now(UTC)
