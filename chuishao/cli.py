"""The `chuishao` command. Bodies are imported when called, so that `--help` is quick."""

from __future__ import annotations

import asyncio
import runpy
import sys
from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from chuishao.cli_audit import audit_app
from chuishao.cli_deadletters import deadletters_app
from chuishao.cli_deployment import (
    DEFAULT_DATA_DIR,
    DataDir,
    Directory,
    accounts,
    prepare,
    provision,
)
from chuishao.cli_directory import directory_app
from chuishao.cli_export import export
from chuishao.cli_import import import_
from chuishao.cli_issues import hot_issues
from chuishao.cli_learn import learn
from chuishao.cli_operations import doctor, drill, keep, rebuild
from chuishao.cli_vault import vault_app
from chuishao.plain import plain_errors

app = typer.Typer(
    help="吹哨 Chuishao：12345 诉求的受理、派单、督办 / complaint intake, routing and escalation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
clock_app = typer.Typer(no_args_is_help=True, help="业务时钟 / the business clock.")
app.add_typer(clock_app, name="clock")
app.add_typer(audit_app, name="audit")
app.add_typer(deadletters_app, name="deadletters")
app.add_typer(directory_app, name="directory")
app.add_typer(vault_app, name="vault")

T = TypeVar("T")
_MOST = 16

Postgres = Annotated[
    str | None,
    typer.Option(help="外部 PostgreSQL 管理员地址 / admin DSN.", envvar="CHUISHAO_ADMIN_DSN"),
]
Simulated = Annotated[
    bool,
    typer.Option("--simulated", help="可设业务时钟的新库 / a new database with a settable clock."),
]


class Service(StrEnum):
    """What `serve` can run."""

    INTAKE = "intake"
    ROUTER = "router"
    NOTIFIER = "notifier"
    CONSOLE = "console"


@app.command()
def up(  # noqa: PLR0913 - one parameter per flag
    data_dir: DataDir = DEFAULT_DATA_DIR,
    port_base: Annotated[int, typer.Option(help="端口起点 / first port.")] = 8700,
    directory: Directory = None,
    no_sample: Annotated[
        bool, typer.Option("--no-sample", help="不回放样例诉求 / no sample complaints.")
    ] = False,
    simulated: Simulated = False,
    replicas: Annotated[
        list[str] | None, typer.Option(help="如 router=2 / like router=2; repeatable.")
    ] = None,
    nats: Annotated[str | None, typer.Option(help="外部 NATS / external NATS.")] = None,
    postgres: Annotated[
        str | None, typer.Option(help="外部 PostgreSQL 管理员地址 / admin DSN.")
    ] = None,
) -> None:
    """启动全部 / start everything; Ctrl-C 停止 stops it."""
    from chuishao.directory import SAMPLE_DIRECTORY
    from chuishao.screen import Screen
    from chuishao.up import UpOptions, run

    with plain_errors():
        options = UpOptions(
            data_dir=data_dir,
            directory=directory or SAMPLE_DIRECTORY,
            port_base=port_base,
            sample=not no_sample,
            simulated=simulated,
            replicas=_replicas(replicas or []),
            nats=nats,
            postgres=postgres,
        )
        asyncio.run(run(options, Screen()))


@app.command()
def serve(service: Service) -> None:
    """运行一个服务 / run one service, set by CHUISHAO_* variables."""
    sys.argv = [f"services.{service}"]
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=True)


@app.command()
def migrate(
    data_dir: DataDir = DEFAULT_DATA_DIR, postgres: Postgres = None, simulated: Simulated = False
) -> None:
    """建库并迁移 / create and migrate the database."""
    from chuishao import running

    for name in _run(running.migrate(data_dir, postgres, simulated=simulated)):
        typer.echo(name)


@app.command()
def listen(
    unit: Annotated[
        str, typer.Option(help="单位代码，或 reader:代码 / unit code, or reader:CODE.")
    ],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    peek: Annotated[
        bool, typer.Option("--peek", help="只看不取，看完放回 / look only, give all back.")
    ] = False,
    follow: Annotated[bool, typer.Option(help="持续收听 / go on listening.")] = True,
    count: Annotated[int | None, typer.Option(min=1, help="收到几条后结束 / end after.")] = None,
) -> None:
    """收听一个单位的消息 / hear what a unit hears.

    收到即确认：这里取走的，该单位不会再收到；只想看看请加 --peek。
    It acknowledges: what is taken here the unit does not get again; --peek only looks.
    """
    from chuishao import runfile
    from chuishao.listen import listen as hear

    with plain_errors():
        info = runfile.read(data_dir)
        _run(hear(info, unit, typer.echo, count=count, follow=follow, peek=peek))


@app.command()
def explain(  # noqa: PLR0913 - one parameter per flag
    text: Annotated[str, typer.Option(help="诉求内容 / what the resident says.")],
    address: Annotated[str | None, typer.Option(help="地址 / address.")] = None,
    point: Annotated[str | None, typer.Option(help="经度,纬度 / lon,lat (WGS 84).")] = None,
    category: Annotated[str | None, typer.Option(help="类别代码 / category code.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / as JSON.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """会派给谁、为什么 / who would get it, and why."""
    from chuishao import runfile
    from chuishao.explain import explain as ask
    from chuishao.explain import question

    with plain_errors():
        info = runfile.read(data_dir)
        asked = question(text, address=address, point=point, category=category)
        typer.echo(ask(info, asked, as_json=as_json))


@clock_app.command("show")
def clock_show(data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """现在的业务时间 / the business time now."""
    from chuishao import business_clock, runfile

    with plain_errors():
        info = runfile.read(data_dir)
        typer.echo(_run(business_clock.show(info)).isoformat())


@clock_app.command("set")
def clock_set(
    time: Annotated[str, typer.Argument(help="2026-11-23T09:00, +90m, +3d")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """设置业务时间（仅模拟库）/ set it, in simulated databases only."""
    from chuishao import business_clock, runfile

    with plain_errors():
        info = runfile.read(data_dir)
        typer.echo(_run(business_clock.move(info, time)).isoformat())


app.command()(provision)
app.command()(accounts)
app.command()(prepare)
app.command()(hot_issues)
app.command()(learn)
app.command("import")(import_)
app.command()(export)
app.command()(rebuild)
app.command()(drill)
app.command()(doctor)
app.command()(keep)


def _run(job: Coroutine[object, object, T]) -> T:
    with plain_errors():
        return asyncio.run(job)


def _replicas(words: list[str]) -> dict[str, int]:
    """Read `router=2` words; raises ValueError for another form or an unknown service."""
    counts = {}
    for word in words:
        name, _, number = word.partition("=")
        if name not in set(Service) or not number.isdigit() or not 1 <= int(number) <= _MOST:
            msg = (
                f"--replicas router=2, not {word!r} (services: {', '.join(Service)}; 1 to {_MOST})"
            )
            raise ValueError(msg)
        counts[name] = int(number)
    return counts
