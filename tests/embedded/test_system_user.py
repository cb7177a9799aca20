"""As root, PostgreSQL's user may pass through private folders, and nothing more."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from chuishao.embedded.system_user import let_reach, server_user

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers as others")


def as_server(data_dir: Path, *command: str) -> int:
    user = server_user(data_dir / "none")
    assert user is not None
    done = subprocess.run(
        command, user=user.uid, group=user.gid, extra_groups=[], check=False, capture_output=True
    )
    return done.returncode


@pytest.fixture
def private(data_dir: Path) -> Path:
    """A file everybody may read inside two folders nobody else may enter."""
    folder = data_dir / "inner"
    folder.mkdir(mode=0o700)
    file = folder / "file"
    file.write_text("text")
    file.chmod(0o644)
    return file


def test_the_server_reaches_its_file_through_private_folders(private: Path) -> None:
    user = server_user(private / "none")
    assert as_server(private, "/bin/cat", str(private)) != 0
    let_reach(private, user)
    assert as_server(private, "/bin/cat", str(private)) == 0


def test_the_server_cannot_list_or_write_the_folders_it_passes(private: Path) -> None:
    let_reach(private, server_user(private / "none"))
    assert as_server(private, "/bin/ls", str(private.parent)) != 0
    assert as_server(private, "/bin/touch", str(private.parent / "new")) != 0


def test_nobody_else_gets_through(private: Path) -> None:
    let_reach(private, server_user(private / "none"))
    done = subprocess.run(
        ["/bin/cat", str(private)], user=12_345, extra_groups=[], check=False, capture_output=True
    )
    assert done.returncode != 0


def test_a_file_system_without_access_lists_gets_the_pass_bit_only(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", unsupported)
    let_reach(private, server_user(private / "none"))
    assert private.parent.stat().st_mode & 0o777 == 0o701
    assert as_server(private, "/bin/cat", str(private)) == 0


def test_letting_through_twice_changes_nothing(private: Path) -> None:
    user = server_user(private / "none")
    let_reach(private, user)
    first = os.getxattr(private.parent, "system.posix_acl_access")
    let_reach(private, user)
    assert os.getxattr(private.parent, "system.posix_acl_access") == first


def test_data_made_by_an_ordinary_user_is_served_as_that_user(data_dir: Path) -> None:
    data = data_dir / "data"
    data.mkdir()
    os.chown(data, 12_345, 12_345)
    user = server_user(data)
    assert user is not None
    assert (user.uid, user.gid) == (12_345, 12_345)
