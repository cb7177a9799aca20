"""Commands that only deployments with servers of their own need: `accounts` and `prepare`."""

from __future__ import annotations

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
DEFAULT_DATA_DIR = Path(".chuishao")


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
