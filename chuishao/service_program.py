"""Runs one of a service's own programs on the running installation and reads what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from chuishao import running
from chuishao.bars import Tell

Item = Callable[[dict[str, Any]], None]


class ProgramRefusedError(RuntimeError):
    """The service's program ended without a result; it has said why on standard error."""

    def __init__(self) -> None:
        super().__init__("没有完成，原因见上 / not done; the reason stands above")


def ask(
    data_dir: Path,
    words: Sequence[str],
    tell: Tell,
    item: Item | None = None,
    *,
    service: str = "router",
) -> dict[str, Any]:
    """Run `python -m services.SERVICE WORDS` and return its result; raises ProgramRefusedError.

    It gets the settings of the running installation, or those of our own environment.
    """
    command = (sys.executable, "-P", "-m", f"services.{service}", *words)
    environment = {**os.environ, **running.service_settings(data_dir, service)}
    result: dict[str, Any] | None = None
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as program:
        assert program.stdout is not None  # noqa: S101 - piped above
        for line in program.stdout:
            if not line.startswith("{"):
                sys.stderr.write(line)
                continue
            said = json.loads(line)
            if "progress" in said:
                tell(*said["progress"])
            elif "item" in said and item is not None:
                item(said["item"])
            elif "result" in said:
                result = said["result"]
    if program.returncode != 0 or result is None:
        raise ProgramRefusedError
    return result
