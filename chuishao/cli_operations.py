"""Commands for whoever answers for the installation: rebuild the views, drill a day."""

from __future__ import annotations

import asyncio
import json
from enum import StrEnum
from typing import Annotated

import typer

from chuishao.cli_deployment import DEFAULT_DATA_DIR, DataDir
from chuishao.plain import plain_errors

Json = Annotated[bool, typer.Option("--json", help="输出 JSON / for programs.")]
Postgres = Annotated[
    str | None,
    typer.Option(help="外部 PostgreSQL 管理员地址 / admin DSN.", envvar="CHUISHAO_ADMIN_DSN"),
]


class Rebuilt(StrEnum):
    """Services whose views can be asked for."""

    NOTIFIER = "notifier"
    CONSOLE = "console"


def rebuild(
    service: Annotated[
        Rebuilt | None, typer.Option(help="只查一个服务 / one service only.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    postgres: Postgres = None,
    *,
    check: Annotated[  # noqa: ARG001 - said for clarity: nothing else is offered
        bool, typer.Option("--check", help="只比较，不改动（总是如此）/ only compare, as always.")
    ] = True,
    as_json: Json = False,
) -> None:
    """由事件重建各视图并逐行比较 / make every view anew from the events and compare.

    在临时库里重放，不改动现有数据；有差异时返回码为 1。
    Replays in a scratch database and changes nothing; ends with 1 where anything differs.
    """
    from chuishao import rebuild as job

    with plain_errors():
        found = None
        if service is not Rebuilt.CONSOLE:
            found = asyncio.run(job.run(data_dir, postgres))
        if as_json:
            typer.echo(json.dumps({"notifier": found, "console": None}, ensure_ascii=False))
        else:
            if found is not None:
                job.report(found, typer.echo)
            if service is not Rebuilt.NOTIFIER:
                job.console(typer.echo)
        if found is not None and not found["agrees"]:
            raise typer.Exit(1)
