"""`python -m services.router` serves; with words it does one thing and ends.

`load DIR` publishes a directory and prints its version. `learn MODEL [--force]` puts a learned model to
use, `learn --from-history TARGET [--force]` learns from the city's tickets; both print a JSON object,
`{"refused": …}` with code 1 where it may not be.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final

from kit.errors import DomainError
from kit.runner import run
from services.router.app import keep_model, learn_history, load, main
from services.router.files import BadDirectoryError
from services.router.labelled import BadExamplesError
from services.router.model import BadModelError

HISTORY: Final = "--from-history"


def _load(folder: str) -> None:
    try:
        sys.stdout.write(f"{asyncio.run(load(Path(folder)))}\n")
    except BadDirectoryError as refused:
        sys.exit("\n".join(str(fault) for fault in refused.faults))


def _learn(words: list[str]) -> None:
    force = "--force" in words
    try:
        if words[0] == HISTORY:
            report: dict[str, Any] = asyncio.run(learn_history(float(words[1]), force=force))
        else:
            path = Path(words[0])
            report = asyncio.run(keep_model(path.read_bytes(), path.name, force=force))
    except DomainError as refused:
        report = {"refused": f"{refused.zh} / {refused.en}"}
    except (BadExamplesError, BadModelError) as refused:
        report = {"refused": str(refused)}
    sys.stdout.write(f"{json.dumps(report, ensure_ascii=False)}\n")
    if "refused" in report:
        sys.exit(1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["load", folder]:
            _load(folder)
        case ["learn", *words] if words:
            _learn(words)
        case _:
            run(main)
