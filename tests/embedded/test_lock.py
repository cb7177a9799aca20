"""Two `up` never share a data directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chuishao.lock import DataDirectoryInUseError, hold

HOLDER = """
import sys, time
from pathlib import Path
from chuishao.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_directory_in_use_is_refused_in_both_languages_and_names_the_holder(
    data_dir: Path,
) -> None:
    command = [sys.executable, "-c", HOLDER, str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DataDirectoryInUseError) as refusal, hold(data_dir):
            pass
        holder.kill()
    text = str(refusal.value)
    assert str(holder.pid) in text
    assert "数据目录" in text
    assert "--data-dir" in text


def test_a_killed_holder_lets_go(data_dir: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
        holder.wait()
        with hold(data_dir):
            assert (data_dir / "lock").read_text() != str(holder.pid)


def test_a_directory_can_be_used_again_after_a_clean_end(data_dir: Path) -> None:
    for _ in range(2):
        with hold(data_dir):
            pass
