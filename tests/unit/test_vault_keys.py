"""The files of the vault's keys: a new version is added, and only what nothing needs is taken away."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from chuishao.vault import asking, keys
from services.intake.keeping.vault_keys import VaultKeys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, byte in ((keys.MASTER, b"a"), (keys.PHONE, b"b")):
        (tmp_path / name).write_text(base64.b64encode(byte * 32).decode())
    return tmp_path


def held(folder: Path) -> VaultKeys:
    return VaultKeys.parse(*((folder / name).read_text() for name in (keys.MASTER, keys.PHONE)))


def test_a_new_master_key_goes_with_the_old_key_of_the_index(folder: Path) -> None:
    before = held(folder)
    assert keys.add(folder, phone=False) == 2
    after = held(folder)
    assert after.pair(1) == before.pair(1)
    assert after.pair(2)[0] != before.pair(1)[0]
    assert after.pair(2)[1] == before.pair(1)[1]
    assert (folder / keys.MASTER).stat().st_mode & 0o777 == 0o600
    assert keys.drop_before(folder, 2) == [f"{keys.MASTER}: 1"]
    assert held(folder).pair(2) == after.pair(2)
    assert held(folder).versions == [2]


def test_with_a_new_key_of_the_index_both_old_ones_can_go(folder: Path) -> None:
    keys.add(folder, phone=False)
    assert keys.add(folder, phone=True) == 3
    newest = held(folder).pair(3)
    assert len(keys.drop_before(folder, 3)) == 3
    assert held(folder).pair(3) == newest
    assert keys.drop_before(folder, 3) == []


@pytest.mark.parametrize("length", [0, 1, asking.PIECE - 1, asking.PIECE, 3 * asking.PIECE + 7])
def test_a_long_leaked_text_is_looked_through_whole_and_no_mark_is_cut(length: int) -> None:
    text = "".join(chr(0x4E00 + n % 5_000) for n in range(length))
    found = list(asking.pieces(text))
    assert all(0 < len(piece) <= asking.PIECE + asking.OVERLAP for piece in found)
    for start in range(0, max(length - 100, 1), 997):
        assert any(text[start : start + 100] in piece for piece in found)
