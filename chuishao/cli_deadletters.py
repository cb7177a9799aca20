"""`chuishao deadletters`: list, show, replay, discard."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer

from chuishao.cli_deployment import DEFAULT_DATA_DIR, DataDir
from chuishao.cli_operations import Json, Postgres
from chuishao.plain import plain_errors

if TYPE_CHECKING:
    from chuishao.deadletters.desk import Desk

deadletters_app = typer.Typer(
    no_args_is_help=True, help="死信 / messages that could not be applied."
)

T = TypeVar("T")
Consumer = Annotated[str | None, typer.Option(help="消费者，如 router-complaints / of a consumer.")]
Reason = Annotated[str | None, typer.Option(help="原因，如 undecodable / for a reason.")]
Idents = Annotated[list[UUID] | None, typer.Argument(help="死信标识 / ids.")]
Every = Annotated[
    bool, typer.Option("--all", help="全部（可加筛选）/ every one the filters let through.")
]
Yes = Annotated[bool, typer.Option("--yes", help="不再询问 / do not ask.")]
By = Annotated[str | None, typer.Option("--by", help="经办人，记入审计 / who, for the audit.")]


@deadletters_app.command("list")
def list_letters(  # noqa: PLR0913 - one parameter per flag
    *,
    consumer: Consumer = None,
    reason: Reason = None,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="含已处理的 / resolved too.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="最多几封 / at most.")] = 50,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    postgres: Postgres = None,
    as_json: Json = False,
) -> None:
    """按原因计数并列出 / how many, by reason, and which."""
    from chuishao.deadletters import words
    from kit.deadletters.store import Filter

    wanted = Filter(consumer=consumer, reason=reason)
    with plain_errors():
        found = _with(
            data_dir, postgres, lambda desk: desk.listed(wanted, resolved=resolved, most=limit)
        )
        if as_json:
            _json(found)
        else:
            words.show_list(found, typer.echo)


@deadletters_app.command()
def show(
    ident: Annotated[UUID, typer.Argument(help="死信标识 / id.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    postgres: Postgres = None,
    *,
    as_json: Json = False,
) -> None:
    """看一封：消息头、正文（已脱敏）/ one letter: headers and its body, which is masked."""
    from chuishao.deadletters import words

    with plain_errors():
        found = _with(data_dir, postgres, lambda desk: desk.whole(ident))
        if as_json:
            _json(found)
        else:
            words.show_whole(found, typer.echo)


@deadletters_app.command()
def replay(  # noqa: PLR0913 - one parameter per flag
    idents: Idents = None,
    *,
    every: Every = False,
    consumer: Consumer = None,
    reason: Reason = None,
    yes: Yes = False,
    by: By = None,
    wait_s: Annotated[float, typer.Option("--wait", min=0, help="等几秒 / wait seconds.")] = 15.0,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    postgres: Postgres = None,
    as_json: Json = False,
) -> None:
    """由原消费者再处理一次，效果只有一次 / have its own consumer apply it; it has its effect once.

    只经该消费者，不再发布：其他服务与单位不会重复收到。仍不能处理的留在原处，返回码为 1。
    Nothing is published again. What still cannot be applied stays; ends with 1 then.
    """
    from chuishao.deadletters import words

    async def job(desk: Desk) -> list[dict[str, object]]:
        chosen = await _chosen(desk, idents, every=every, consumer=consumer, reason=reason)
        _confirm(f"重放 {len(chosen)} 封 / replay {len(chosen)}?", yes or not every)
        return await desk.replay(chosen, _who(by), wait_s) if chosen else []

    with plain_errors():
        states = _with(data_dir, postgres, job)
        if as_json:
            _json(states)
        else:
            words.show_replayed(states, typer.echo)
        if any(not one["resolved"] for one in states):
            raise typer.Exit(1)


@deadletters_app.command()
def discard(  # noqa: PLR0913 - one parameter per flag
    idents: Idents = None,
    *,
    why: Annotated[str, typer.Option("--why", help="理由，记入审计 / the reason, for the audit.")],
    every: Every = False,
    consumer: Consumer = None,
    reason: Reason = None,
    yes: Yes = False,
    by: By = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    postgres: Postgres = None,
) -> None:
    """作废，须写明理由 / put aside for good, with a reason.

    督办按顺序处理一张工单的事件：notifier-tickets 的死信作废后，同一工单其后的事件处理不了，应重放。
    The notifier applies a ticket's events in order: what comes after a discarded one of notifier-tickets
    cannot be applied there; replay those.
    """
    if not why.strip():
        raise typer.BadParameter("请写明理由 / say why", param_hint="--why")

    async def job(desk: Desk) -> int:
        chosen = await _chosen(desk, idents, every=every, consumer=consumer, reason=reason)
        _confirm(f"作废 {len(chosen)} 封 / discard {len(chosen)}?", yes or not every)
        return await desk.discard(chosen, _who(by), why.strip()) if chosen else 0

    with plain_errors():
        count = _with(data_dir, postgres, job)
        typer.echo(f"已作废 {count} 封 / discarded {count}")


async def _chosen(
    desk: Desk, idents: list[UUID] | None, *, every: bool, consumer: str | None, reason: str | None
) -> list[UUID]:
    """The letters named, or all a filter lets through. Raises ValueError for neither and for both."""
    from kit.deadletters.store import Filter

    if every == bool(idents):
        raise ValueError("请给出标识，或用 --all / name ids, or use --all")
    return idents or await desk.matching(Filter(consumer=consumer, reason=reason))


def _confirm(question: str, sure: bool) -> None:  # noqa: FBT001 - said yes beforehand
    if not sure:
        typer.confirm(question, abort=True)


def _who(by: str | None) -> str:
    return by or f"cli:{getpass.getuser()}"


def _with(data_dir: Path, postgres: str | None, job: Callable[[Desk], Awaitable[T]]) -> T:
    from chuishao.auditing.place import admin_dsn
    from chuishao.deadletters.desk import opened

    async def run() -> T:
        async with opened(admin_dsn(data_dir, postgres)) as desk:
            return await job(desk)

    return asyncio.run(run())


def _json(found: object) -> None:
    typer.echo(json.dumps(found, ensure_ascii=False, default=str))
