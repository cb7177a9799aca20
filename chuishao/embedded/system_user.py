"""The unprivileged system user that runs PostgreSQL when we ourselves are root.

PostgreSQL refuses to run as uid 0. As root we therefore start it as the user `chuishao`, made
once with `useradd`; where that is impossible, as `nobody`. Such a user can reach neither a
checkout nor a data directory below a private folder (mode 0700), so each folder on the way gets
an access-control entry that lets this one user pass through and nothing more: not list, not read.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import struct
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

USER_NAME = "chuishao"
FALLBACK_NAME = "nobody"

# Linux uapi posix_acl_xattr.h: a version word, then (tag, permissions, id) triples.
_ACL_ATTRIBUTE = "system.posix_acl_access"
_ACL_VERSION = struct.pack("<I", 2)
_ACL_ENTRY = struct.Struct("<HHI")
_ACL_USER_OBJ, _ACL_USER, _ACL_GROUP_OBJ, _ACL_MASK, _ACL_OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_ACL_NO_ID = 0xFFFFFFFF
_EXECUTE = 1


@dataclass(frozen=True, slots=True)
class SystemUser:
    """An account of this machine that a server runs as."""

    name: str
    uid: int
    gid: int


def server_user(data: Path) -> SystemUser | None:
    """Return the account to run PostgreSQL as; None means: as ourselves, we are not root.

    A data directory that exists already, made by an ordinary user, keeps its owner.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (status := data.stat()).st_uid != 0:
        return SystemUser(str(status.st_uid), status.st_uid, status.st_gid)
    user = _find(USER_NAME)
    if user is None:
        _create(USER_NAME)
        user = _find(USER_NAME) or _find(FALLBACK_NAME)
    if user is None:
        msg = f"PostgreSQL does not run as root and there is no user {USER_NAME!r} to run it as"
        raise RuntimeError(msg)
    return user


def own(path: Path, user: SystemUser | None, mode: int) -> None:
    """Make `path` belong to `user` with exactly `mode`; without a user it stays ours."""
    if user is not None:
        os.chown(path, user.uid, user.gid)
    path.chmod(mode)


def let_reach(path: Path, user: SystemUser | None) -> None:
    """Let `user` pass through every folder above `path`, changing only those that stop it."""
    if user is None:
        return
    for folder in path.resolve().parents:
        _let_through(folder, user.uid)


def let_read(tree: Path, user: SystemUser | None) -> None:
    """Let `user` read the installed files under `tree` (a wheel unpacked under umask 077)."""
    if user is None:
        return
    let_reach(tree, user)
    for folder, _, files in os.walk(tree):
        _open_to_others(folder)
        for name in files:
            _open_to_others(os.path.join(folder, name))  # noqa: PTH118 - thousands of files


def _find(name: str) -> SystemUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return None if entry.pw_uid == 0 else SystemUser(name, entry.pw_uid, entry.pw_gid)


def _create(name: str) -> None:
    """Make a locked account without a home; a machine without `useradd` keeps as it is."""
    useradd = shutil.which("useradd", path=os.defpath + ":/usr/sbin:/sbin")
    if useradd is None:
        return
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    with suppress(subprocess.CalledProcessError):
        subprocess.run(command, check=True, capture_output=True)


def _open_to_others(path: str) -> None:
    """Give others what the owner has of read and execute; write is never given."""
    mode = stat.S_IMODE(os.lstat(path).st_mode)
    wanted = mode | ((mode & (stat.S_IRUSR | stat.S_IXUSR)) >> 6)
    if wanted != mode and not os.path.islink(path):  # noqa: PTH114
        os.chmod(path, wanted)  # noqa: PTH101


def _let_through(folder: Path, uid: int) -> None:
    status = folder.stat()
    own_way = status.st_uid == uid and status.st_mode & stat.S_IXUSR
    if own_way or status.st_mode & stat.S_IXOTH:
        return
    try:
        _add_acl_entry(folder, uid, status.st_mode)
    except (OSError, AttributeError):  # a file system or a platform without access lists
        folder.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)


def _add_acl_entry(folder: Path, uid: int, mode: int) -> None:
    try:
        stored = os.getxattr(folder, _ACL_ATTRIBUTE)[len(_ACL_VERSION) :]
        entries = {(tag, who): perm for tag, perm, who in _ACL_ENTRY.iter_unpack(stored)}
    except OSError:
        entries = {
            (_ACL_USER_OBJ, _ACL_NO_ID): mode >> 6 & 7,
            (_ACL_GROUP_OBJ, _ACL_NO_ID): mode >> 3 & 7,
            (_ACL_MASK, _ACL_NO_ID): mode >> 3 & 7,
            (_ACL_OTHER, _ACL_NO_ID): mode & 7,
        }
    entries[_ACL_USER, uid] = _EXECUTE
    entries[_ACL_MASK, _ACL_NO_ID] = entries.get((_ACL_MASK, _ACL_NO_ID), 0) | _EXECUTE
    packed = (_ACL_ENTRY.pack(tag, perm, who) for (tag, who), perm in sorted(entries.items()))
    os.setxattr(folder, _ACL_ATTRIBUTE, _ACL_VERSION + b"".join(packed))
