"""Commands about the servers an installation stands on: `provision`, `accounts` and `prepare`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path, typer.Option(help="数据目录 / data directory.", envvar="CHUISHAO_DATA_DIR")
]
Directory = Annotated[
    Path | None,
    typer.Option(help="城市名录文件夹，默认样例 / directory folder, the sample's by default."),
]
Nats = Annotated[
    str | None,
    typer.Option(help="外部 NATS 地址 / external NATS.", envvar="CHUISHAO_NATS_URL"),
]
DEFAULT_DATA_DIR = Path(".chuishao")


def provision(  # noqa: PLR0913 - one parameter per flag
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    directory: Directory = None,
    nats: Nats = None,
    check: Annotated[bool, typer.Option("--check", help="只比较 / only compare.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="也删除已撤单位的队列 / also remove durables of nobody.")
    ] = False,
    rotate: Annotated[
        str | None,
        typer.Option(help="换密钥，新旧同时有效：unit:代码或服务 / a new key beside the old."),
    ] = None,
    retire: Annotated[
        str | None, typer.Option(help="收回旧密钥 / refuse the old key from now on.")
    ] = None,
) -> None:
    """账户、流、消费者、密钥 / accounts, streams, consumers and keys, while everything runs."""
    from chuishao import running
    from chuishao.directory import SAMPLE_DIRECTORY
    from chuishao.plain import plain_errors

    with plain_errors():
        changes = asyncio.run(
            running.provision(
                data_dir,
                directory or SAMPLE_DIRECTORY,
                nats,
                check=check,
                prune=prune,
                rotate=rotate,
                retire=retire,
            )
        )
    for change in changes:
        typer.echo(change)
    if check and changes:
        raise typer.Exit(1)


def accounts(data_dir: DataDir = DEFAULT_DATA_DIR, directory: Directory = None) -> None:
    """为外部 NATS 写账户文件 / write the accounts file for a nats-server of your own."""
    from chuishao import running
    from chuishao.directory import SAMPLE_DIRECTORY

    _show(lambda: running.write_accounts(data_dir, directory or SAMPLE_DIRECTORY))


def prepare(  # noqa: PLR0913 - one parameter per flag
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    directory: Directory = None,
    console: Annotated[
        str, typer.Option(help="指挥台地址 / console URL.", envvar="CHUISHAO_CONSOLE_URL")
    ],
    intake: Annotated[
        str, typer.Option(help="受理服务地址 / intake URL.", envvar="CHUISHAO_INTAKE_URL")
    ],
    router: Annotated[
        str, typer.Option(help="派单服务地址 / router URL.", envvar="CHUISHAO_ROUTER_URL")
    ],
    notifier: Annotated[
        str, typer.Option(help="督办服务地址 / notifier URL.", envvar="CHUISHAO_NOTIFIER_URL")
    ],
    nats: Annotated[str, typer.Option(help="NATS 地址 / NATS URL.", envvar="CHUISHAO_NATS_URL")],
    postgres: Annotated[
        str,
        typer.Option(help="PostgreSQL 管理员地址 / admin DSN.", envvar="CHUISHAO_ADMIN_DSN"),
    ],
) -> None:
    """为外部服务器备好密钥、账户和 run.json / keys, accounts, run.json for own servers."""
    from chuishao import deployment
    from chuishao.directory import SAMPLE_DIRECTORY

    addresses = deployment.Addresses(
        console=console,
        intake=intake,
        router=router,
        notifier=notifier,
        nats=nats,
        postgres=postgres,
    )
    _show(lambda: deployment.prepare(data_dir, directory or SAMPLE_DIRECTORY, addresses))


def _show(write: Callable[[], Path]) -> None:
    """Write a file and say where; an expected failure is its message and code 1."""
    try:
        typer.echo(str(write()))
    except (RuntimeError, OSError, ValueError) as error:
        typer.echo(str(error) or type(error).__name__, err=True)
        raise typer.Exit(1) from None
