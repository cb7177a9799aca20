"""Commands around the vault of identities: `chuishao vault rotate|retire|shred|retention|trace`."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from chuishao.cli_deployment import DEFAULT_DATA_DIR, DataDir
from chuishao.plain import plain_errors

vault_app = typer.Typer(no_args_is_help=True, help="身份保险库 / the vault of identities.")
TAKEN_UP_S: Final = 3.0
"""Running intakes look for new keys every second (services/intake/keeping/rotating.py); a little longer."""


class Basis(StrEnum):
    """On what ground an identity is destroyed before its time."""

    REQUEST = "request"
    CONSENT = "consent"
    UNLAWFUL = "unlawful"


@vault_app.command()
def rotate(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    *,
    phone: Annotated[
        bool, typer.Option("--phone", help="同时更换电话索引密钥 / a new phone index key too.")
    ] = False,
) -> None:
    """更换密钥，受理不停 / a new key; filing goes on. 中断后再次执行会接着做 / run again to go on.

    旧密钥仍保留，用 vault retire 销毁。 The old key stays until `vault retire`.
    """
    from chuishao import running
    from chuishao.bars import bar
    from chuishao.service_program import ask
    from chuishao.vault import keys

    with plain_errors(), bar() as tell:
        if _status(data_dir)["behind"] == 0:
            version = keys.add(data_dir / "secrets" / "intake", phone=phone)
            typer.echo(
                f"已生成第 {version} 版密钥，请立即备份 / key version {version} made: back it up now"
            )
            if running.is_running(data_dir):
                time.sleep(TAKEN_UP_S)
        found = ask(data_dir, ["vault", "rotate"], tell, service="intake")
    typer.echo(
        f"已换到第 {found['newest']} 版：{found['moved']} 条 / {found['moved']} records moved to version"
        f" {found['newest']}"
    )
    if found["behind"]:
        typer.echo(f"还有 {found['behind']} 条，请再次执行 / {found['behind']} left: run it again")
        raise typer.Exit(1)


@vault_app.command()
def retire(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="确认销毁旧密钥 / yes, destroy the older keys.")
    ] = False,
) -> None:
    """销毁不再使用的旧密钥 / destroy keys that no record needs any more.

    旧密钥销毁后，更早的数据库备份中的身份信息再也无法解密。
    Identities in older backups of the database cannot be read any more after that.
    """
    from chuishao.vault import keys

    with plain_errors():
        found = _status(data_dir)
        if found["behind"]:
            raise RuntimeError(
                f"还有 {found['behind']} 条用旧密钥，请先执行 vault rotate / {found['behind']} records lie under"
                " older keys: run `vault rotate` first"
            )
        if not yes:
            raise RuntimeError("确认请加 --yes / add --yes to destroy the older keys for good")
        asyncio.run(_floor(data_dir, found["newest"]))
        gone = keys.drop_before(data_dir / "secrets" / "intake", found["newest"])
    for one in gone or ["没有旧密钥 / no older key"]:
        typer.echo(one)


@vault_app.command()
def shred(
    ident: Annotated[str, typer.Argument(help="诉求编号 / number of the complaint.")],
    basis: Annotated[Basis, typer.Option(help="依据 / the ground.")],
    reason: Annotated[str, typer.Option(help="说明，记入审计 / why, for the auditor.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """销毁一件诉求的身份、原文和附件 / destroy identity, originals and files of one complaint, for good."""
    from chuishao import runfile
    from chuishao.vault import asking

    with plain_errors():
        done = asking.shred(runfile.read(data_dir), ident, basis.value, reason)
    typer.echo(f"{done['number']}：已于 {done['erased_at']} 销毁 / destroyed")


@vault_app.command()
def retention(data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """各类诉求的身份保存期限、依据和到期数 / how long identities are kept, why, and how many are due."""
    from chuishao import runfile
    from chuishao.vault import asking

    with plain_errors():
        for term in asking.terms(runfile.read(data_dir)):
            typer.echo(
                f"{term['kind']}: {term['days']} 天 days, {term['source']}, 到期 due {term['due']}"
            )


@vault_app.command()
def trace(
    file: Annotated[Path, typer.Argument(help="外泄的文本 / the leaked text.", exists=True)],
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """查出外泄的副本是给谁看的 / whose copy leaked.

    没有标记时列出看过该诉求的人；没有找到时返回码为 1。
    Without a mark it names who looked at the matters in the text; ends with 1 where nobody is found.
    """
    from chuishao import runfile
    from chuishao.vault import asking

    with plain_errors():
        found = asking.trace(runfile.read(data_dir), file)
        for one in found["copies"]:
            typer.echo(f"副本 copy: {_told(one)}")
        for code in found["unknown"]:
            typer.echo(f"标记未登记 mark not of this installation: {code}")
        for one in found["looked"]:
            typer.echo(f"看过 looked: {_told(one)}")
        if not found["copies"] and not found["looked"]:
            typer.echo("没有找到 / nobody found")
            raise typer.Exit(1)


def _told(one: dict[str, Any]) -> str:
    return (
        f"{one['number']} {one['by']} {one['at']} {one['purpose']}（{one['reason']}）{one['code']}"
    )


def _status(data_dir: Path) -> dict[str, Any]:
    from chuishao.service_program import ask

    return ask(data_dir, ["vault", "status"], lambda *_: None, service="intake")


async def _floor(data_dir: Path, version: int) -> None:
    import asyncpg

    from chuishao import runfile
    from chuishao.vault import store

    conn = await asyncpg.connect(runfile.read(data_dir).postgres)
    try:
        await store.retire(conn, version)
    except asyncpg.CheckViolationError:
        raise RuntimeError(
            "仍有记录使用旧密钥，没有销毁任何密钥；请再次执行 vault rotate / a record still lies under an"
            " older key, no key was destroyed: run `vault rotate` again"
        ) from None
    finally:
        await conn.close()
