"""Every fault of the laboratory really bites, and the product gets over it by itself (A.1).

One installation for all of them; each test leaves it working.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from tests.chaos import signs, volume
from tests.chaos.bites import LOOKS
from tests.chaos.faults import FAULTS
from tests.chaos.faults.fault import FaultMissedError
from tests.chaos.lab import SERVERS, SERVICES, Lab
from tests.chaos.needs import require


def _rng(lab: Lab) -> Random:
    return Random(lab.seed)  # noqa: S311 - to be repeated, not to be secret


pytestmark = [
    pytest.mark.chaos,
    pytest.mark.timeout(400),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Lab]:
    folder = Path(tempfile.mkdtemp(prefix="chuishao-lab-", dir=volume.fast()))
    lab = Lab(folder, seed=1)
    try:
        await lab.start()
        yield lab
    finally:
        await lab.stop()
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", [*SERVICES, *SERVERS])
async def test_a_killed_process_is_gone_and_the_next_one_takes_over(lab: Lab, name: str) -> None:
    fault = FAULTS[f"kill_{name}"]
    require(fault.needs())
    details = await fault.strike(lab, _rng(lab))
    assert details["pid"]
    assert not signs.is_running(details["pid"])
    if name == "postgres":
        assert await signs.file(lab, within_s=2) is None
    if name == "nats":
        assert await signs.file(lab, within_s=5) is not None, "intake depends on the broker"
    await fault.heal(lab)
    assert await signs.works(lab) < signs.PATIENT_S
    await signs.all_ready(lab)


@pytest.mark.parametrize("name", [*SERVICES, *SERVERS])
async def test_a_paused_process_stands_still_and_goes_on(lab: Lab, name: str) -> None:
    fault = FAULTS[f"pause_{name}"]
    require(fault.needs())
    details = await fault.strike(lab, _rng(lab))
    assert details["stopped"]
    assert signs.is_stopped(details["pid"])
    if name in SERVICES and details["process"] == name:
        assert not await signs.ready(lab, name)
    if name == "postgres":
        assert await signs.file(lab, within_s=1) is None or details["stopped"] < details["of"]
    await fault.heal(lab)
    assert not signs.is_stopped(details["pid"])
    assert await signs.works(lab) < signs.PATIENT_S
    await signs.all_ready(lab)


@pytest.mark.parametrize("kind", ["consumer_deleted", "kill_nats", "power_cut_postgres"])
async def test_what_is_gone_already_cannot_be_struck_again(lab: Lab, kind: str) -> None:
    fault = FAULTS[kind]
    require(fault.needs())
    await fault.strike(lab, _rng(lab))
    with pytest.raises(FaultMissedError):
        await fault.strike(lab, _rng(lab))
    await fault.heal(lab)
    assert await signs.works(lab) < signs.PATIENT_S
    await signs.all_ready(lab)


@pytest.mark.parametrize("kind", LOOKS)
async def test_any_other_fault_bites_and_what_was_acknowledged_survives_it(
    lab: Lab, kind: str
) -> None:
    fault = FAULTS[kind]
    require(fault.needs())
    before = [await signs.file(lab) for _ in range(3)]
    details = await fault.strike(lab, _rng(lab))
    await LOOKS[kind](lab, details)
    await fault.heal(lab)
    assert await signs.works(lab) < signs.PATIENT_S
    await signs.all_ready(lab)
    for ident in before:
        assert ident is not None
        assert await signs.dispatched(lab, ident) is not None
    assert not lab.struck
