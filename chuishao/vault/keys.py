"""The files of the vault's keys: a new version beside the old ones, and old ones taken away."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Final

from chuishao.files import write_private
from services.intake.keeping.vault_keys import FIRST, KEY_BYTES, VaultKeys

MASTER: Final = "chuishao_vault_key"
PHONE: Final = "chuishao_phone_key"


def add(folder: Path, *, phone: bool) -> int:
    """Put a new master key, and with `phone` a new key of the phone index, into intake's folder; its version.

    Raises KeyRefusedError for files that hold no keys, OSError.
    """
    version = _held(folder).newest + 1
    for name in (MASTER, PHONE) if phone else (MASTER,):
        key = base64.b64encode(os.urandom(KEY_BYTES)).decode("ascii")
        lines = [*_lines(folder / name), f"{version}:{key}"]
        write_private(folder / name, "\n".join(lines), durable=True)
    return version


def drop_before(folder: Path, version: int) -> list[str]:
    """Take away what no record of `version` or later needs; what was taken, as `file: version`."""
    gone = []
    for name in (MASTER, PHONE):
        lines = {_version(line): line for line in _lines(folder / name)}
        needed = max(one for one in lines if one <= version)
        gone += [f"{name}: {one}" for one in lines if one < needed]
        kept = [f"{one}:{line.rpartition(':')[2]}" for one, line in lines.items() if one >= needed]
        write_private(folder / name, "\n".join(kept), durable=True)
    return gone


def _held(folder: Path) -> VaultKeys:
    return VaultKeys.parse(*((folder / name).read_text("ascii") for name in (MASTER, PHONE)))


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text("ascii").split() if line.strip()]


def _version(line: str) -> int:
    number, _, _ = line.rpartition(":")
    return int(number or FIRST)
