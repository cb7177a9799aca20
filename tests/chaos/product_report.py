"""What the product itself says of the run: its audit verified as an auditor would, and what was reconciled."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.chaos.site import Site

VERIFIED_WITHIN_S: Final = 120.0
ODD_TIME: Final = "old_time"
WRITING: Final = ("intake", "router", "notifier")
"""Services to whose audit every run adds."""


def data_of(site: Site) -> Path:
    """Its data directory."""
    return next(site.folder.rglob("run.json")).parent


async def audit_faults(site: Site, *, jumped: bool) -> tuple[str, ...]:
    """What `chuishao audit verify` finds in any chain or against its anchors; empty when all is whole.

    Where the machine's clock `jumped`, records whose time is odd are what the verifier is right to name: the
    database's processes do not jump at one moment.
    """
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "chuishao", "audit", "verify", "--json", "--data-dir", str(data_of(site))),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(VERIFIED_WITHIN_S):
        said, complaint = await program.communicate()
    if not said:
        return (f"could not be verified: {complaint.decode()[-300:]}",)
    return tuple(faults_in(json.loads(said), jumped=jumped))


def faults_in(told: Mapping[str, Any], *, jumped: bool) -> Iterator[str]:
    """One line for each kind of fault of a chain with the first example; for no rows at all, too."""
    for chain in told["services"]:
        for kind, count in chain["kinds"].items():
            if not (jumped and kind == ODD_TIME):
                example = next((one for one in chain["first"] if one["wrong"] == kind), None)
                yield f"{chain['service']}: {count} {kind}, such as {json.dumps(example)}"
        if not chain["rows"] and chain["service"] in WRITING:
            yield f"{chain['service']}: nothing was written"


def reconciled(site: Site) -> dict[str, Any]:
    """How often a stream was compared with what was published to it, why, and what was offered again."""
    why: Counter[str] = Counter()
    times = offered = 0
    for log in (data_of(site) / "log").glob("*.log"):
        for line in log.read_text("utf-8", errors="replace").splitlines():
            if '"event":"reconciled"' in line:
                done = json.loads(line)
                times += 1
                offered += done["offered"]
                why.update(done["why"])
    return {"times": times, "offered_again": offered, "why": dict(sorted(why.items()))}
