"""A clock under PostgreSQL that can be moved while it runs: libfaketime with a time stamp file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final

CACHED_S: Final = 1
"""How long a process may go on with what it read last."""


def library() -> Path | None:
    """The shared library inside the installed package; None where there is none."""
    spec = importlib.util.find_spec("libfaketime")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.rglob("libfaketime.so.1"), None)


def environment(library: Path, file: Path) -> dict[str, str]:
    """What a process is started with so that it takes wall-clock time from `file`."""
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": str(CACHED_S),
        "DONT_FAKE_MONOTONIC": "1",
    }


def write(file: Path, seconds: int) -> None:
    """Let the clock be this far ahead of the real one, behind it if negative."""
    new = file.with_suffix(".new")
    new.write_text(f"{seconds:+d}\n", "ascii")
    new.chmod(0o644)
    new.replace(file)
