"""`chuishao audit`: verify the chains, show and export records, list anchors."""

from __future__ import annotations

import asyncio
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chuishao.cli_deployment import DEFAULT_DATA_DIR, DataDir
from chuishao.cli_operations import Json, Postgres
from chuishao.plain import plain_errors

audit_app = typer.Typer(no_args_is_help=True, help="审计链 / the chain over the audit.")


class Chain(StrEnum):
    """Services that have one each."""

    INTAKE = "intake"
    ROUTER = "router"
    NOTIFIER = "notifier"
    CONSOLE = "console"


Only = Annotated[Chain | None, typer.Option("--service", help="只看一个服务 / one service only.")]
Key = Annotated[
    Path | None,
    typer.Option(
        help="锚点公钥，文件或文件夹 / public key of the anchors, or a folder of SERVICE.pem."
    ),
]
Anchors = Annotated[
    list[Path] | None,
    typer.Option(help="锚点文件或文件夹，可重复 / anchors, a file or a folder; repeatable."),
]
Actor = Annotated[str | None, typer.Option(help="何人 / who.")]
Action = Annotated[str | None, typer.Option(help="何事，如 ticket 或 ticket.accept / what.")]
About = Annotated[str | None, typer.Option("--object", help="何物的标识 / id of the thing.")]
Since = Annotated[str | None, typer.Option("--from", help="从何时 / from: 2026-11-22T08:00+08:00.")]
Until = Annotated[str | None, typer.Option("--to", help="到何时之前 / before this time.")]


@audit_app.command()
def verify(  # noqa: PLR0913 - one parameter per flag
    *,
    service: Only = None,
    from_: Annotated[int, typer.Option("--from", min=1, help="从第几环起 / from this link.")] = 1,
    anchors: Anchors = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    postgres: Postgres = None,
    no_anchors: Annotated[
        bool, typer.Option("--no-anchors", help="只查链本身 / the chain alone.")
    ] = False,
    as_json: Json = False,
) -> None:
    """逐环验证审计链与锚点 / verify every link, and the chain against its anchors.

    有任何问题时返回码为 1，并指出第一处。 Ends with 1 where anything is wrong, and names the first bad row.
    """
    from chuishao.auditing import place
    from chuishao.auditing import verify as job
    from chuishao.bars import bar

    with plain_errors():
        found = place.find(data_dir, postgres, key=key, anchors=anchors, without_anchors=no_anchors)
        with bar() as tell:
            reports = job.verify_all(found, _services(service), from_, tell)
        if as_json:
            typer.echo(json.dumps(job.told(reports), ensure_ascii=False))
        else:
            job.show(reports, typer.echo)
        if any(report.found for report in reports):
            raise typer.Exit(1)


@audit_app.command()
def show(  # noqa: PLR0913 - one parameter per flag
    *,
    service: Only = None,
    actor: Actor = None,
    action: Action = None,
    about: About = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="最多几条 / at most.")] = 50,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    postgres: Postgres = None,
    as_json: Json = False,
) -> None:
    """查审计记录，新的在前 / records by who, what, which thing and when, newest first."""
    from chuishao.auditing import records
    from chuishao.auditing.place import admin_dsn

    with plain_errors():
        wanted = records.wanted(actor, action, about, since, until)
        dsn = admin_dsn(data_dir, postgres)
        for one in asyncio.run(records.newest(dsn, _services(service), wanted, limit)):
            typer.echo(json.dumps(one, ensure_ascii=False) if as_json else records.line(one))


@audit_app.command()
def export(
    out: Annotated[Path, typer.Option(help="写到哪里 / the file to write.")],
    service: Annotated[Chain, typer.Option(help="哪个服务的链 / whose chain.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    postgres: Postgres = None,
) -> None:
    """整条链导出为 NDJSON，第三方可据此自行验证 / a whole chain, for others to verify by themselves.

    每行是 entry 与 hash：hash = SHA-256(上一行的 hash ‖ entry 的字节)。
    A line holds entry and hash: SHA-256 of the hash before it and the bytes of the entry as they stand.
    """
    from chuishao.auditing import records
    from chuishao.auditing.place import admin_dsn
    from chuishao.bars import bar

    with plain_errors(), bar() as tell:
        dsn = admin_dsn(data_dir, postgres)
        count = asyncio.run(records.export(dsn, service.value, out, tell))
    typer.echo(f"导出 {count:,} 条到 {out} / exported {count:,} records")


@audit_app.command("anchors")
def list_anchors(
    service: Only = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    postgres: Postgres = None,
) -> None:
    """列出库中的锚点，可存到别处 / the anchors kept in the database, one a line, to keep elsewhere."""
    from chuishao.auditing import records
    from chuishao.auditing.place import admin_dsn

    with plain_errors():
        dsn = admin_dsn(data_dir, postgres)
        for line in asyncio.run(records.anchors(dsn, _services(service))):
            typer.echo(line)


def _services(only: Chain | None) -> list[str]:
    return [only.value] if only else [chain.value for chain in Chain]
