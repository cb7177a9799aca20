"""The second place of the anchors: a file that is only ever added to, on another volume where there is one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from kit.chain.anchor import Anchor, parse


def anchors_file(folder: Path, service: str) -> Path:
    """Where a service's anchors lie."""
    return folder / f"{service}.ndjson"


def append(path: Path, lines: Sequence[str]) -> None:
    """Add lines and have them on disk before returning. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        text = "".join(f"{line}\n" for line in lines)
        os.write(opened, (text if _ends_whole(path) else f"\n{text}").encode())
        os.fsync(opened)
    finally:
        os.close(opened)


def read(path: Path) -> Iterator[Anchor]:
    """The anchors of a file; half a line, as a full disk or a killed process leaves one, is passed over."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            anchor = parse(line)
            if anchor is not None:
                yield anchor


def last_number(path: Path) -> int:
    """Number of the newest anchor in a file; 0 where there is none."""
    return max((a.number for a in read(path)), default=0) if path.exists() else 0


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
