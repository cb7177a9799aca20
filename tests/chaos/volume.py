"""A file system of its own for a server's data: it can be filled, and its power can be cut.

The recipe is reliability.md A.3: ext4 with `commit=600` on a loop device. What the server did not sync
lies in the page cache of that file system and not in its backing file, so a copy of the backing file taken
after the server was killed and before the file system is unmounted is what a power loss would have left.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024
_OPTIONS: Final = "loop,commit=600"
_FILLER: Final = "filler"
_SECTOR: Final = 512
_WRITTEN: Final = 6
"""Which figure of a block device's `stat` counts the sectors written to it."""


class Volume:
    """An ext4 file system in a sparse file, mounted at `mount` while the lab runs."""

    def __init__(self, image: Path, mount: Path, size_bytes: int) -> None:
        self.image = image
        self.mount = mount
        self._size = size_bytes

    def attach(self) -> None:
        """Mount it, made anew where there is none. Raises CalledProcessError where that is impossible."""
        self.mount.mkdir(parents=True, exist_ok=True)
        if not self.image.exists():
            self.image.parent.mkdir(parents=True, exist_ok=True)
            new = self.image.with_suffix(".new")
            with new.open("wb") as file:
                file.truncate(self._size)
            _run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0", str(new))
            new.rename(self.image)
        _run("mount", "-o", _OPTIONS, str(self.image), str(self.mount))

    def detach(self) -> None:
        """Unmount it; the loop device goes with it."""
        _run("umount", str(self.mount))

    def sync(self) -> None:
        """Bring everything written so far to the backing file."""
        _run("sync", "-f", str(self.mount))

    def cut_power(self) -> int:
        """Leave what a loss of power would; whoever wrote here must have been killed, not stopped.

        Returns how many bytes had not reached the disk and are gone; 0: the cut changed nothing.
        """
        left = self.image.with_suffix(".cut")
        _run("cp", "--sparse=always", str(self.image), str(left))
        before = self._written()
        self.sync()
        lost = (self._written() - before) * _SECTOR
        self.detach()
        left.replace(self.image)
        self.attach()
        return lost

    def _written(self) -> int:
        """Sectors written to the loop device since it exists."""
        device = self.mount.stat().st_dev
        numbers = f"{os.major(device)}:{os.minor(device)}"
        return int(Path(f"/sys/dev/block/{numbers}/stat").read_text("ascii").split()[_WRITTEN])

    def fill(self, *, leave_bytes: int = 0) -> int:
        """Take all free space but `leave_bytes`; return how much was taken. Costs no real disk."""
        free = shutil.disk_usage(self.mount).free - leave_bytes
        taken = 0
        step = MIB
        with (self.mount / _FILLER).open("ab") as file:
            while step >= 4096:
                size = (free - taken) // step * step
                try:
                    if size > 0:
                        os.posix_fallocate(file.fileno(), taken, size)
                        taken += size
                except OSError:  # what the file system keeps for itself
                    free -= step
                    continue
                step //= 16
        return taken

    def free(self) -> None:
        """Give back what `fill` took, on the disk too: a later power cut must not bring it back."""
        (self.mount / _FILLER).unlink(missing_ok=True)
        self.sync()


def fast() -> str | None:
    """A folder in memory for backing files, where there is one: what is lost in a cut stays the same."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None


@cache
def needs() -> str | None:
    """Why there can be no such volume on this machine; None where one was mounted just now."""
    if os.geteuid() != 0:
        return "mounting a file system of one's own needs root"
    with tempfile.TemporaryDirectory(prefix="chuishao-volume-") as folder:
        volume = Volume(Path(folder) / "try.img", Path(folder) / "try", 8 * MIB)
        try:
            volume.attach()
            volume.cut_power()
            volume.detach()
        except (OSError, subprocess.CalledProcessError) as error:
            return f"no loop device with ext4 can be mounted here: {error}"
    return None


def detach_all(folder: Path) -> list[str]:
    """Unmount whatever a killed run left mounted below `folder`; return the places."""
    place = str(folder.resolve())
    lines = Path("/proc/self/mounts").read_text("utf-8").splitlines()
    found = [line.split(" ")[1].replace("\\040", " ") for line in lines]
    left = [mount for mount in found if mount.startswith(f"{place}/")]
    for mount in reversed(left):
        _run("umount", mount)
    return left


def _run(*words: str) -> None:
    """Run a system program; its complaint is part of the error."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise subprocess.CalledProcessError(
            done.returncode, words, output=done.stdout, stderr=done.stderr
        )
