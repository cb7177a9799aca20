"""A directory folder that came as a zip: only its own files are taken out, within bounds, wherever they stand.

What a zip says about itself is not believed: entries are counted before they are read, and bytes as they
come. A file goes to the place its name has in a folder, so no entry can name a place of its own.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import defaultdict
from io import BytesIO
from pathlib import Path
from typing import Final

from contracts.directory import PARTS
from kit.errors import DomainError, Kind
from kit.validation import wrong_field
from services.router.directory.files import OUTLINES_FILE, TESTS
from services.router.directory.toml_rows import TOP

ENTRIES_MOST: Final = 1_000
UNPACKED_MOST: Final = 32 * 1024 * 1024
"""Bytes of all files together; a larger directory is tried by the command."""
PIECE: Final = 64 * 1024
CALENDAR: Final = "calendar"
OWN: Final = frozenset({TESTS, OUTLINES_FILE}) | {
    f"{part}.{'toml' if part in TOP else 'csv'}"
    for part in PARTS
    if part not in {CALENDAR, "outlines"}
}
"""Names of a directory's files; the calendar's stand in a folder of their own."""
_ENTRY: Final = b"PK\x01\x02"
"""With which a zip's list names each entry."""
_CALENDAR_FILE: Final = re.compile(r"[\w.-]{1,60}\.csv")
_KNOWN_WAYS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1


def unpack(body: bytes, folder: Path) -> None:
    """Write the directory's own files into `folder`, which is empty. Raises DomainError 413, 422."""
    if body.count(_ENTRY) > ENTRIES_MOST:
        raise _wrong(
            f"压缩包中的文件超过 {ENTRIES_MOST} 个，请只压缩名录文件夹",
            f"over {ENTRIES_MOST} files; pack the directory folder alone",
        )
    try:
        with zipfile.ZipFile(BytesIO(body)) as packed:
            found = _own(packed.infolist())
            (folder / CALENDAR).mkdir()
            left = UNPACKED_MOST
            for name, entry in found.items():
                left = _take(packed, entry, folder / name, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        raise _wrong(
            "不是完整的 zip 压缩包，请重新压缩后再选",
            "not a whole zip file; pack it again",
        ) from None


def _own(entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Name in the folder to entry; the folder is where the directory's files stand highest."""
    by_root: dict[str, dict[str, zipfile.ZipInfo]] = defaultdict(dict)
    for entry in entries:
        *above, name = entry.filename.split("/")
        if above and above[-1] == CALENDAR and name.endswith(".csv"):
            root, name = "/".join(above[:-1]), f"{CALENDAR}/{_calendar(name)}"
        elif name in OWN:
            root = "/".join(above)
        else:
            continue
        if name in by_root[root]:
            raise _wrong(f"{name} 出现两次，请保留一份", f"{name} is there twice; keep one")
        by_root[root][name] = entry
    if not by_root:
        raise _wrong(
            "其中没有名录文件 (units.csv、areas.csv 等)，请选名录所在的文件夹",
            "no directory files in it (units.csv, areas.csv …); choose the folder that holds them",
        )
    return by_root[min(by_root, key=lambda root: (bool(root), root.count("/"), root))]


def _calendar(name: str) -> str:
    if _CALENDAR_FILE.fullmatch(name) is None:
        raise _wrong(
            f"{CALENDAR} 中的文件名只能用文字、数字、点和横线，如 2026.csv",
            f"name files in {CALENDAR} with letters, digits, dots and dashes: 2026.csv",
        )
    return name


def _take(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, file: Path, left: int) -> int:
    """Write one file; how many bytes may still come."""
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _KNOWN_WAYS:
        raise _wrong(
            "压缩包加了密码，或用了少见的压缩方式；请用普通 zip 压缩",
            "the zip is encrypted or packed in a rare way; pack it as a plain zip",
        )
    with packed.open(entry) as source, file.open("wb") as target:
        while piece := source.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise _too_much()
            target.write(piece)
    return left


def _wrong(zh: str, en: str) -> DomainError:
    return wrong_field("body", zh=zh, en=en)


def _too_much() -> DomainError:
    most = UNPACKED_MOST // 1024 // 1024
    return DomainError(
        "too-large",
        Kind.TOO_LARGE,
        zh=f"解压后超过 {most} MiB，请改用命令 chuishao directory diff 核对。",
        en=f"Over {most} MiB unpacked; use chuishao directory diff instead.",
    )
