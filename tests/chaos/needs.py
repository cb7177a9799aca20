"""What this machine cannot do is skipped with the reason; under CI, which promises everything, it is a failure."""

from __future__ import annotations

import os

import pytest


def promised() -> bool:
    """Whether this machine promises to be able to do everything: CI=true."""
    return os.environ.get("CI", "").lower() == "true"


def require(lack: str | None) -> None:
    """Skip the test when something is lacking here; fail it where everything is promised."""
    if lack is None:
        return
    if promised():
        pytest.fail(lack)
    pytest.skip(lack)
