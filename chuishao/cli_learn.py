"""The command `learn`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chuishao.cli_deployment import DEFAULT_DATA_DIR, DataDir

File = Annotated[
    Path | None,
    typer.Argument(help="CSV（可 .gz），列 text、label，可有 title / columns text, label, title."),
]
Test = Annotated[
    Path | None, typer.Option(help="只用来检验的同样文件 / a like file, only measured on.")
]
Also = Annotated[
    Path | None,
    typer.Option(help="补充词表，列 tokens、label / more to learn from: tokens, label."),
]
Target = Annotated[
    float,
    typer.Option(min=0.5, max=0.999, help="自动派单的目标准确率 / precision of sure answers."),
]


def learn(  # noqa: PLR0913 - one parameter per flag
    file: File = None,
    *,
    test: Test = None,
    also: Also = None,
    target_precision: Target = 0.98,
    json_output: Annotated[
        bool, typer.Option("--json", help="只输出一个 JSON 对象 / print one JSON object.")
    ] = False,
    from_history: Annotated[
        bool,
        typer.Option("--from-history", help="用本市已办结的工单 / from the city's own tickets."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="比现用模型差也启用 / use it though it is worse.")
    ] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """从已分类的诉求学习类别模型 / learn a category model from labelled complaints.

    有实例在运行、且类别都在目录中时，存为新版本并启用；否则只报告成绩。
    It is stored and used where an installation runs whose directory has all labels; else only reported.
    """
    from chuishao import learn as body

    if (file is None) != from_history or (from_history and (test or also)):
        zh, en = "请给一个文件，或只用 --from-history", "give a FILE, or --from-history alone"
        typer.echo(f"{zh} / {en}", err=True)
        raise typer.Exit(2)
    wish = body.Wish(file, test, also, target_precision, force, data_dir)
    try:
        report = body.run(wish)
    except (RuntimeError, OSError, ValueError) as error:
        typer.echo(str(error) or type(error).__name__, err=True)
        raise typer.Exit(1) from None
    if json_output:
        typer.echo(body.as_json(report))
    else:
        body.show(report)
