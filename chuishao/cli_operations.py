"""Commands for whoever answers for the installation: rebuild the views, drill a day."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from chuishao.cli_deployment import DEFAULT_DATA_DIR, DataDir, Nats
from chuishao.plain import plain_errors

Json = Annotated[bool, typer.Option("--json", help="输出 JSON / for programs.")]
Postgres = Annotated[
    str | None,
    typer.Option(help="外部 PostgreSQL 管理员地址 / admin DSN.", envvar="CHUISHAO_ADMIN_DSN"),
]


Directory = Annotated[
    Path | None, typer.Option(help="城市名录，默认样例 / directory folder, default the sample.")
]


def rebuild(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    postgres: Postgres = None,
    *,
    check: Annotated[  # noqa: ARG001 - said for clarity: the notifier's are never changed
        bool,
        typer.Option("--check", help="只比较，不改动（督办总是如此）/ only compare, as always."),
    ] = True,
    console: Annotated[
        bool,
        typer.Option(
            "--console",
            help="重建指挥台的投影并替换 / make the console's projections anew and use them.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """由事件重建各视图并逐行比较 / make every view anew from the events and compare.

    在临时库里重放，不改动现有数据；有差异时返回码为 1。
    Replays in a scratch database and changes nothing; ends with 1 where anything differs.
    """
    from chuishao import rebuild as job

    with plain_errors():
        if console:
            shown = job.run_console(data_dir)
            if as_json:
                typer.echo(json.dumps({"console": shown}, ensure_ascii=False))
            else:
                job.report_console(shown, typer.echo)
            return
        found = asyncio.run(job.run(data_dir, postgres))
        if as_json:
            typer.echo(json.dumps({"notifier": found}, ensure_ascii=False))
        else:
            job.report(found, typer.echo)
        if not found["agrees"]:
            raise typer.Exit(1)


def drill(  # noqa: PLR0913 - one parameter per flag
    day: Annotated[
        str | None, typer.Argument(help="重放哪一天 2026-11-23 / a recorded day; 默认样例 sample.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    directory: Directory = None,
    speed: Annotated[
        float, typer.Option(min=60, help="一秒最多过多少秒 / business seconds a second.")
    ] = 7_200,
    days: Annotated[int, typer.Option(min=1, max=60, help="过几天 / how many days pass.")] = 12,
    *,
    sample: Annotated[
        bool, typer.Option("--sample", help="样例诉求（默认）/ the sample complaints.")
    ] = False,
    as_json: Json = False,
) -> None:
    """演练：快放一天的诉求，看无人处理时告知了谁 / a day at speed: who is told when nobody acts.

    在临时环境中进行，不碰现有数据；有未结工单没有下一步时返回码为 1。
    On an installation of its own that is removed; ends with 1 where an open ticket has no next step.
    """
    from chuishao.bars import bar
    from chuishao.directory import SAMPLE_DIRECTORY
    from chuishao.drill.play import Drill, play
    from chuishao.drill.report import show

    with plain_errors():
        if day is not None and sample:
            raise ValueError("日期与 --sample 只能选一个 / a day or --sample, not both")
        wanted = date.fromisoformat(day) if day else None
        folder = (directory or SAMPLE_DIRECTORY).resolve()
        asked = Drill(wanted, data_dir, folder, speed, days)
        with bar() as tell:
            found = asyncio.run(play(asked, tell))
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
        else:
            show(found, typer.echo)
        if found["stuck"]:
            raise typer.Exit(1)


def doctor(data_dir: DataDir = DEFAULT_DATA_DIR, *, as_json: Json = False) -> None:
    """体检：哪里异常、怎么处理 / what is unhealthy, and the remedy.

    一页看完；有异常时返回码为 1。一半服务停着也能查。
    One page; ends with 1 where anything is wrong. Works while half of it is down.
    """
    from chuishao import runfile
    from chuishao.doctor.examine import examine
    from chuishao.doctor.finding import page

    with plain_errors():
        found = asyncio.run(examine(runfile.read(data_dir), data_dir))
        if as_json:
            typer.echo(json.dumps([one.view() for one in found], ensure_ascii=False))
        else:
            for line in page(found):
                typer.echo(line)
        if not all(one.well for one in found):
            raise typer.Exit(1)


def keep(
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    directory: Directory = None,
    nats: Nats = None,
    secrets: Annotated[
        Path | None,
        typer.Option(
            help="ops 密钥所在文件夹 / folder of the key of `ops`.", envvar="CHUISHAO_SECRETS_DIR"
        ),
    ] = None,
    alive: Annotated[
        Path | None,
        typer.Option(
            help="每次检查后更新的文件 / touched after each look.", envvar="CHUISHAO_ALIVE"
        ),
    ] = None,
) -> None:
    """守着消息服务：补上被删或丢失的流与消费者 / put back streams and durables that went missing.

    chuishao up 自带；自备服务器时常驻运行它。
    `chuishao up` has it inside; run it beside servers of your own.
    """
    from chuishao import keeper, running
    from chuishao.directory import SAMPLE_DIRECTORY

    with plain_errors():
        followed = keeper.Followed(directory or SAMPLE_DIRECTORY)
        url, key = running.keeper_place(data_dir, nats, secrets)
        well = alive.touch if alive else None
        asyncio.run(keeper.keep(url, followed, key, typer.echo, well))
