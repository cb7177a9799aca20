"""A volume forgets what was not synced when its power is cut, keeps what was, and can be full."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import volume
from tests.chaos.needs import require
from tests.chaos.volume import MIB, Volume


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Volume]:
    require(volume.needs())
    disk = Volume(tmp_path / "disk.img", tmp_path / "disk", 32 * MIB)
    disk.attach()
    yield disk
    volume.detach_all(tmp_path)


def test_a_power_cut_takes_what_was_not_synced_and_nothing_else(disk: Volume) -> None:
    with (disk.mount / "synced").open("wb") as file:
        file.write(b"kept")
        file.flush()
        os.fsync(file.fileno())
    (disk.mount / "written").write_bytes(b"lost")
    assert disk.cut_power() >= len(b"lost")
    left = {path.name for path in disk.mount.iterdir() if path.is_file() and path.stat().st_size}
    assert left == {"synced"}
    assert (disk.mount / "synced").read_bytes() == b"kept"


def test_a_power_cut_after_everything_was_synced_takes_nothing_and_says_so(disk: Volume) -> None:
    (disk.mount / "written").write_bytes(b"kept")
    disk.sync()
    assert disk.cut_power() == 0
    assert (disk.mount / "written").read_bytes() == b"kept"


def test_without_a_cut_everything_is_there_again(disk: Volume) -> None:
    (disk.mount / "written").write_bytes(b"kept")
    disk.detach()
    disk.attach()
    assert (disk.mount / "written").read_bytes() == b"kept"


def test_a_full_volume_refuses_the_next_byte_and_takes_it_when_there_is_room_again(
    disk: Volume,
) -> None:
    assert disk.fill() > 16 * MIB
    with pytest.raises(OSError, match="No space left") as refused:
        (disk.mount / "more").write_bytes(b"x" * MIB)
    assert refused.value.errno == errno.ENOSPC
    disk.free()
    (disk.mount / "more").write_bytes(b"x" * MIB)


def test_what_a_killed_run_left_mounted_is_found(disk: Volume, tmp_path: Path) -> None:
    assert volume.detach_all(tmp_path) == [str(disk.mount.resolve())]
    assert volume.detach_all(tmp_path) == []
