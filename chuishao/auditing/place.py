"""Where the chains of an installation lie and what its anchors are checked with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chuishao import runfile
from chuishao.dsn import Dsn
from chuishao.installation import anchors_folder
from chuishao.secrets import SERVICES
from kit.chain.anchor import Anchor
from kit.chain.place import anchors_file, read

KEYS = Path("secrets/audit")
"""A public key of each service, `SERVICE.pem`."""


class NoAnchorKeyError(RuntimeError):
    """Nothing to check signatures with: without it a rewritten chain would pass."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"没有锚点公钥 {path}：请用 --key 指明，或用 --no-anchors 只查链本身（查不出整链重写与末尾截断）。\n"
            f"No public key of the anchors at {path}: name it with --key, or use --no-anchors to check the"
            " chain alone, which shows neither a rewritten nor a shortened one."
        )


@dataclass(frozen=True, slots=True)
class AuditPlace:
    """An administrator's DSN, the public keys of the anchors, and the copies of the anchors."""

    dsn: str
    keys: Path | None
    """A folder of `SERVICE.pem`, or one key; None to check the chains alone."""
    copies: tuple[Anchor, ...]

    def public_key(self, service: str) -> str | None:
        """What a service's anchors are checked with. Raises NoAnchorKeyError."""
        if self.keys is None:
            return None
        path = self.keys / f"{service}.pem" if self.keys.is_dir() else self.keys
        if not path.exists():
            raise NoAnchorKeyError(path)
        return path.read_text("ascii")


def find(
    data_dir: Path,
    postgres: str | None,
    *,
    key: Path | None,
    anchors: list[Path] | None,
    without_anchors: bool,
) -> AuditPlace:
    """The running installation's, or what is named. Raises NotRunningError, OSError."""
    dsn = admin_dsn(data_dir, postgres)
    if without_anchors:
        return AuditPlace(dsn, None, ())
    copies = tuple(copy for file in _files(data_dir, anchors) for copy in read(file))
    return AuditPlace(dsn, key or data_dir / KEYS, copies)


def admin_dsn(data_dir: Path, postgres: str | None) -> str:
    """The DSN named, or that of the running installation; it is the one of our database."""
    admin = Dsn.parse(postgres or runfile.read(data_dir).postgres)
    return admin.text(database=admin.our_database)


def _files(data_dir: Path, named: list[Path] | None) -> list[Path]:
    """Files as they were named, of folders their files; else those of the installation that exist."""
    if named:
        return [
            f
            for path in named
            for f in (sorted(path.glob("*.ndjson")) if path.is_dir() else [path])
        ]
    folder = Path(anchors_folder(data_dir))
    return [path for s in SERVICES if (path := anchors_file(folder, s)).exists()]
