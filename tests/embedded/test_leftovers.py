"""Nothing of a killed run stays, and nothing of anybody else is touched."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from signal import Signals

import psutil
import pytest

from chuishao.leftovers import (
    FILE_NAME,
    ProcessRecord,
    end_leftovers,
    is_alive,
    remember,
    wait_gone,
)

NAP = (sys.executable, "-c", "import time; time.sleep(600)")
STOP = ((int(Signals.SIGTERM), 5.0),)

ORPHANS = """
    import asyncio, os, signal, sys
    from pathlib import Path
    from chuishao.process import ProcessSpec
    from chuishao.supervisor import Supervisor

    async def main(data_dir):
        supervisor = Supervisor(data_dir, print)
        nap = (sys.executable, "-c", "import time; time.sleep(600)")
        for name in ("one", "two"):
            spec = ProcessSpec(name=name, argv=nap, log=data_dir / name, orphaned={orphaned})
            await supervisor.start(spec)
        print(*supervisor.pids.values(), flush=True)
        {then}
        os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(NAP) as process:
        yield process
        process.kill()


def record(process: subprocess.Popen[bytes]) -> ProcessRecord:
    found = ProcessRecord.of("sleeper", process.pid, STOP)
    assert found is not None
    return found


def orphans(data_dir: Path, *, orphaned: str, then: str = "pass") -> list[psutil.Process]:
    """Run a supervisor with two children, kill it with SIGKILL, and return the children."""
    code = textwrap.dedent(ORPHANS).format(orphaned=orphaned, then=then)
    done = subprocess.run(
        [sys.executable, "-c", code, str(data_dir)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == -Signals.SIGKILL
    found = []
    for pid in done.stdout.split():
        try:
            found.append(psutil.Process(int(pid)))
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_children_die_with_a_supervisor_that_was_killed(data_dir: Path) -> None:
    children = orphans(data_dir, orphaned="signal.SIGKILL")
    assert wait_gone(children, 5) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_children_that_outlived_their_supervisor_are_ended_by_the_next_run_in_reverse_order(
    data_dir: Path,
) -> None:
    children = orphans(data_dir, orphaned="signal.SIGCONT")  # wakes only: they live on
    time.sleep(0.3)
    assert len(wait_gone(children, 0)) == 2
    assert end_leftovers(data_dir) == ["two", "one"]
    assert wait_gone(children, 5) == []


def test_a_process_of_the_last_run_is_ended(
    data_dir: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    remember(data_dir, [record(sleeper)])
    assert end_leftovers(data_dir) == ["sleeper"]
    assert sleeper.wait(5) == -Signals.SIGTERM


@pytest.mark.parametrize(
    "change",
    [
        {"create_time": time.time() - 3600},
        {"command": ("/usr/bin/something", "else")},
    ],
    ids=["its start time differs", "its command differs"],
)
def test_a_process_is_left_alone_when(
    data_dir: Path, sleeper: subprocess.Popen[bytes], change: dict[str, object]
) -> None:
    remember(data_dir, [replace(record(sleeper), **change)])  # type: ignore[arg-type]  # by field
    assert end_leftovers(data_dir) == []
    assert sleeper.poll() is None


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"name": "x"}]', "null"])
def test_a_torn_or_foreign_file_means_that_nothing_is_known(data_dir: Path, text: str) -> None:
    (data_dir / FILE_NAME).write_text(text)
    assert end_leftovers(data_dir) == []


def test_a_process_that_ended_is_no_leftover() -> None:
    with subprocess.Popen(NAP) as process:
        found = record(process)
        process.kill()
        process.wait()
    assert found.find() is None
    assert ProcessRecord.of("gone", process.pid, STOP) is None


def test_a_dead_child_nobody_has_looked_at_counts_as_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        zombie = psutil.Process(process.pid)
        deadline = time.monotonic() + 5
        while is_alive(zombie) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not is_alive(zombie)


def test_a_clean_end_is_remembered_as_nothing_running(data_dir: Path) -> None:
    remember(data_dir, [])
    assert json.loads((data_dir / FILE_NAME).read_text()) == []
