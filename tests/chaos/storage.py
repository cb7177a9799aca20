"""Where the lab's servers keep their data, and the settings they need there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from chuishao.embedded.system_user import SystemUser, let_reach, let_read, own
from chuishao.process import ProcessSpec
from tests.chaos import timefile, volume
from tests.chaos.volume import MIB, Volume

BROKER_BYTES: Final = 2_048 * MIB
DATABASE_BYTES: Final = 3_072 * MIB
WAL_BYTES: Final = 768 * MIB
"""Twice what `max_wal_size` lets the log grow to: it is full only when somebody fills it."""
_POSTGRES_SETTINGS: Final = {"max_wal_size": "256MB", "min_wal_size": "64MB"}


class ServerFiles:
    """The file systems of broker, database and write-ahead log; plain folders where none can be mounted."""

    def __init__(self, folder: Path) -> None:
        self.broker = folder / "data" / "nats" / "jetstream"
        self.postgres = folder / "postgres"
        self.wal = folder / "wal"
        self.clock = folder / "clock"
        sizes = {
            "broker": (self.broker, BROKER_BYTES),
            "database": (self.postgres, DATABASE_BYTES),
            "wal": (self.wal, WAL_BYTES),
        }
        self.volumes: dict[str, Volume] = {}
        if volume.needs() is None:
            images = folder / "images"
            self.volumes = {
                name: Volume(images / f"{name}.img", mount, size)
                for name, (mount, size) in sizes.items()
            }

    def attach(self) -> None:
        """Mount what is a file system of its own."""
        for place in (self.broker, self.postgres, self.wal):
            place.mkdir(parents=True, exist_ok=True)
        for each in self.volumes.values():
            each.attach()

    def sync(self) -> None:
        """Begin with everything on disk, as an installation that has run for a while."""
        for each in self.volumes.values():
            each.sync()

    def move_log(self, user: SystemUser | None) -> None:
        """Put PostgreSQL's write-ahead log on its own file system; does nothing the second time."""
        near, far = self.postgres / "data" / "pg_wal", self.wal / "pg_wal"
        if near.is_symlink():
            return
        shutil.copytree(near, far, dirs_exist_ok=True)
        for path in (far, *far.rglob("*")):
            own(path, user, 0o700 if path.is_dir() else 0o600)
        let_reach(far, user)
        shutil.rmtree(near)
        near.symlink_to(far)


def with_settings(spec: ProcessSpec, files: ServerFiles, user: SystemUser | None) -> ProcessSpec:
    """PostgreSQL as the product starts it, with its log elsewhere and a clock that can be moved."""

    def prepare() -> None:
        if spec.prepare is not None:
            spec.prepare()
        files.move_log(user)

    library = timefile.library()
    env = dict(spec.env)
    if library is not None:
        let_read(library.parent, user)
        timefile.write(files.clock, 0)
        let_reach(files.clock, user)
        env |= timefile.environment(library, files.clock)
    settings = [
        word for name, text in _POSTGRES_SETTINGS.items() for word in ("-c", f"{name}={text}")
    ]
    return replace(spec, prepare=prepare, env=env, argv=(*spec.argv, *settings))
