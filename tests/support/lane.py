"""Which of the parallel test processes this is, so that two of them never want the same ports."""

from __future__ import annotations

import os
from typing import Final

_WORKER: Final = "PYTEST_XDIST_WORKER"
_APART: Final = 5_200
"""More than lies between the lowest and the highest port base used by tests (24,700 to 29,800)."""


def lane() -> int:
    """Number of this test process: 0 for the only or the first one (`gw0`), then 1 and so on."""
    return int(os.environ.get(_WORKER, "gw0").removeprefix("gw"))


def base(usual: int) -> int:
    """First port for servers of a test, `usual` when there is one test process."""
    return usual - lane() * _APART
