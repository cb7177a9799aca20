"""How a text file is written: UTF-8, or GB18030 as older spreadsheets save it. One pass, memory flat."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chuishao.importing.columns import UnreadableFileError

_BLOCK: Final = 1 << 20
_WINDOW: Final = 1 << 18
_MANY: Final = 4
"""An encoding holds where at least so many times more characters are right than wrong."""


@dataclass(frozen=True, slots=True)
class Written:
    """SHA-256 of the file, its encoding, its lines, and whether some lines break the encoding."""

    digest: str
    encoding: str
    lines: int
    broken: bool = False


def examine(file: Path, *, text: bool = True) -> Written:
    """Read a file once. Raises UnreadableFileError for an encoding that is neither; OSError."""
    digest, lines, start = hashlib.sha256(), 0, 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    wrong: int | None = None
    with file.open("rb") as raw:
        while block := raw.read(_BLOCK):
            if text and not start and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise UnreadableFileError(
                    "文件是 UTF-16 编码，请另存为“CSV UTF-8” / this is UTF-16; save it as UTF-8"
                )
            digest.update(block)
            lines += block.count(b"\n")
            if text and wrong is None and not _decodes(decoder, block):
                wrong = start
            start += len(block)
    if text and wrong is None and not _decodes(decoder, b"", final=True):
        wrong = max(0, start - _WINDOW)
    if wrong is None:
        return Written(digest.hexdigest(), "utf-8-sig", lines + 1)
    return Written(digest.hexdigest(), _guess(_window(file, wrong)), lines + 1, broken=True)


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _window(file: Path, block: int) -> bytes:
    """Bytes around the first that is no UTF-8, from the beginning of a line."""
    with file.open("rb") as raw:
        raw.seek(max(0, block - 4))
        taken = raw.read(_BLOCK + _WINDOW)
    try:
        taken.decode("utf-8")
    except UnicodeDecodeError as error:
        begin = taken.rfind(b"\n", 0, max(error.start - _WINDOW // 2, 0)) + 1
        end = taken.find(b"\n", begin + _WINDOW)
        return taken[begin : end if end > 0 else None]
    return taken


def _guess(taken: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        shown = taken.decode(encoding, "replace")
        bad = shown.count("\ufffd")
        good = sum(1 for c in shown if not c.isascii()) - bad
        if good >= _MANY * bad:
            return "utf-8-sig" if encoding == "utf-8" else encoding
    raise UnreadableFileError(
        "既不是 UTF-8 也不是 GB18030 编码，请另存为“CSV UTF-8”"
        " / neither UTF-8 nor GB18030; save it as UTF-8"
    )
