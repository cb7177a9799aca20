"""The reject file: each line that did not go in, why, and its cells, so that it can be mended and sent again."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chuishao.importing.body import Refusal
from kit.formula import safe

HEAD: Final = ("reject_line", "reject_field", "reject_zh", "reject_en")


class Rejects:
    """A CSV file, UTF-8 with BOM, mode 0600: it holds residents' words. Made when the first line is refused."""

    def __init__(self, path: Path, header: Sequence[str], size: int) -> None:
        """Go on after `size` bytes; 0 begins anew."""
        self._path = path
        self._header = header
        self.size = size
        if size and path.exists() and path.stat().st_size >= size:
            os.truncate(path, size)
        else:
            self.size = 0
            path.unlink(missing_ok=True)

    def add(self, refused: Sequence[tuple[int, tuple[str, ...], Refusal]]) -> None:
        """Write lines, durable when this returns."""
        if not refused:
            return
        text = io.StringIO(newline="")
        out = csv.writer(text)
        if not self.size:
            text.write("\ufeff")
            out.writerow([*HEAD, *map(_shown, self._header)])
        for number, cells, why in refused:
            out.writerow([number, why.field, why.zh, why.en, *map(_shown, cells)])
        raw = text.getvalue().encode("utf-8", "replace")
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        self.size += len(raw)


def _shown(cell: str) -> str:
    return safe(cell.replace("\x00", "\ufffd"))
