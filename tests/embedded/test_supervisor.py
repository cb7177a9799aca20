"""The supervisor, with real child processes."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from signal import Signals

import psutil
import pytest

from chuishao.leftovers import is_alive
from chuishao.process import ProcessSpec, Restart, StopStep
from chuishao.supervisor import StartError, Supervisor, restart_delay
from tests.embedded.conftest import Eventually

NAP = "import time; time.sleep(600)"
DEAF = (
    f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); {NAP}"
)


def child(  # noqa: PLR0913 - one argument per field a test sets
    data_dir: Path,
    name: str,
    code: str = NAP,
    *,
    restart: Restart = Restart.ON_FAILURE,
    seconds: float = 5.0,
    says: str = "",
) -> ProcessSpec:
    """Describe a small Python program that is ready once its log holds `says`."""
    log = data_dir / f"{name}.log"

    async def ready() -> bool:
        return says in log.read_text()

    return ProcessSpec(
        name=name,
        argv=(sys.executable, "-c", code),
        log=log,
        env=dict(os.environ),
        ready=ready,
        ready_seconds=10.0,
        stop=(StopStep(Signals.SIGTERM, seconds),),
        restart=restart,
    )


def runs(pid: int) -> bool:
    try:
        return is_alive(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


async def test_a_crashed_child_is_started_again_and_its_new_number_is_told(
    data_dir: Path, lines: list[str], eventually: Eventually
) -> None:
    told: list[dict[str, int]] = []
    supervisor = Supervisor(data_dir, lines.append, lambda: told.append(supervisor.pids))
    await supervisor.start(child(data_dir, "nap"))
    first = supervisor.pids["nap"]
    os.kill(first, Signals.SIGKILL)

    async def another() -> bool:
        return bool(told)

    await eventually(another)
    assert told[0]["nap"] != first
    assert "nap" in lines[0]
    assert "-9" in lines[0]
    await supervisor.stop()


async def test_a_child_that_ends_well_is_not_started_again(
    data_dir: Path, supervisor: Supervisor, lines: list[str], eventually: Eventually
) -> None:
    code = "import time; print('on', flush=True); time.sleep(0.3)"
    await supervisor.start(child(data_dir, "brief", code, says="on"))

    async def ended() -> bool:
        return not supervisor.pids and bool(lines)

    await eventually(ended)
    assert (data_dir / "brief.log").read_text() == "on\n"


def test_the_wait_before_a_restart_grows_to_half_a_minute() -> None:
    assert [restart_delay(crashes) for crashes in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]
    assert restart_delay(50) == 30.0


async def test_a_child_that_cannot_start_is_given_up_with_the_end_of_its_log(
    data_dir: Path, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chuishao.supervisor._FIRST_DELAY_S", 0.01)
    broken = child(data_dir, "broken", "raise SystemExit('no such setting')", says="never")
    with pytest.raises(StartError, match="no such setting"):
        await supervisor.start(broken, child(data_dir, "other"))
    assert (data_dir / "broken.log").read_text().count("no such setting") == 3
    other = supervisor.pids["other"]
    await supervisor.stop()
    assert not runs(other)


async def test_stages_stop_in_reverse_order(data_dir: Path) -> None:
    supervisor = Supervisor(data_dir, print)
    diary = data_dir / "diary"
    write = "open({path!r}, 'a').write({name!r})"
    for name in "abc":
        code = (
            "import signal, sys, time\n"
            f"def bye(*_): {write.format(path=str(diary), name=name)}; sys.exit()\n"
            f"signal.signal(signal.SIGTERM, bye); print('on', flush=True); {NAP}"
        )
        await supervisor.start(child(data_dir, name, code, says="on"))
    await supervisor.stop()
    assert diary.read_text() == "cba"
    assert supervisor.pids == {}


async def test_a_child_that_ignores_the_wish_to_stop_is_killed_after_its_time(
    data_dir: Path,
) -> None:
    supervisor = Supervisor(data_dir, print)
    await supervisor.start(child(data_dir, "deaf", DEAF, seconds=0.5, says="on"))
    pid = supervisor.pids["deaf"]
    began = time.monotonic()
    await supervisor.stop()
    assert 0.5 <= time.monotonic() - began < 5
    assert not runs(pid)


async def test_the_second_wish_to_stop_does_not_wait_for_anybody(data_dir: Path) -> None:
    supervisor = Supervisor(data_dir, print)
    await supervisor.start(child(data_dir, "deaf", DEAF, seconds=60, says="on"))
    pid = supervisor.pids["deaf"]
    supervisor.ask_to_stop()
    supervisor.ask_to_stop()
    async with asyncio.timeout(5):
        await supervisor.stop()
    assert not runs(pid)


async def test_what_a_child_left_in_its_group_ends_with_it(data_dir: Path) -> None:
    supervisor = Supervisor(data_dir, print)
    code = (
        "import subprocess, sys, time\n"
        f"print(subprocess.Popen([sys.executable, '-c', {NAP!r}]).pid, flush=True); {NAP}"
    )
    await supervisor.start(child(data_dir, "parent", code, says="\n"))
    grandchild = int((data_dir / "parent.log").read_text())
    assert runs(grandchild)
    await supervisor.stop()
    async with asyncio.timeout(5):
        while runs(grandchild):
            await asyncio.sleep(0.02)


async def test_a_child_that_does_one_thing_is_waited_for_and_its_failure_is_told(
    data_dir: Path, supervisor: Supervisor
) -> None:
    done = child(data_dir, "done", f"open({str(data_dir / 'made')!r}, 'w')", restart=Restart.NEVER)
    await supervisor.finish(done)
    assert (data_dir / "made").exists()
    failed = child(data_dir, "failed", "raise SystemExit('bad row 7')", restart=Restart.NEVER)
    with pytest.raises(StartError, match="bad row 7"):
        await supervisor.finish(failed)


async def test_a_terminal_interrupt_reaches_the_supervisor_only(
    data_dir: Path, supervisor: Supervisor
) -> None:
    await supervisor.start(child(data_dir, "nap"))
    pid = supervisor.pids["nap"]
    assert os.getpgid(pid) == pid != os.getpgid(0)
    assert os.getsid(pid) == pid


async def test_a_child_that_is_not_healthy_for_too_long_is_ended_and_started_again(
    data_dir: Path, eventually: Eventually
) -> None:
    healthy = [True]
    said: list[str] = []

    async def alive() -> bool:
        return healthy[0]

    spec = replace(child(data_dir, "frozen"), alive=alive, silent_seconds=3.0)
    supervisor = Supervisor(data_dir, said.append)
    await supervisor.start(spec)
    first = supervisor.pids["frozen"]
    await asyncio.sleep(5)
    assert supervisor.pids["frozen"] == first
    healthy[0] = False

    async def another() -> bool:
        return supervisor.pids.get("frozen", first) != first

    await eventually(another)
    assert any("has not been healthy" in line for line in said)
    await supervisor.stop()
